"""Hexagonal ice as it stands on images of frozen crystals; needs no numpy, so that parameters can name it."""

from __future__ import annotations

ICE_CELL = (4.498, 4.498, 7.338, 90.0, 90.0, 120.0)
"""a, b, c in Å, angles in degrees: the cell that DIALS has for its ``ice_rings``, between those of cold ice (4.4975 and
7.3224 Å) and of ice at 243 K (4.511(3) and 7.346(3) Å; Goto, Hondoh & Mae 1990, J. Chem. Phys. 93, 1412)."""
ICE_GROUP = "P 63/m m c"
ICE_WIDTH = 0.004
"""Full width of a ring of ice in 1/d², 1/Å²: at 2 Å 0.8 % on each side; cold ice and ice at 243 K differ by 0.6 %."""
