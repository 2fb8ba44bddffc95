"""Which rotations of a lattice are symmetries of the intensities: a common basis, scores, groups and settings."""
