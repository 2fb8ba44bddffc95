"""Observed minus predicted positions of spots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gnomon.maths.numerics.tally import Tally
from gnomon.models.flags import Flag
from gnomon.report.html.blocks import Block, Figure
from gnomon.report.html.data.plane import detector_plane
from gnomon.report.html.data.seen import Seen, by_image
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.histogram import histograms
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.report.html.figures.maps import Plane, heat_map, limits_of

_UNITS = {"x": "px", "y": "px", "z": "images"}
_FRACTIONS = 24  # bins of the place within an image


@dataclass(frozen=True, eq=False)
class Residuals:
    """Rows (N,) bool that are compared, and observed minus predicted x, y (px) and z (images) of all rows."""

    used: np.ndarray
    off: dict[str, np.ndarray]


def residuals(seen: Seen) -> Residuals | None:
    """The residuals of the spots used in refinement, or else of all strong ones; None where nothing is predicted."""
    if ("xyzobs.px.value", "xyzcal.px", "miller_index") not in seen:
        return None
    used = seen.indexed & np.isfinite(seen["xyzobs.px.value"][:, 0])
    for flag in (Flag.USED_IN_REFINEMENT, Flag.STRONG, Flag.REFERENCE_SPOT):
        if (used & seen.has(flag)).any():
            used = used & seen.has(flag)
            break
    predicted = seen["xyzcal.px"].any(axis=1)
    used &= predicted & seen["xyzobs.px.value"].any(axis=1)
    if not used.any():
        return None
    difference = seen["xyzobs.px.value"] - seen["xyzcal.px"]
    return Residuals(used, {name: difference[:, k] for k, name in enumerate("xyz")})


def centroid_blocks(seen: Seen) -> list[Block]:
    """Residuals as histograms, against each other, over the detector, along the scan and by image."""
    found = residuals(seen)
    if found is None:
        return []
    turns = not all(e.is_still for e in seen.experiments) if len(seen.experiments) else True
    kinds = {name: values for name, values in found.off.items() if name != "z" or turns}
    figures = [_histogram(found, kinds), *_by_image(seen, found, kinds), _against(found, "x", "y")]
    if turns:
        figures += [_against(found, "x", "z"), _against(found, "y", "z"), _within_image(seen, found)]
    figures += _over_detector(seen, found, kinds)
    return [figure for figure in figures if figure is not None]


def _histogram(found: Residuals, kinds: Mapping[str, np.ndarray]) -> Figure:
    values = {f"{name} / {_UNITS[name]}": off[found.used] for name, off in kinds.items()}
    good = (
        "Good: one narrow peak about zero each, well within half a pixel and half an image. Two peaks: two "
        "geometries, or a jump."
    )
    return histograms("Residuals of centroids", values, "observed - predicted", good=good)


def _by_image(seen: Seen, found: Residuals, kinds: Mapping[str, np.ndarray]) -> list[Figure | None]:
    along = seen.along
    tally = along.tally.where(found.used)
    means = {f"{name} / {_UNITS[name]}": tally.mean(off) for name, off in kinds.items()}
    spread = {f"{name} / {_UNITS[name]}": np.sqrt(tally.mean(off**2)) for name, off in kinds.items()}
    level = (
        "Good: about zero all along. A wave: the crystal slips or the cell changes: scan_varying refinement follows it."
    )
    low = "Good: level, below half a pixel and half an image. A rise: damage, slipping, or a bad start."
    return [
        by_image("Mean residual by image", along, means, "observed - predicted", good=level),
        by_image("R.m.s. residual by image", along, spread, "r.m.s. residual", good=low, rangemode="tozero"),
    ]


def _against(found: Residuals, first: str, second: str) -> Figure:
    a, b = (found.off[name][found.used] for name in (first, second))
    limits = (limits_of(a), limits_of(b))
    labels = (f"{first} residual / {_UNITS[first]}", f"{second} residual / {_UNITS[second]}")
    plane = Plane(np.column_stack([a, b]), limits, labels, down=False, equal=False)
    good = (
        "Good: one round cloud about the origin. A streak: parameters that trade off; two clouds: two lattices or "
        "geometries."
    )
    return heat_map(f"Residuals of {second} against {first}", plane, plane.summed(), "spots", good=good)


def _over_detector(seen: Seen, found: Residuals, kinds: Mapping[str, np.ndarray]) -> list[Figure]:
    plane = detector_plane(seen, "xyzcal.px")
    if plane is None:
        return []
    good = "Good: no pattern. A ring or cross: distance or tilt; a step at an edge: a panel or module that is off."
    return [
        heat_map(
            f"Residual of {name} over the detector", plane, plane.mean(off, found.used), _UNITS[name],
            diverging=True, good=good,
        )
        for name, off in kinds.items()
    ]  # fmt: skip


def _within_image(seen: Seen, found: Residuals) -> Figure | None:
    """The mean residual of z by where within its image a spot is predicted."""
    z = seen["xyzcal.px"][:, 2]
    tally = Tally(np.where(found.used, ((z % 1.0) * _FRACTIONS).astype(np.intp), -1), _FRACTIONS)
    mean = tally.mean(found.off["z"])
    if not np.isfinite(mean).any():
        return None
    where = (np.arange(_FRACTIONS) + 0.5) / _FRACTIONS
    axes = {"x": axis("predicted place within an image"), "y": axis("mean z residual / images")}
    good = (
        "Good: near zero. A saw-tooth: spots narrower than an image, whose centroids are only known to be in its "
        "middle."
    )
    return lines("Residual of phi within an image", [Curve("z", where, mean, mode="lines+markers")], axes, good=good)
