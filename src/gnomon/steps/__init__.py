"""The steps; they never import each other."""
