"""Pixels that are strong whatever the image."""
