"""Scaling: one scale for all observations, an error model, outliers."""
