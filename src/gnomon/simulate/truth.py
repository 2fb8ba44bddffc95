"""What is true of a simulated data set, in memory and on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import InputError

_ARRAYS = "truth.npz"
_NUMBERS = "truth.json"


@dataclass(frozen=True)
class TrueReflections:
    """One row a reflection that the images recorded, whole or in part."""

    hkl: np.ndarray  # (N, 3)
    lattice: np.ndarray  # (N,) 0, or 1 for the second lattice
    entering: np.ndarray  # (N,) bool
    intensity: np.ndarray  # (N,) photons on the merged scale, 1 for all symmetry mates
    factor: np.ndarray  # (N,) photons counted per photon of intensity
    xyz: np.ndarray  # (N, 3) px, px, image: centroid of the whole spot, parallax included
    partiality: np.ndarray  # (N,) fraction of the rocking curve within the scan
    counts: np.ndarray  # (N,) expected counts on live pixels within the scan
    lost: np.ndarray  # (N,) expected counts in gaps, on bad pixels or beyond the edges
    background: np.ndarray  # (N,) expected background per pixel and image under the spot
    sigma: np.ndarray  # (N,) least standard deviation of ``counts``: counts + background / sum(p²) per pixel

    @property
    def arrays(self) -> dict[str, Any]:
        """By name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TrueReflections:
        """From what :attr:`arrays` told; others are passed over."""
        return cls(*(arrays[f.name] for f in fields(cls)))


@dataclass(frozen=True)
class Truth:
    """Numbers, arrays, and the folder with the images."""

    folder: Path
    template: str  # path with hashes
    numbers: dict[str, Any]  # cell, space group, A, instrument, parameters: the content of truth.json
    reflections: TrueReflections
    hkl: np.ndarray  # (M, 3) asymmetric unit
    intensity: np.ndarray  # (M,) true merged intensity

    def save(self) -> None:
        """``truth.json`` and ``truth.npz`` beside the images."""
        merged: dict[str, Any] = {"merged_hkl": self.hkl, "merged_intensity": self.intensity}
        np.savez_compressed(self.folder / _ARRAYS, **merged, **self.reflections.arrays)
        (self.folder / _NUMBERS).write_text(json.dumps({"template": self.template, **self.numbers}, indent=1) + "\n")


def load_truth(folder: Path) -> Truth:
    """The truth saved in ``folder``; :class:`InputError` where there is none."""
    folder = Path(folder)
    if not (folder / _NUMBERS).is_file() or not (folder / _ARRAYS).is_file():
        raise InputError(f"{folder} holds no {_NUMBERS} and {_ARRAYS}; give the folder of a simulation")
    numbers = json.loads((folder / _NUMBERS).read_text())
    with np.load(folder / _ARRAYS) as arrays:
        reflections = TrueReflections.of_arrays(arrays)
        hkl, intensity = arrays["merged_hkl"], arrays["merged_intensity"]
    return Truth(folder, numbers.pop("template"), numbers, reflections, hkl, intensity)
