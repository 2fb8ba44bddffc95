"""Means, smoothers and distributions that know no crystal."""
