"""Equivalents merged, compared and judged."""
