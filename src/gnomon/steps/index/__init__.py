"""Indexing: a lattice for the strong spots of each sweep."""
