"""What is true of many crystals of several species, in memory and on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import space_group
from gnomon.simulate.truth import TrueReflections, Truth

_NUMBERS, _ARRAYS = "truth.json", "truth.npz"
_REFLECTIONS = "{}_truth.npz"  # of a crystal's name


@dataclass(frozen=True)
class SeriesTruth:
    """Crystals in their order; the unique reflections are in the true setting, which all crystals share."""

    names: list[str]  # (n,) of data sets, and of image files before their number
    species_names: list[str]
    species: np.ndarray  # (n,) row of ``intensity``; -1 of noise
    cell: np.ndarray  # (n, 6) Å and degrees, of the conventional cell
    A: np.ndarray  # (n, 3, 3) at angle zero
    hkl: np.ndarray  # (M, 3) in the asymmetric unit
    intensity: np.ndarray  # (species, M) photons
    crystal_intensity: (
        np.ndarray
    )  # (n, M) the same of each crystal, with its shifts, B and volume; nan beyond its d_min, and of noise
    space_group: str
    numbers: dict[str, Any]  # the true instrument and scan, and all parameters

    @property
    def species_cc(self) -> np.ndarray:
        """(species, species) correlations of the species' true intensities."""
        return np.atleast_2d(np.corrcoef(self.intensity))

    def setting_of(self, number: int, A: np.ndarray) -> np.ndarray:
        """P (3, 3) with true indices h P, for indices h that go with a found ``A`` of crystal ``number``.

        Its entries are multiples of a half: centred and primitive cells are both right.
        """
        return np.round(2 * np.linalg.solve(self.A[number], A).T) / 2

    def save(self, folder: Path) -> None:
        """``truth.json`` (a line a crystal, and how species correlate) and ``truth.npz`` in ``folder``."""
        crystals = [
            {"name": name, "species": self._species_name(i), "cell": self.cell[i].tolist(), "A": self.A[i].tolist()}
            for i, name in enumerate(self.names)
        ]
        numbers = {
            "space_group": self.space_group,
            "species": self.species_names,
            "species_cc": self.species_cc.round(5).tolist(),
            **self.numbers,
            "crystals": crystals,
        }
        (folder / _NUMBERS).write_text(json.dumps(numbers, indent=1) + "\n")
        np.savez_compressed(
            folder / _ARRAYS, hkl=self.hkl, intensity=self.intensity, crystal_intensity=self.crystal_intensity
        )

    def _species_name(self, number: int) -> str | None:
        species = self.species[number]
        return self.species_names[species] if species >= 0 else None


def load_series_truth(folder: Path) -> SeriesTruth:
    """The truth saved in ``folder``; InputError where there is none of many crystals."""
    folder = Path(folder)
    paths = folder / _NUMBERS, folder / _ARRAYS
    numbers = json.loads(paths[0].read_text()) if all(p.is_file() for p in paths) else {}
    if "crystals" not in numbers:
        raise InputError(f"{folder} holds no truth of many crystals; give a folder of gnomon simulate_crystals")
    crystals, names = numbers.pop("crystals"), numbers.pop("species")
    del numbers["species_cc"]  # follows from the intensities
    with np.load(paths[1]) as arrays:
        hkl, intensity, crystal_intensity = arrays["hkl"], arrays["intensity"], arrays["crystal_intensity"]
    return SeriesTruth(
        names=[c["name"] for c in crystals],
        species_names=names,
        species=np.array([names.index(c["species"]) if c["species"] else -1 for c in crystals]),
        cell=np.array([c["cell"] for c in crystals]),
        A=np.array([c["A"] for c in crystals]),
        hkl=hkl,
        intensity=intensity,
        crystal_intensity=crystal_intensity,
        space_group=numbers.pop("space_group"),
        numbers=numbers,
    )


def save_recorded(folder: Path, name: str, reflections: TrueReflections) -> None:
    """What the images of the crystal ``name`` hold: ``name_truth.npz`` beside them."""
    np.savez_compressed(folder / _REFLECTIONS.format(name), **reflections.arrays)


def crystal_truth(series: SeriesTruth, folder: Path, name: str) -> Truth:
    """The truth of one crystal, like that of a single data set; InputError where its reflections were not kept."""
    path, k = folder / _REFLECTIONS.format(name), series.names.index(name)
    if not path.is_file():
        raise InputError(f"{folder} holds no {path.name}; simulate the crystals again with this version")
    with np.load(path) as arrays:
        reflections = TrueReflections.of_arrays(arrays)
    numbers = {
        **series.numbers,
        "cell": series.cell[k].tolist(),
        "A": series.A[k].tolist(),
        "space_group": series.space_group,
        "hall_symbol": space_group(series.space_group).hall,
    }
    intensity = series.crystal_intensity[k]
    known = np.isfinite(intensity)
    template = str(folder / f"{name}_####")
    return Truth(folder, template, numbers, reflections, series.hkl[known], intensity[known])
