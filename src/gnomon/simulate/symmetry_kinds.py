"""Crystals of many groups drawn at random, some of which mislead: tests and benchmarks of printed probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.simulate.species_params import WedgesParams

_BASE: dict[str, Any] = {
    "species": ("one",), "wedges": 1, "width": 1.0, "basis": "primitive", "distance": 120.0, "image_size": (487, 619),
    "crystal_cell": 0.0, "crystal_shift": 0.0,
}  # fmt: skip
_TETRAGONAL, _HEXAGONAL, _CUBIC = (36, 36, 50, 90, 90, 90), (40, 40, 50, 90, 90, 120), (48, 48, 48, 90, 90, 90)
_MONOCLINIC, _ORTHORHOMBIC = (30, 36, 42, 90, 90.05, 90), (30, 36, 42, 90, 90, 90)
KINDS: tuple[tuple[tuple[float, ...], str, str, str], ...] = (
    ((24, 28, 33, 90, 90, 90), "P1", "-x,-y,z", "-h,-k,l"),
    (_MONOCLINIC, "P121", "x,-y,-z", "h,-k,-l"),
    (_MONOCLINIC, "P1211", "x,-y,-z", "h,-k,-l"),
    ((52, 36, 42, 90, 90.05, 90), "C121", "x,-y,-z", "h,-k,-l"),
    *((_ORTHORHOMBIC, name, "", "") for name in ("P222", "P2221", "P21212", "P212121")),
    *((_TETRAGONAL, name, "y,x,-z", "k,h,-l") for name in ("P222", "P212121", "P4", "P41", "P42", "P43")),
    *((_TETRAGONAL, name, "", "") for name in ("P422", "P4212", "P41212", "P42212", "P43212")),
    *((_HEXAGONAL, name, "y,x,-z", "k,h,-l") for name in ("P3", "P31", "P32", "P6", "P61", "P63")),
    *((_HEXAGONAL, name, "-x,-y,z", "-h,-k,l") for name in ("P3", "P321", "P3121", "P312")),
    *((_HEXAGONAL, name, "", "") for name in ("P622", "P6122")),
    *((_CUBIC, name, "y,x,-z", "k,h,-l") for name in ("P23", "P213")),
    (_CUBIC, "P4132", "", ""),
)
"""Cell, group, and a rotation that the lattice has and the group has not: of coordinates, and of indices."""
_SHARES = (("twin", 0.15), ("pseudo", 0.15), ("tNCS", 0.15), ("plain", 0.55))
_SEVERAL = 0.15  # share of crystals measured as six narrow wedges


@dataclass(frozen=True)
class Drawn:
    """A crystal: what misleads ("twin 0.45", "pseudo 0.10", "tNCS", "plain"), and the parameters."""

    what: str
    params: WedgesParams


def drawn(seed: int) -> Drawn:
    """The crystal of a seed: group, what misleads, strength, range, errors and damage at random."""
    rng = np.random.default_rng([seed, 23])
    cell, group, ncs, law = KINDS[rng.integers(len(KINDS))]
    what, params = _misleading(rng, ncs, law)
    params |= {
        **_BASE, "cell": cell, "space_group": group, "seed": seed,
        "d_min": float(rng.uniform(2.4, 3.4)), "images": int(rng.integers(30, 150)),
        "mean_intensity": float(np.exp(rng.uniform(np.log(3), np.log(600)))),
        "absorption": float(rng.uniform(0, 0.6)), "fluctuation": float(rng.uniform(0, 0.04)),
        "decay_b": float(rng.uniform(0, 20) * (rng.random() < 0.5)),
    }  # fmt: skip
    if rng.random() < _SEVERAL:
        params |= {"wedges": 6, "images": 15}
    return Drawn(what, WedgesParams.model_validate(params))


def _misleading(rng: np.random.Generator, ncs: str, law: str) -> tuple[str, dict[str, Any]]:
    what = str(rng.choice([name for name, _ in _SHARES], p=[share for _, share in _SHARES]))
    if what == "twin" and law:
        fraction = float(rng.choice([0.5, rng.uniform(0.05, 0.5)], p=[0.15, 0.85]))
        return f"twin {fraction:.2f}", {"twin_law": law, "twin_fraction": fraction}
    if what == "pseudo" and ncs:
        shift = float(np.exp(rng.uniform(np.log(0.04), np.log(0.6))))
        return f"pseudo {shift:.2f}", {"ncs": ncs, "ncs_shift": shift}
    if what == "tNCS":
        vector = [float(x) for x in rng.choice([0.0, 0.5, round(rng.uniform(0.2, 0.8), 3)], 3)]
        vector[2] = vector[2] or 0.5
        move = ",".join(axis + (f"+{v:g}" if v else "") for axis, v in zip("xyz", vector))
        return "tNCS", {"ncs": move, "ncs_shift": float(rng.uniform(0.2, 0.8))}
    return "plain", {}
