"""Refinement in every lattice that the metric allows, for the choice of one."""
