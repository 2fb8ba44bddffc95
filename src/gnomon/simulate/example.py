"""The small examples of ``gnomon demo``, the cases by which accuracy is measured, and series of many crystals."""

from __future__ import annotations

from typing import Any

from gnomon.errors import InputError
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.species_params import CrystalsParams

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

_INSULIN: dict[str, Any] = {"cell": (77.8, 77.8, 77.8, 90.0, 90.0, 90.0), "space_group": "I213", "wilson_b": 24.0}
_LYSOZYME: dict[str, Any] = {"cell": (79.0, 79.0, 38.0, 90.0, 90.0, 90.0), "space_group": "P43212", "wilson_b": 24.0}
_FINE: dict[str, Any] = {"width": 0.1, "d_min": 1.6, "mean_intensity": 1500.0, "background": 4.0, "solvent_ring": 3.0}
_MISPLACED: dict[str, Any] = {
    "image_size": _ONE_M, "distance": 150.0, "images": 180, "width": 0.5, "mosaicity": 0.1, "wilson_b": 28.0,
    "module_shift": 0.05, "slippage": 0.05, "beam_error": (2.4, -1.8), "distance_error": 0.3, "mean_intensity": 200.0,
}  # fmt: skip

HARD: dict[str, SimulateParams] = {
    "slip": SimulateParams(
        image_size=_ONE_M, distance=150.0, images=100, width=0.1, seed=11, mosaicity=0.1, d_min=1.8, slippage=0.02,
        mean_intensity=300.0, **_INSULIN,
    ),
    "modules": SimulateParams(
        cell=(42.0, 58.0, 66.0, 90.0, 103.0, 90.0), space_group="P21", seed=12, **_MISPLACED,
    ),
    "modules_c2": SimulateParams(
        cell=(108.0, 52.0, 64.0, 90.0, 106.0, 90.0), space_group="C2", seed=13, **_MISPLACED,
    ),
    "modules_p3121": SimulateParams(
        cell=(70.0, 70.0, 80.0, 90.0, 90.0, 120.0), space_group="P3121", seed=14, **_MISPLACED,
    ),
    "split": SimulateParams(
        cell=(42.0, 58.0, 66.0, 90.0, 103.0, 90.0), space_group="P21", seed=15, images=120, width=0.5, distance=90.0,
        mosaicity=0.08, wilson_b=28.0, split_angle=0.25, mean_intensity=300.0,
    ),
    "split_wedge": SimulateParams(
        cell=(52.0, 63.0, 74.0, 90.0, 90.0, 90.0), space_group="P212121", seed=22, images=60, width=0.2, distance=140.0,
        mosaicity=0.04, wilson_b=28.0, split_angle=0.3, mean_intensity=300.0,
    ),
    "streak": SimulateParams(
        cell=(42.0, 58.0, 66.0, 90.0, 103.0, 90.0), space_group="P21", seed=16, images=120, width=0.5, distance=90.0,
        mosaicity=0.08, wilson_b=28.0, streak=0.2, mean_intensity=300.0,
    ),
    "fine_6m": SimulateParams(
        image_size=(2463, 2527), distance=340.0, images=40, seed=17, mosaicity=0.05, compress=True,
        **_FINE, **_LYSOZYME,
    ),
    "fine_16m": SimulateParams(
        image_size=(4150, 4371), pixel_size=0.075, distance=280.0, thickness=0.45, images=40, seed=18, mosaicity=0.15,
        file_format="nxmx", **_FINE, **_LYSOZYME,
    ),
    "broad_16m": SimulateParams(
        image_size=(4150, 4371), pixel_size=0.075, distance=280.0, thickness=0.45, images=100, seed=19, mosaicity=0.3,
        file_format="nxmx", **_FINE, **_LYSOZYME,
    ),
    "small_domains": SimulateParams(
        distance=120.0, images=120, width=0.5, seed=20, mosaicity=0.05, domain_size=700.0, mean_intensity=400.0,
        **_LYSOZYME,
    ),
    "blank_ends": EXAMPLE.changed(shut=((1, 15), (46, 60)), seed=31),
    "blank_middle": EXAMPLE.changed(away=((26, 35),), seed=32),
    "dimmed": EXAMPLE.changed(dimmed=((26, 30, 0.1),), seed=33),
    "jump": EXAMPLE.changed(jump=1.4, seed=34),
    "beam_jump": EXAMPLE.changed(beam_jump=(2.5, 1.5), seed=35),
    "wide_angle": SimulateParams(
        cell=(11.0, 18.0, 27.0, 90.0, 90.0, 90.0), space_group="P212121", image_size=_ONE_M, wavelength=0.6889,
        distance=90.0, images=180, width=0.5, seed=21, mosaicity=0.1, wilson_b=6.0, mean_intensity=600.0,
    ),
}  # fmt: skip
"""What instruments and crystals do: slip and jump, modules out of place, domains, large detectors sliced finely, wide
angles, images that hold nothing or much less than the others."""

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
    "slip_wedges": CrystalsParams(
        species=("cow",),
        wedges=6,
        image_size=(487, 619),
        distance=100.0,
        images=100,
        width=0.1,
        slippage=0.02,
        mean_intensity=300.0,
        **{**_INSULINS, "mosaicity": 0.1},
    ),
}
"""Insulins that never were: wedges of 10 and of 5 degrees, two species nearly alike, and a small example.

``slip_wedges``: crystals of one species, wedges of 10 degrees of fine images, each slipping on its mount.
"""

