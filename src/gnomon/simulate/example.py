"""The small examples of ``gnomon demo``, the cases by which accuracy is measured, and series of many crystals."""

from __future__ import annotations

from typing import Any

from gnomon.simulate.params import SimulateParams
from gnomon.simulate.species_params import CrystalsParams
from gnomon.step import InputError

EXAMPLE = SimulateParams(
    cell=(79.0, 79.0, 38.0, 90.0, 90.0, 90.0),
    space_group="P43212",
    image_size=(487, 619),
    distance=110.0,
    images=60,
    width=1.0,
    wilson_b=30.0,
    absorption=0.3,
    decay_b=1.0,
)
"""A tetragonal crystal like lysozyme on a Pilatus 300K: 60 images of one degree, a few seconds to simulate."""

_ONE_M = (981, 1043)
_REAL: dict[str, Any] = {
    "fluctuation": 0.01, "absorption": 0.4, "decay_b": 2.0, "width": 0.5, "mosaicity": 0.12, "wilson_b": 32.0
}  # fmt: skip

CASES: dict[str, SimulateParams] = {
    "small": EXAMPLE,
    "tetragonal": SimulateParams(
        cell=(79.0, 79.0, 38.0, 90.0, 90.0, 90.0), space_group="P43212", image_size=(487, 619), distance=90.0,
        images=180, seed=5, mean_intensity=200.0, **_REAL,
    ),
    "cubic": SimulateParams(
        cell=(78.0, 78.0, 78.0, 90.0, 90.0, 90.0), space_group="I213", image_size=_ONE_M, distance=150.0,
        images=120, seed=2, mean_intensity=200.0, **_REAL,
    ),
    "mono": SimulateParams(
        cell=(108.0, 52.0, 64.0, 90.0, 106.0, 90.0), space_group="C2", image_size=_ONE_M, distance=150.0,
        images=360, seed=3, mean_intensity=150.0, **_REAL,
    ),
    "tri": SimulateParams(
        cell=(35.0, 42.0, 50.0, 80.0, 95.0, 108.0), space_group="P1", image_size=(487, 619), distance=90.0,
        images=360, seed=4, mean_intensity=150.0, **_REAL,
    ),
}  # fmt: skip
"""Cubic I, tetragonal P, monoclinic C and triclinic, with absorption, damage and an unsteady beam."""

_INSULINS: dict[str, Any] = {"d_min": 1.8, "wilson_b": 24.0, "mosaicity": 0.12}

SERIES: dict[str, CrystalsParams] = {
    "insulins": CrystalsParams(**_INSULINS),
    "insulins5": CrystalsParams(images=10, **_INSULINS),
    "two98": CrystalsParams(species=("cow", "pig"), species_cc=0.98, **_INSULINS),
    "insulins_small": CrystalsParams(
        wedges=4,
        image_size=(487, 407),
        distance=100.0,
        images=10,
        width=1.0,
        wilson_b=30.0,
        mosaicity=0.12,
        mean_intensity=150.0,
    ),
}
"""Insulins that never were: wedges of 10 and of 5 degrees, two species nearly alike, and a small example."""

HEADER_ERRORS: dict[str, dict[str, Any]] = {
    "off": {"beam_error": (2.4, -1.8), "distance_error": 0.3},  # 3 px and 0.3 mm
    "far": {"beam_error": (8.0, -6.0)},  # 10 px
}


def case(name: str) -> SimulateParams:
    """The parameters of a case; ``name_off`` and ``name_far`` have errors in the header.

    Raises InputError for a name that is none of these.
    """
    base, _, error = name.partition("_")
    if base not in CASES or error not in ("", *HEADER_ERRORS):
        known = ", ".join(CASES)
        raise InputError(f"no case {name!r}; there are {known}, each also with _{' or _'.join(HEADER_ERRORS)}")
    params = CASES[base]
    return SimulateParams.model_validate({**params.model_dump(), **HEADER_ERRORS.get(error, {})})


def series(name: str) -> CrystalsParams:
    """The parameters of a series of many crystals; InputError for a name that is none of these."""
    if name not in SERIES:
        raise InputError(f"no example {name!r}; there are {', '.join(SERIES)}")
    return SERIES[name]
