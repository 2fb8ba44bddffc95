"""Kinds of data on which sigmas are judged: weak, few equivalents, gaps, partials, rejected singles, anomalous."""

from __future__ import annotations

from typing import Any

from gnomon.simulate.species_params import WedgesParams

_SAME: dict[str, Any] = {"crystal_shift": 0.0, "crystal_b": 0.0, "crystal_cell": 0.0, "crystal_scale": 0.0}
_COMMON: dict[str, Any] = {
    **_SAME, "species": ("one",), "basis": "true", "cell": (41.0, 52.0, 61.0, 90.0, 90.0, 90.0), "d_min": 2.2,
    "space_group": "P212121", "image_size": (487, 619), "distance": 100.0, "wilson_b": 24.0, "gaps": False,
}  # fmt: skip
_SWEEPS: dict[str, Any] = {**_COMMON, "wedges": 4, "images": 60, "width": 0.5, "mosaicity": 0.3, "decay_b": 3.0}
_WEDGES: dict[str, Any] = {**_COMMON, "wedges": 8, "images": 24, "width": 0.5, "mosaicity": 0.4}


def _dark(rate: float) -> dict[str, Any]:
    """Photons a pixel and degree, of air and of solvent."""
    return {"background": rate, "solvent_ring": rate}


SIGMA_KINDS: dict[str, WedgesParams] = {
    "strong": WedgesParams(**_SWEEPS, mean_intensity=300.0),
    "weak": WedgesParams(**_SWEEPS, mean_intensity=8.0),
    "0.7 counts": WedgesParams(**_SWEEPS, mean_intensity=0.7),
    "no background": WedgesParams(**_SWEEPS, **_dark(0.0), mean_intensity=8.0),
    "hardly any background": WedgesParams(**_SWEEPS, **_dark(0.02), mean_intensity=8.0),
    "0.7 counts, hardly any background": WedgesParams(**_SWEEPS, **_dark(0.02), mean_intensity=0.7),
    "few equivalents": WedgesParams(
        **{
            **_SWEEPS,
            "space_group": "P21",
            "cell": (31.0, 39.0, 46.0, 90.0, 104.0, 90.0),
            "wedges": 1,
            "mosaicity": 0.6,
        },
        mean_intensity=60.0,
    ),
    "thin wedge": WedgesParams(
        **{
            **_COMMON,
            "space_group": "P43212",
            "cell": (78.9, 78.9, 37.1, 90.0, 90.0, 90.0),
            "image_size": (2463, 2527),
            "distance": 340.0,
            "d_min": None,
            "wilson_b": 15.0,
        },
        wedges=1,
        images=40,
        width=0.1,
        mosaicity=0.05,
        mean_intensity=100.0,
    ),
    "gaps": WedgesParams(**{**_SWEEPS, "gaps": True}, mean_intensity=60.0, ice=0.5),
    "partials": WedgesParams(**_WEDGES, mean_intensity=60.0),
    "weak partials": WedgesParams(**_WEDGES, mean_intensity=14.0),
    "partials of I/sigma 3": WedgesParams(**_WEDGES, mean_intensity=7.5),
    "partials of I/sigma 2": WedgesParams(**_WEDGES, mean_intensity=4.3),
    "partials of I/sigma 1": WedgesParams(**_WEDGES, mean_intensity=1.8),
    "weak partials, excess 0.1": WedgesParams(**_WEDGES, mean_intensity=14.0, partial_excess=0.1),
    "rejected singles": WedgesParams(**{**_WEDGES, "wedges": 4}, mean_intensity=60.0, zingers=0.01),
    "anomalous 0.02": WedgesParams(**_SWEEPS, mean_intensity=300.0, anomalous=0.02),
    "anomalous 0.056": WedgesParams(**_SWEEPS, mean_intensity=300.0, anomalous=0.056),
    "anomalous 0.1": WedgesParams(**_SWEEPS, mean_intensity=300.0, anomalous=0.1),
}
"""By name; each is simulated with several seeds."""
