"""What is known of an image, to be drawn over it: reflections by state, lattices, shadow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gnomon.io.images.experiment_images import shadow_of
from gnomon.maths.geometry.ewald import interpolated
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.experiment import Experiment
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.threshold import Threshold, threshold_for
from gnomon.web.packed import packed
from gnomon.web.pictures import Picture
from gnomon.web.workspace import Stage


def rows_of_sweep(stage: Stage, experiment: Experiment, table: Reflections) -> np.ndarray:
    """The rows of the table that belong to the sweep of the experiment: of all its lattices, and of none."""
    if "id" not in table:
        return np.arange(len(table))
    sweeps = [e.sweep for e in stage.experiments]
    same = np.array([sweep == experiment.sweep for sweep in sweeps], bool)
    ids = table["id"]
    found = np.zeros(len(table), bool)
    known = (ids >= 0) & (ids < len(same))
    found[known] = same[ids[known]]
    number = list(dict.fromkeys(sweeps)).index(experiment.sweep)
    of_none = ids < 0
    found |= of_none & (table["imageset_id"] == number) if "imageset_id" in table else of_none & (len(set(sweeps)) == 1)
    return np.flatnonzero(found)


STATES = (
    "strong", "indexed", "unindexed", "outlier", "predicted", "integrated", "partial", "overloaded", "not integrated",
)  # fmt: skip
"""What a reflection is shown as; ``static/image/marks.js`` has a colour for each."""
_WHOLE = 0.99
"""Fraction recorded from which a reflection counts as whole, as scale has it."""
_REASONS = (
    (Flag.DONT_INTEGRATE, "left out"),
    (Flag.FAILED_DURING_BACKGROUND_MODELLING, "no background could be made"),
    (Flag.FAILED_DURING_SUMMATION, "the sum failed"),
    (Flag.FAILED_DURING_PROFILE_FITTING, "no profile could be fitted"),
    (Flag.FOREGROUND_INCLUDES_BAD_PIXELS, "bad pixels under the spot"),
    (Flag.BACKGROUND_INCLUDES_BAD_PIXELS, "bad pixels beside the spot"),
    (Flag.OVERLAPPED_FG, "overlaps another"),
    (Flag.IN_POWDER_RING, "in a powder ring"),
)
_NOT_TRIED = "integration did not get to it"


def states(table: Reflections) -> np.ndarray:
    """(N,) uint8: the number in ``STATES`` of what each reflection is."""
    flags = table["flags"].astype(np.uint64) if "flags" in table else np.zeros(len(table), np.uint64)

    def has(flag: Flag) -> np.ndarray:
        return (flags & np.uint64(flag)) != 0

    indexed, integrated, predicted = has(Flag.INDEXED), has(Flag.INTEGRATED), has(Flag.PREDICTED)
    found = np.zeros(len(table), np.uint8)

    def those(rows: np.ndarray, state: str) -> None:
        found[rows] = STATES.index(state)

    if indexed.any():
        those(~indexed & ~predicted, "unindexed")
    those(predicted, "predicted")
    those(indexed & ~integrated, "indexed")
    if integrated.any():
        those(~integrated, "not integrated")
    those(integrated, "integrated")
    if "partiality" in table and integrated.any():
        those(integrated & (table["partiality"] < _WHOLE), "partial")
    those(has(Flag.CENTROID_OUTLIER) | has(Flag.OUTLIER_IN_SCALING), "outlier")
    those(has(Flag.OVERLOADED), "overloaded")
    return found


def reasons(flags: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Why reflections of these flags (n,) were not integrated: (n,) uint8 numbers in the list that follows."""
    words = [_NOT_TRIED, *(text for _, text in _REASONS)]
    found = np.zeros(len(flags), np.uint8)
    for i, (flag, _) in reversed(list(enumerate(_REASONS, 1))):
        found[(flags.astype(np.uint64) & np.uint64(flag)) != 0] = i
    return found, words


def on_images(table: Reflections, first: int, last: int) -> np.ndarray:
    """(N,) bool: reflections whose boxes, or else whose centres, lie on the images ``first`` to ``last``."""
    if "bbox" in table and table["bbox"][:, 5].any():
        return np.asarray((table["bbox"][:, 4] < last) & (table["bbox"][:, 5] >= first))
    z = next((table[name][:, 2] for name in ("xyzobs.px.value", "xyzcal.px") if name in table), np.zeros(len(table)))
    return np.asarray((z >= first - 1) & (z < last))


def marks(stage: Stage, experiment: Experiment, table: Reflections | None, first: int, last: int) -> bytes:
    """The reflections on the images ``first`` to ``last``: row, panel, where seen, where predicted, box, state.

    Where no table has predictions they are made from the crystals; their rows are -1. The head has the lattices of the
    sweep, with A turned to the middle of the images, and what the numbers of states and reasons mean.
    """
    lattices = [i for i, e in enumerate(stage.experiments) if e.crystal and e.sweep == experiment.sweep]
    parts = []
    if table is not None:
        rows = rows_of_sweep(stage, experiment, table)
        rows = rows[on_images(table.select(rows), first, last)]
        parts.append(_arrays(table.select(rows), rows))
    if table is None or "xyzcal.px" not in table:
        made = [predicted_on(stage.experiments[i], i, first, last) for i in lattices]
        parts += [_arrays(one, np.full(len(one), -1)) for one in made if one is not None]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
    middle = (first - 1 + last) / 2
    turned = [{"experiment": i, "A": turned_setting(stage.experiments[i], middle).tolist()} for i in lattices]
    return packed(arrays, lattices=turned, states=STATES, reasons=reasons(np.zeros(0, np.uint64))[1])


