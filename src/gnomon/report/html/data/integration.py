"""Integrated reflections: by image, over the detector, by resolution."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gnomon.maths.numerics.tally import Tally, equal_tally
from gnomon.models.flags import Flag
from gnomon.report.html.blocks import Block, Figure, Table
from gnomon.report.html.data.plane import detector_plane
from gnomon.report.html.data.seen import Seen, by_image
from gnomon.report.html.figures.axes import axis, resolution_axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.report.html.figures.maps import heat_map

_WHOLE = 0.99
"""Of a reflection, which counts as recorded in full, as DIALS counts."""
_SHELLS = 30
_KINDS = {"sums": ("sum", Flag.INTEGRATED_SUM), "fits": ("prf", Flag.INTEGRATED_PRF)}


def integration_blocks(seen: Seen) -> list[Block]:
    """How many reflections of each kind, their I/sigma and how well profiles fit; nothing before integration."""
    if not seen.has(Flag.INTEGRATED).any():
        return []
    ratios = _ratios(seen)
    figures = [
        _numbers(seen), *_signal_by_image(seen, ratios), *_profiles_by_image(seen), _by_resolution(seen, ratios),
        *_over_detector(seen, ratios),
    ]  # fmt: skip
    return [*(f for f in figures if f is not None), _flags(seen)]


def _ratios(seen: Seen) -> dict[str, np.ndarray]:
    """(N,) I/sigma of sums and of fits, nan where there is none."""
    found = {}
    for name, (kind, flag) in _KINDS.items():
        columns = (f"intensity.{kind}.value", f"intensity.{kind}.variance")
        if columns in seen:
            variance = seen[columns[1]]
            good = seen.has(flag) & (variance > 0)
            found[name] = np.where(good, seen[columns[0]], np.nan) / np.sqrt(np.where(good, variance, 1.0))
    return found


def _numbers(seen: Seen) -> Figure | None:
    along, integrated = seen.along, seen.has(Flag.INTEGRATED)
    full = seen["partiality"] >= _WHOLE if "partiality" in seen else np.ones(len(integrated), bool)
    kinds = {
        "full": integrated & full,
        "partial": integrated & ~full,
        "overloaded": seen.has(Flag.OVERLOADED),
        "with bad pixels": seen.has(Flag.FOREGROUND_INCLUDES_BAD_PIXELS),
        "not integrated": ~integrated,
    }
    curves = {name: along.tally.where(where).number() / along.size for name, where in kinds.items() if where.any()}
    good = (
        "Good: level, all but the ends in full. Overloads: a lower dose pass is missing; many not integrated: "
        "overlaps or a mask."
    )
    title, label = "Integrated reflections by image", "reflections / image"
    return by_image(title, along, curves, label, good=good, rangemode="tozero")


def _signal_by_image(seen: Seen, ratios: Mapping[str, np.ndarray]) -> list[Figure | None]:
    along = seen.along
    curves = {name: _finite(along.tally, ratio).mean(ratio) for name, ratio in ratios.items()}
    good = "Good: level, or a smooth wave with the crystal's shape. A steady fall: radiation damage."
    found = [by_image("I/sigma by image", along, curves, "mean I/sigma", good=good, rangemode="tozero")]
    if "background.mean" in seen:
        mean = along.tally.where(seen.has(Flag.INTEGRATED)).mean(seen["background.mean"])
        good = "Good: level. A rise: more solvent or support in the beam; zero: no beam."
        found.append(
            by_image("Background by image", along, {"mean": mean}, "counts / px", good=good, rangemode="tozero")
        )
    return found


def _finite(tally: Tally, values: np.ndarray) -> Tally:
    return tally.where(np.isfinite(values))


def _profiles_by_image(seen: Seen) -> list[Figure | None]:
    along, fitted = seen.along, seen.has(Flag.INTEGRATED_PRF)
    found: list[Figure | None] = []
    if "profile.correlation" in seen and fitted.any():
        values = seen["profile.correlation"]
        good = "Good: high and level for strong data; weak data lower it. A dip: spots that look unlike the profile."
        curves = {"correlation": _finite(along.tally.where(fitted), values).mean(values)}
        found.append(by_image("Profile correlation by image", along, curves, "mean correlation", good=good))
    if ("xyzobs.px.value", "xyzcal.px") in seen:
        strong = seen.has(Flag.INTEGRATED) & (seen.has(Flag.STRONG | Flag.REFERENCE_SPOT))
        strong &= seen["xyzobs.px.value"].any(axis=1)
        off = seen["xyzobs.px.value"] - seen["xyzcal.px"]
        kinds = zip(("x / px", "y / px", "z / images"), off.T)
        curves = {name: np.sqrt(along.tally.where(strong).mean(values**2)) for name, values in kinds}
        good = "Good: level and below half a pixel and half an image: boxes lie where the spots are."
        found.append(by_image("R.m.s. of predictions by image", along, curves, "r.m.s.", good=good, rangemode="tozero"))
    return found


def _by_resolution(seen: Seen, ratios: Mapping[str, np.ndarray]) -> Figure | None:
    if "d" not in seen or not ratios:
        return None
    s2 = _s2(seen["d"])
    rows = np.flatnonzero(np.isfinite(s2) & np.any([np.isfinite(r) for r in ratios.values()], axis=0))
    if len(rows) < 2 * _SHELLS:
        return None
    tally = equal_tally(s2[rows], _SHELLS)
    curves = []
    for name, ratio in ratios.items():
        known = np.isfinite(ratio[rows])
        curves.append(Curve(name, tally.mean(s2[rows]), tally.where(known).mean(ratio[rows]), mode="lines+markers"))
    axes = {"x": resolution_axis(s2[rows]), "y": axis("mean I/sigma", type="log")}
    good = (
        "Good: fits above sums where data are weak, both together where they are strong; the edge where it falls "
        "below 1."
    )
    return lines("I/sigma by resolution", curves, axes, good=good)


def _s2(d: np.ndarray) -> np.ndarray:
    """1/d² of what is known, nan elsewhere."""
    return np.where(d > 0, 1 / np.where(d > 0, d, 1.0) ** 2, np.nan)


def _over_detector(seen: Seen, ratios: Mapping[str, np.ndarray]) -> list[Figure]:
    plane = detector_plane(seen, "xyzcal.px" if "xyzcal.px" in seen else "xyzobs.px.value")
    if plane is None or not ratios:
        return []
    name, ratio = list(ratios.items())[-1]
    good = "Good: falls evenly from the beam outwards. A dark wedge or side: a shadow, or a wrong mask."
    found = [heat_map(f"I/sigma of {name} over the detector", plane, plane.mean(ratio), "I/sigma", good=good)]
    if "profile.correlation" in seen and seen.has(Flag.INTEGRATED_PRF).any():
        z = plane.mean(seen["profile.correlation"], seen.has(Flag.INTEGRATED_PRF))
        good = "Good: even but for the weak edge. A region that is low: profiles there are not those learned."
        found.append(heat_map("Profile correlation over the detector", plane, z, "correlation", good=good))
    return found


def _flags(seen: Seen) -> Table:
    """How many reflections bear each flag."""
    n = len(seen.reflections)
    single = [flag for flag in Flag if flag.bit_count() == 1]
    counts = [(flag, int(seen.has(flag).sum())) for flag in single]
    rows = [[str(flag.name).lower().replace("_", " "), str(k), f"{k / n:.1%}"] for flag, k in counts if k]
    return Table("Flags", ("reflections that are", "number", "share"), rows)
