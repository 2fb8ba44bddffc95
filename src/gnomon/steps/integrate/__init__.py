"""Integration: the intensity of every predicted reflection."""
