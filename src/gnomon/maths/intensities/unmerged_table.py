"""Unmerged data of other programs as a reflection table, so that every step takes them: the inverse of export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.geometry.recovered_geometry import diffracted_rays
from gnomon.models.by_experiment import rows_of_each
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.unmerged import UnmergedData

_KNOWN = Flag.PREDICTED | Flag.OBSERVED | Flag.INDEXED


def reflection_table(data: UnmergedData) -> Reflections:
    """The table that integrate, or of scaled data scale, would have left.

    Counts are such that their correction by lp, qe and partiality gives the file's intensity again. Scaled data carry
    ``intensity.scale.*`` and their inverse scale, so that they merge at once; their counts are the scaled intensity
    before its corrections, so that scale can go on from them. ``s1`` is zero where the orientation is not known.
    """
    columns: dict[str, Any] = {
        "id": data.experiment,
        "panel": np.zeros(len(data), np.uint64),
        "miller_index": data.hkl,
        "flags": _flags(data),
        **_places(data),
        **_counts(data),
    }
    named = {"lp": data.lp, "qe": data.qe, "partiality": data.partiality, "profile.correlation": data.correlation}
    named["background.sum.value"] = data.background
    if data.background_sigma is not None:
        named["background.sum.variance"] = data.background_sigma**2
    columns |= {name: values for name, values in named.items() if values is not None}
    if data.scaled:
        columns |= _scaled(data)
    return Reflections(columns, {i: e.identifier for i, e in enumerate(data.experiments)})


def with_same_intensities(tables: Sequence[Reflections]) -> list[Reflections]:
    """The tables with the intensities that any of them has; zeros, and no flag that says otherwise, where it has none.

    So that sums of one program and profile fits of another are one table.
    """
    found = []
    for table in tables:
        wanted = {name for other in tables for name in other if name.startswith(("intensity.sum", "intensity.prf"))}
        found.append(table.with_columns({name: np.zeros(len(table)) for name in sorted(wanted - set(table.names))}))
    return found


def _flags(data: UnmergedData) -> np.ndarray:
    """(N,) outliers count as neither integrated nor scaled, so that no step takes them."""
    kept = np.ones(len(data), bool) if data.rejected is None else ~data.rejected
    good = Flag.INTEGRATED_PRF if data.fitted else Flag.INTEGRATED_SUM
    if data.profile is not None:
        good |= Flag.INTEGRATED_PRF
    if data.scaled:
        good |= Flag.SCALED
    return np.where(kept, np.uint64(_KNOWN | good), np.uint64(_KNOWN | Flag.EXCLUDED_FOR_SCALING))


def _counts(data: UnmergedData) -> dict[str, np.ndarray]:
    """What was counted: the intensity without its corrections. Fits are of the whole reflection, sums of its part."""
    whole = np.ones(len(data)) if data.lp is None else 1 / data.lp
    if data.qe is not None:
        whole = whole * data.qe
    part = whole if data.partiality is None else whole * data.partiality
    found = {"prf" if data.fitted else "sum": (data.intensity, data.sigma, whole if data.fitted else part)}
    if data.profile is not None and data.profile_sigma is not None:
        found["prf"] = (data.profile, data.profile_sigma, whole)
    columns = {}
    for kind, (value, sigma, factor) in found.items():
        columns[f"intensity.{kind}.value"] = value * factor
        columns[f"intensity.{kind}.variance"] = (sigma * factor) ** 2
    return columns


def _scaled(data: UnmergedData) -> dict[str, np.ndarray]:
    g = np.ones(len(data)) if data.scale is None else data.scale
    g_sigma = np.zeros(len(data)) if data.scale_sigma is None else data.scale_sigma
    return {
        "intensity.scale.value": data.intensity * g,
        "intensity.scale.variance": (data.sigma * g) ** 2,
        "inverse_scale_factor": g,
        "inverse_scale_factor_variance": g_sigma**2,
    }


def _places(data: UnmergedData) -> dict[str, np.ndarray]:
    """Centroids, wave vectors and resolution."""
    predicted = data.xyz.copy()
    s1, d = np.zeros((len(data), 3)), np.zeros(len(data))
    for i, rows in enumerate(rows_of_each(data.experiment, len(data.experiments))):
        e = data.experiments[i]
        assert e.crystal is not None
        d[rows] = d_spacing(data.hkl[rows], e.crystal.cell)
        if e.scan is not None and not e.scan.is_still:
            predicted[rows, 2] = e.scan.z_at(data.phi[rows])
        if not data.unoriented(i):
            s1[rows] = diffracted_rays(e, data.hkl[rows], np.deg2rad(data.phi[rows]))
    return {"xyzcal.px": predicted, "xyzobs.px.value": data.xyz, "s1": s1, "d": d}
