"""Another basis, origin or space group for indexed reflections."""