LATTICES: dict[str, SimulateParams] = {
    f"{angle:g} degrees, {kind}": SimulateParams(
        cell=(42.0, 58.0, 66.0, 90.0, 103.0, 90.0), space_group="P21", distance=90.0, images=40, width=0.5, seed=3,
        mosaicity=0.1, wilson_b=28.0, second_lattice=share, second_lattice_angle=angle,
    )
    for kind, share in (("equal", 1.0), ("4:1", 0.25))
    for angle in (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
}  # fmt: skip
"""Two lattices in the same images, from nearer than their spots can be told apart to far."""

STILLS = CrystalsParams(
    wedges=20, species=("cow",), images=1, width=1e-5, image_size=(487, 619), distance=100.0, d_min=2.0,
    mosaicity=0.1, mean_intensity=1e8, beam_error=(4.0, -3.0),
)  # fmt: skip
"""Stills of 20 crystals, 5 px off in the header; an image so narrow holds a hundred-thousandth of a full reflection."""

HEADER_ERRORS: dict[str, dict[str, Any]] = {
    "off": {"beam_error": (2.4, -1.8), "distance_error": 0.3},  # 3 px and 0.3 mm
    "far": {"beam_error": (8.0, -6.0)},  # 10 px
}


def case(name: str) -> SimulateParams:
    """The parameters of a case; ``name_off`` and ``name_far`` have errors in the header.

    Raises InputError for a name that is none of these.
    """
    known, (base, _, error) = {**CASES, **HARD}, name.rpartition("_")
    if error not in HEADER_ERRORS:
        base, error = name, ""
    if base not in known:
        names = ", ".join(known)
        raise InputError(f"no case {name!r}; there are {names}, each also with _{' or _'.join(HEADER_ERRORS)}")
    return known[base].changed(**HEADER_ERRORS.get(error, {}))


def small_case(name: str) -> SimulateParams:
    """The same on a part of the detector, for a quick look: 24 images at most of 0.2M pixels, and that of an Eiger."""
    params = case(name)
    eiger = params.file_format != "cbf"
    size, distance = ((1030, 514), 60.0) if eiger else ((487, 407), 90.0)
    return params.changed(
        image_size=size, distance=min(params.distance, distance), images=min(params.images, 24), mean_intensity=400.0
    )


def series(name: str) -> CrystalsParams:
    """The parameters of a series of many crystals; InputError for a name that is none of these."""
    if name not in SERIES:
        raise InputError(f"no example {name!r}; there are {', '.join(SERIES)}")
    return SERIES[name]
