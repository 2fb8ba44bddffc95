"""Observations made ready for the files of other programs."""
