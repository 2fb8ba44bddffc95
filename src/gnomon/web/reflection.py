"""One reflection: its pixels, its columns, its equivalents, and the next one of those that pass a filter."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.routing import Route

from gnomon.errors import InputError
from gnomon.io.images.experiment_images import images_of
from gnomon.io.images.masks import static_mask, valid_counts
from gnomon.maths.geometry.reciprocal_positions import seen_by
from gnomon.maths.geometry.resolutions import resolutions
from gnomon.maths.intensities.merging import Groups, group_equivalents
from gnomon.models.columns import COLUMNS
from gnomon.models.experiment import Experiment
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import BACKGROUND, FOREGROUND, STRONG, VALID, Shoeboxes
from gnomon.params import made
from gnomon.steps.filter_reflections.params import FilterReflectionsParams
from gnomon.steps.filter_reflections.step import image_numbers, passing
from gnomon.steps.integrate.shares import shares_of
from gnomon.web.answers import answer, integer, stage_of
from gnomon.web.packed import packed
from gnomon.web.workspace import Stage, Workspace

_KEPT = 4
"""Tables of which equivalents and lists are kept."""
_MOST_PIXELS = 200_000
"""Of a box that is shown: 40 images of 70 by 70 pixels."""
_MARGIN = 3  # px around boxes of strong pixels, so that their background is seen


def reflection_routes(workspace: Workspace) -> list[Route]:
    """Those below ``api/reflection``."""
    return [
        Route("/api/reflection", answer(workspace, _reflection)),
        Route("/api/reflection/pixels", answer(workspace, _pixels)),
        Route("/api/reflection/equivalents", answer(workspace, _equivalents)),
        Route("/api/reflection/next", answer(workspace, _next)),
    ]


def _row(workspace: Workspace, request: Request) -> tuple[Stage, int, int]:
    """Stage, table and row that the address names. Raises InputError where there is no such row."""
    stage, number, row = stage_of(workspace, request), integer(request, "table", 0), integer(request, "row")
    n = len(stage.table(number))
    if not 0 <= row < n:
        raise InputError(f"row {row}: the table has {n}, counted from 0")
    return stage, number, row


def _experiment(stage: Stage, row: Reflections) -> tuple[int, Experiment | None]:
    number = int(seen_by(stage.experiments, row)[0])
    return number, stage.experiments[number] if number >= 0 else None


def _reflection(workspace: Workspace, request: Request) -> Any:
    """All columns of a row, with units and meanings, and its flags in words."""
    stage, number, at = _row(workspace, request)
    row = stage.table(number).select([at])
    experiment, _ = _experiment(stage, row)
    d = float(resolutions(stage.experiments, row)[0])
    indexed = "miller_index" in row and row["miller_index"].any()
    return {
        "row": at,
        "hkl": row["miller_index"][0].tolist() if indexed else None,
        "d": d if np.isfinite(d) else None,
        "experiment": experiment,
        "name": stage.names[experiment] if experiment >= 0 else "",
        "image": int(image_numbers(row)[0]),
        "panel": int(row["panel"][0]) if "panel" in row else 0,
        "flags": _words(int(row["flags"][0])) if "flags" in row else [],
        "columns": [_column(name, row) for name in sorted(row.names) if isinstance(row[name], np.ndarray)],
    }


def _words(bits: int) -> list[str]:
    """The names of single flags that are set."""
    return [flag.name.lower().replace("_", " ") for flag in Flag if flag.name and bits & flag]


def _column(name: str, row: Reflections) -> dict[str, Any]:
    known = COLUMNS.get(name)
    value = row[name][0].tolist()
    parts = value if isinstance(value, list) else [value]
    text = [v if not isinstance(v, float) or np.isfinite(v) else None for v in np.ravel(np.array(parts, object))]
    return {"name": name, "value": text, "unit": known.unit if known else "", "meaning": known.meaning if known else ""}


def _pixels(workspace: Workspace, request: Request) -> bytes:
    """``data``, ``mask``, ``background``, ``share`` and ``expected`` (nz, ny, nx) of the box of a row.

    Of the table's shoeboxes where it has them, else cut from the images by its bbox. share is 0 where there is no
    profile; expected is background and the fitted (else the summed) intensity times share.
    """
    stage, number, at = _row(workspace, request)
    row = stage.table(number).select([at])
    _, experiment = _experiment(stage, row)
    lacking = _no_pixels(experiment, row)
    if lacking:
        return packed({}, told=lacking)
    source, bbox, data, mask, background = _box(experiment, row)
    shares = None if experiment is None else shares_of(experiment, row, bbox)
    share = np.zeros(data.shape) if shares is None else shares.share
    if shares is not None and not (mask & FOREGROUND).any():
        mask = mask | np.where(shares.foreground, FOREGROUND, BACKGROUND).astype(np.uint8)
    if not background.any():
        background = _background(row, data, mask)
    intensity = next((float(row[name][0]) for name in _FITTED if name in row and row[name][0] != 0), 0.0)
    layers = {"data": data, "background": background, "share": share, "expected": background + intensity * share}
    arrays = {name: np.ascontiguousarray(values, np.float32) for name, values in layers.items()}
    return packed(
        {**arrays, "mask": mask.astype(np.uint8)}, bbox=bbox.tolist(), source=source, fitted=shares is not None
    )


_FITTED = ("intensity.prf.value", "intensity.sum.value")


def _background(row: Reflections, data: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(nz, ny, nx): the table's mean of it, else the median of the pixels that are not of the spot."""
    if "background.mean" in row and row["background.mean"][0] > 0:
        return np.full(data.shape, float(row["background.mean"][0]))
    around = data[(mask & VALID > 0) & (mask & FOREGROUND == 0)]
    return np.full(data.shape, float(np.median(around)) if len(around) else 0.0)