def _arrays(table: Reflections, rows: np.ndarray) -> dict[str, np.ndarray]:
    n = len(table)

    def column(name: str, width: int) -> np.ndarray:
        values = table[name] if name in table else np.full((n, width), np.nan)
        return np.asarray(values, np.float32)

    flags = table["flags"] if "flags" in table else np.zeros(n, np.uint64)
    hkl = table["miller_index"] if "miller_index" in table else np.zeros((n, 3))
    return {
        "row": rows.astype(np.int32),
        "panel": np.asarray(table["panel"] if "panel" in table else np.zeros(n), np.int32),
        "seen": column("xyzobs.px.value", 3),
        "predicted": column("xyzcal.px", 3),
        "box": np.asarray(table["bbox"] if "bbox" in table else np.zeros((n, 6)), np.int32),
        "hkl": np.asarray(hkl, np.int32),
        "lattice": np.asarray(table["id"] if "id" in table else np.zeros(n), np.int32),
        "state": states(table),
        "reason": reasons(flags)[0],
    }


def turned_setting(experiment: Experiment, z: float) -> np.ndarray:
    """(3, 3) the crystal's A in the laboratory at ``z`` images, 1/Å."""
    crystal, scan, goniometer = experiment.needed_crystal, experiment.scan, experiment.goniometer
    A = crystal.A
    if crystal.A_at_scan_points is not None and scan is not None:
        A = interpolated(crystal.A_at_scan_points, scan.array_range[0], np.array([z]))[0]
    if experiment.is_still or scan is None or goniometer is None:
        return A
    return goniometer.rotation_at(float(scan.phi_at(z))) @ A


def predicted_on(experiment: Experiment, number: int, first: int, last: int) -> Reflections | None:
    """What the crystal of an experiment has on the images; None for stills, whose spots are no crossings."""
    scan = experiment.scan
    if experiment.is_still or scan is None:
        return None
    crystal, middle = experiment.needed_crystal, (first - 1 + last) / 2
    if crystal.A_at_scan_points is not None:
        points = crystal.A_at_scan_points
        A = interpolated(points, scan.array_range[0], np.array([middle]))[0]
        crystal = replace(crystal, A=A, A_at_scan_points=None)
    part = Scan((first, last), (float(scan.phi_at(first - 1)), scan.oscillation[1]))
    beam = replace(experiment.beam, s0_at_scan_points=None)
    return predict_scan(experiment.replace(scan=part, crystal=crystal, beam=beam), number)


def strong_pixels(
    experiment: Experiment, picture: Picture, windows: Mapping[int, tuple[slice, slice]], params: FindSpotsParams
) -> dict[str, np.ndarray]:
    """panel, x, y (n,) of the pixels that find_spots would call strong, in ``windows`` (rows, columns) of panels.

    About a window more pixels are read, so that the answer is that of the whole panel; all are where rings are counted.
    """
    if params.algorithm == "radial_profile":
        whole = {i: (slice(0, size[1]), slice(0, size[0])) for i, size in enumerate(experiment.detector.image_sizes)}
        find: Any = threshold_for(experiment, picture.usable, params)
        read = whole
    else:
        read = {i: _wider(windows[i], experiment.detector.image_sizes[i], params) for i in windows}
        detector = replace(experiment.detector, panels=tuple(experiment.detector.panels[i] for i in read))
        find = Threshold(replace(detector, hierarchy=None), [picture.usable[i][at] for i, at in read.items()], params)
    found = find([np.ascontiguousarray(picture.counts(i, *at)) for i, at in read.items()])
    parts = []
    for (panel, (rows, columns)), strong in zip(read.items(), found):
        y, x = np.divmod(strong.index, columns.stop - columns.start)
        y, x = y + rows.start, x + columns.start
        if panel not in windows:
            continue
        seen_rows, seen_columns = windows[panel]
        inside = (y >= seen_rows.start) & (y < seen_rows.stop) & (x >= seen_columns.start) & (x < seen_columns.stop)
        parts.append(np.column_stack([np.full(inside.sum(), panel), x[inside], y[inside]]))
    table = np.concatenate(parts or [np.zeros((0, 3))]).astype(np.int32)
    return {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(("panel", "x", "y"))}


def _wider(window: tuple[slice, slice], size: np.ndarray, params: FindSpotsParams) -> tuple[slice, slice]:
    """The window and all pixels that the test of one of its pixels looks at: windows about dispersed neighbours'."""
    margins = [3 * half + 4 for half in params.kernel_size[::-1]]
    return tuple(  # type: ignore[return-value]  # two of them
        slice(max(0, one.start - margin), min(int(n), one.stop + margin))
        for one, margin, n in zip(window, margins, size[::-1])
    )


def shadow_outlines(experiment: Experiment, z: float) -> list[dict[str, Any]] | None:
    """Panels and the corners (px) of what the goniometer hides at ``z`` images; None where nothing is known of it."""
    shadow = shadow_of(experiment)
    if shadow is None:
        return None
    angle = float(experiment.scan.phi_at(z)) if experiment.scan else 0.0
    return [{"panel": panel, "corners": corners.round(1).tolist()} for panel, corners in shadow.outlines(angle)]
