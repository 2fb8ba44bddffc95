"""Cells, lattices, symmetry operations and changes of basis."""
