"""Image formats behind one registry."""
