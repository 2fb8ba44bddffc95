"""Experiments that use given masks."""
