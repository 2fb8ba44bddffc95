"""The steps whose parameters may be given to ``process`` by their full names."""

STEPS_ASKED = (
    "import", "find_spots", "index", "refine", "integrate", "symmetry", "cosym", "scale", "correlation_matrix",
    "merge", "export",
)  # fmt: skip
"""In the order in which they run."""
