"""What many simulated crystals of several species are made of."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import field_validator

from gnomon.params import param
from gnomon.simulate.params import SweepParams


class CrystalsParams(SweepParams):
    """Crystals of several species of one pseudo-protein, each measured for a narrow wedge on one instrument."""

    species: tuple[str, ...] = param(("cow", "pig", "human"), "names of the species", min_length=1)
    wedges: int = param(12, "crystals of each species, and so wedges", gt=0)
    species_cc: float = param(0.94, "mean correlation of true intensities to 2 Å between species", gt=0.5, lt=1)
    species_cell: float = param(0.2, "range over which the cells of the species spread", unit="%", ge=0)
    crystal_cell: float = param(0.1, "standard deviation of a crystal's cell within its species", unit="%", ge=0)
    crystal_shift: float = param(0.05, "r.m.s. random shift of a crystal's atoms", unit="Å", ge=0)
    crystal_b: float = param(2.0, "standard deviation of a crystal's B factor", unit="Å²", ge=0)
    crystal_scale: float = param(0.3, "standard deviation of the logarithm of a crystal's diffracting volume", ge=0)

    cell: tuple[float, float, float, float, float, float] = param(
        (77.8, 77.8, 77.8, 90.0, 90.0, 90.0), "mean unit cell of the species", unit="Å, degree"
    )
    space_group: str = param("I213", "space group of all species, as a symbol or a number")
    image_size: tuple[int, int] = param(
        (981, 1043), "pixels along fast and slow; DIALS reads whole Pilatus modules only", unit="px"
    )
    distance: float = param(150.0, "crystal to detector", unit="mm", gt=0)
    images: int = param(20, "images of a wedge", gt=0)
    width: float = param(0.5, "rotation during an image", unit="degree", gt=0)
    absorption: float = param(0.2, "absorbance of the longest path through crystal and mount", ge=0)
    fluctuation: float = param(0.01, "standard deviation of the beam's intensity from image to image", ge=0)
    compress: bool = param(True, "write .cbf.gz")
    flaws: tuple[Literal["two", "ice", "empty", "leaves", "cell", "mosaic", "damaged", "dim"], ...] = param(
        (),
        "further wedges, of the species in turn, and what is wrong with each: two crystals in the beam; ice; no "
        "crystal; one that leaves the beam after 0.4 of the wedge; a cell 2 % longer; five times the mosaicity; "
        "B growing by 30 Å²; a twentieth of the dose",
    )

    @field_validator("species")
    @classmethod
    def _names_of_files(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Files are named after them."""
        if len(set(names)) < len(names) or not all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in names):
            raise ValueError("needed different names of letters, digits, points, hyphens and underscores")
        return names


class WedgesParams(CrystalsParams):
    """The same crystals as integration would leave them, and others that spoil the lot."""

    d_min: float | None = param(2.0, "diffraction ends here; at the detector's corner where none", unit="Å", gt=0)
    basis: Literal["true", "either", "primitive"] = param(
        "either",
        "indices of a data set: all in the true setting, in any of the lattice's equivalent settings at random, "
        "or the latter on a primitive cell in P1, as indexing without a known group leaves them",
    )
    anomalous: float = param(0.0, "mean difference of F(+) and F(-), relative to F", ge=0, lt=0.5)
    partial_excess: float = param(
        0.0, "excess e of what partial reflections count: 1 + e (1 - partiality) times too much", gt=-1, lt=5
    )
    zingers: float = param(0.0, "share of observations to which something foreign adds counts", ge=0, lt=1)
    noise: int = param(0, "data sets of nothing but unrelated random intensities", ge=0)
    blanks: int = param(0, "crystals of the first species that hardly diffract", ge=0)
    others: int = param(0, "crystals of another protein, which has the cell of the first species", ge=0)
    misindexed: int = param(0, "crystals of the first species whose indices are all off by one along an axis", ge=0)
    strangers: int = param(0, "crystals of the first species whose cell is 2 % longer", ge=0)