def _shoebox(row: Reflections) -> Shoeboxes | None:
    boxes = row.get("shoebox")
    return boxes if isinstance(boxes, Shoeboxes) and boxes.offsets[-1] > 0 else None


def _no_pixels(experiment: Experiment | None, row: Reflections) -> str:
    """Why there are no pixels to show; nothing where there are."""
    if _shoebox(row) is not None:
        return ""
    if "bbox" not in row:
        return "no pixels: the table has neither shoeboxes nor boxes (the column bbox)"
    if experiment is None or experiment.images is None:
        return "no pixels: the table has no shoeboxes, and the experiment no images"
    return ""


def _box(experiment: Experiment | None, row: Reflections) -> tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Where the pixels are from, bbox (6,), data, mask and background.

    Shoeboxes of find_spots hold strong pixels alone: what is around them is cut from the images, where these are.
    """
    boxes = _shoebox(row)
    there = experiment is not None and experiment.images is not None
    if boxes is not None and ((boxes.mask & BACKGROUND).any() or not there or not _on_disk(experiment)):
        return ("the table", np.array(boxes.bbox[0]), *boxes.pixels(0))
    assert experiment is not None  # as _no_pixels says
    bbox = np.array(row["bbox"][0])
    margin = 0 if boxes is None else _MARGIN
    wide = bbox + np.array([-1, 1, -1, 1, 0, 0], np.int32) * margin
    found, data, mask, background = _cut(experiment, int(row["panel"][0]), wide)
    if boxes is not None:
        x, y, z = (bbox[::2] - found[::2]).tolist()
        nz, ny, nx = boxes.pixels(0)[1].shape
        mask[z : z + nz, y : y + ny, x : x + nx] |= boxes.pixels(0)[1] & STRONG
    return "the images", found, data, mask, background


def _on_disk(experiment: Experiment | None) -> bool:
    images = experiment and experiment.images
    return bool(experiment and images and os.path.exists(images.path_of(experiment.image_range[0])))


def _cut(experiment: Experiment, panel: int, bbox: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """bbox within the detector and the scan, counts after gain, mask and no background, from the images."""
    size, first_last = experiment.detector.image_sizes[panel], experiment.image_range
    low = np.array([0, 0, first_last[0] - 1])
    bbox = np.clip(bbox.reshape(3, 2), low[:, None], np.array([*size, first_last[1]])[:, None]).ravel()
    x0, x1, y0, y1, z0, z1 = (int(b) for b in bbox)
    if (z1 - z0) * (y1 - y0) * (x1 - x0) > _MOST_PIXELS:
        raise InputError(f"a box of {x1 - x0} x {y1 - y0} pixels on {z1 - z0} images is more than is shown")
    reader, one = images_of(experiment), experiment.detector.panels[panel]
    part = (slice(y0, y1), slice(x0, x1))
    data = np.stack([reader.read(image)[panel][part].copy() for image in range(z0 + 1, z1 + 1)])
    low_count, high_count = valid_counts(one)
    usable = (data >= low_count) & (data <= high_count) & static_mask(experiment)[panel][part]
    counts = (data - one.pedestal) / one.gain
    return bbox, counts, np.where(usable, VALID, 0).astype(np.uint8), np.zeros(data.shape)


@lru_cache(_KEPT)
def _groups(stage: Stage, number: int) -> tuple[np.ndarray, Groups] | None:
    """The scaled rows of a table, and which of them are equivalent; None where none were scaled."""
    table = stage.table(number)
    group = next((e.crystal.hall_symbol for e in stage.experiments if e.crystal), None)
    if group is None or "inverse_scale_factor" not in table or "intensity.scale.value" not in table:
        return None
    good = (table["intensity.scale.variance"] > 0) & (table["inverse_scale_factor"] > 0)
    rows = np.flatnonzero(good & table["miller_index"].any(axis=1))
    return rows, group_equivalents(table["miller_index"][rows], group)


def _equivalents(workspace: Workspace, request: Request) -> Any:
    """The equivalents of a row on the common scale, and how far each is from the mean of those that count, in sigma."""
    stage, number, at = _row(workspace, request)
    scaled = _groups(stage, number)
    if scaled is None:
        return {"told": "equivalents are compared once they are on one scale: open scaled.refl", "equivalents": []}
    rows, groups = scaled
    place = int(np.searchsorted(rows, at))
    if place == len(rows) or rows[place] != at:
        return {"told": "this reflection was not scaled", "equivalents": []}
    label = groups.label[place]
    start = groups.starts[label]
    own = stage.table(number).select(rows[groups.order[start : start + groups.counts[label]]])
    g = own["inverse_scale_factor"]
    value, sigma = own["intensity.scale.value"] / g, np.sqrt(own["intensity.scale.variance"]) / g
    counts = ~own.has(Flag.BAD_FOR_SCALING)
    weight = np.where(counts, 1 / sigma**2, 0.0)
    mean = float((weight * value).sum() / weight.sum()) if counts.any() else float("nan")
    images = image_numbers(own)
    where = rows[groups.order[start : start + groups.counts[label]]]
    return {
        "told": "",
        "unique": groups.hkl[label].tolist(),
        "mean": mean if np.isfinite(mean) else None,
        "sigma": float(weight.sum() ** -0.5) if counts.any() else None,
        "equivalents": [
            {
                "row": int(where[i]),
                "hkl": own["miller_index"][i].tolist(),
                "experiment": int(own["id"][i]),
                "name": stage.names[int(own["id"][i])],
                "image": int(images[i]),
                "value": float(value[i]),
                "sigma": float(sigma[i]),
                "deviation": float((value[i] - mean) / sigma[i]) if np.isfinite(mean) else None,
                "counts": bool(counts[i]),
            }
            for i in range(len(own))
        ],
    }


def _next(workspace: Workspace, request: Request) -> Any:
    """The row after (``by=1``), before (-1) or at ``row`` of those that pass, its place and their number."""
    stage, number = stage_of(workspace, request), integer(request, "table", 0)
    at, by = integer(request, "row", -1), integer(request, "by", 1)
    q = request.query_params
    given: list[tuple[str, Any]] = []
    if q.get("flags"):
        given.append(("flag_expression", q["flags"]))
    given += [(name, q[key]) for key, name in (("dmin", "d_min"), ("dmax", "d_max")) if q.get(key, "0") != "0"]
    first, last = integer(request, "first", 0), integer(request, "last", 0)
    if first or last:
        given.append(("image_range", (first, last or 2**31 - 1)))
    if q.get("sets"):
        given.append(("id", tuple(q["sets"].split(","))))
    rows = _passing(stage, number, made(FilterReflectionsParams, dict(given)))
    if not len(rows):
        return {"row": -1, "place": 0, "of": 0}
    if by > 0:
        place = min(int(np.searchsorted(rows, at, "right")), len(rows) - 1)
    elif by < 0:
        place = max(int(np.searchsorted(rows, at)) - 1, 0)
    else:
        place = min(int(np.searchsorted(rows, at)), len(rows) - 1)
    return {"row": int(rows[place]), "place": place + 1, "of": len(rows)}


@lru_cache(_KEPT)
def _passing(stage: Stage, number: int, params: FilterReflectionsParams) -> np.ndarray:
    """The rows of a table that pass, rising."""
    return np.flatnonzero(passing(stage.experiments, stage.table(number), params))
