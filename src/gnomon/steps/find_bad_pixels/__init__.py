"""Pixels that never see what their neighbours see."""
