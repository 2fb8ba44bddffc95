"""How much the goniometer hides, and whether it is dark there."""
