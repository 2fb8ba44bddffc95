"""Scaled observations to unique intensities and amplitudes."""
