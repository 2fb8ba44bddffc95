"""Crystals and images with known truth."""
