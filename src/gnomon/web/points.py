"""Reciprocal space: the points of a table in 16 bits a coordinate, what colours and filters them, and lassos.

A lasso is a call of ``filter_reflections``: the same parameters stand in its command line, so that both take the same
rows.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.routing import Route

from gnomon.distribute.workers import Workers, available_cpus
from gnomon.errors import InputError
from gnomon.maths.geometry.reciprocal_positions import orientations, reciprocal_positions
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.params import made
from gnomon.pipeline import STEPS
from gnomon.steps.filter_reflections.params import FilterReflectionsParams
from gnomon.steps.filter_reflections.step import image_numbers, passing
from gnomon.web.answers import answer, asked, integer, stage_of
from gnomon.web.packed import packed
from gnomon.web.workspace import Stage, Workspace

_MOST = 65535
"""The largest number of 16 bits."""
_BLOCK = 50_000
"""Points that are scaled at a time, 600 kB."""
_KEPT = 4
"""Tables whose points are kept."""


def point_routes(workspace: Workspace) -> list[Route]:
    """Those below ``api/points``."""
    return [
        Route("/api/points", answer(workspace, _points)),
        Route("/api/points/values", answer(workspace, _values)),
        Route("/api/points/mask", answer(workspace, _mask)),
        Route("/api/points/lasso", asked(workspace, _lasso), methods=["POST"]),
        Route("/api/points/index", asked(workspace, _index), methods=["POST"]),
    ]


@dataclass(frozen=True, eq=False)
class Cloud:
    """The points of a table: rows that have a place (None: all), their places, and the experiment each was seen by."""

    rows: np.ndarray | None
    positions: np.ndarray  # (N, 3) float32, 1/Å
    seen: np.ndarray  # (N,) int32
    message: bytes = b""


@lru_cache(_KEPT)
def cloud(stage: Stage, number: int) -> Cloud:
    """The points of a table, worked out once."""
    table = stage.table(number)
    positions, seen = reciprocal_positions(stage.experiments, table, Workers(available_cpus()))
    there = np.isfinite(positions[:, 0])
    rows = None if there.all() else np.flatnonzero(there).astype(np.uint32)
    of = slice(None) if rows is None else rows
    found = Cloud(rows, positions[of].astype(np.float32), seen[of])
    return replace(found, message=_message(stage, table, found))


def _message(stage: Stage, table: Reflections, points: Cloud) -> bytes:
    """What the browser draws: ``place`` (N, 4) uint16, x, y, z from -half to half and the image; ``lattice`` (N,), the
    experiment, or n + that it was seen by where it has none; A and U (n, 9) of the experiments, nan without crystal."""
    of = slice(None) if points.rows is None else points.rows
    half = float(max(points.positions.max(initial=1e-6), -points.positions.min(initial=0)))
    image = image_numbers(table)[of]
    first = int(image.min(initial=1))
    place = np.empty((len(points.positions), 4), np.uint16)
    farthest = _scaled(points.positions, half, place)
    place[:, 3] = np.clip(image - first, 0, _MOST)
    n, lattice = len(stage.experiments), np.array(table["id"])[of]
    lattice = np.where((lattice >= 0) & (lattice < n), lattice, n + points.seen)
    arrays = {"place": place, "lattice": lattice.astype(np.uint16 if 2 * n <= _MOST else np.uint32)}
    if points.rows is not None:
        arrays["rows"] = points.rows
    crystals = [e.crystal for e in stage.experiments]
    arrays["A"] = np.array([np.full(9, np.nan) if c is None else c.A.ravel() for c in crystals], np.float32)
    arrays["U"] = orientations(stage.experiments).reshape(n, 9).astype(np.float32)
    arrays |= {"s0": np.array([e.beam.s0 for e in stage.experiments], np.float32), "axis": _axes(stage)}
    counts = np.bincount(lattice, minlength=2 * n)[: 2 * n].astype(np.uint32)
    return packed(
        {**arrays, "counts": counts}, half=half, d_min=1 / farthest, first=first, last=int(image.max(initial=1))
    )


def _scaled(positions: np.ndarray, half: float, place: np.ndarray) -> float:
    """The length of the longest of positions (N, 3); fills the first three of ``place`` (N, 4) with them, 0 to 65535.

    In blocks that stay in the processor's memory: whole arrays of millions between the operations take eight times as
    long.
    """
    farthest = 1e-12
    for start in range(0, len(positions), _BLOCK):
        block = positions[start : start + _BLOCK]
        farthest = max(farthest, float(np.einsum("ij,ij->i", block, block).max()))
        place[start : start + _BLOCK, :3] = block * (_MOST / 2 / half) + (_MOST / 2 + 0.5)
    return float(np.sqrt(farthest))


def _axes(stage: Stage) -> np.ndarray:
    """(n, 3) float32: the rotation axes; nan where nothing turns."""
    axes = [np.full(3, np.nan) if e.goniometer is None else e.goniometer.lab_axis for e in stage.experiments]
    return np.array(axes, np.float32)


def _points(workspace: Workspace, request: Request) -> bytes:
    return cloud(stage_of(workspace, request), integer(request, "table", 0)).message


def _values(workspace: Workspace, request: Request) -> bytes:
    """``value`` (N,) uint16 of what ``by=`` names, from ``low`` to ``high``; 0 is where it is not known."""
    stage, number = stage_of(workspace, request), integer(request, "table", 0)
    by = request.query_params.get("by", "")
    if by not in _VALUES:
        raise InputError(f"by={by}: give one of {', '.join(_VALUES)}")
    points = cloud(stage, number)
    of = slice(None) if points.rows is None else points.rows
    values = _VALUES[by](stage.table(number))[of]
    known = np.isfinite(values)
    low, high = np.percentile(values[known], (1, 99)) if known.any() else (0.0, 1.0)
    if by == "flags":
        low, high = 0.0, 4.0
    high = high if high > low else low + 1
    with np.errstate(invalid="ignore"):
        scaled = 1 + np.clip((values - low) / (high - low), 0, 1) * (_MOST - 1)
    return packed({"value": np.where(known, scaled, 0).astype(np.uint16)}, low=float(low), high=float(high))


def _residual(table: Reflections) -> np.ndarray:
    """(N,) px between the observed and the predicted centroid; nan where either is missing."""
    observed, predicted = table["xyzobs.px.value"], table["xyzcal.px"]
    there = observed.any(axis=1) & predicted.any(axis=1)
    return np.where(there, np.linalg.norm(observed[:, :2] - predicted[:, :2], axis=1), np.nan)


def i_over_sigma(table: Reflections) -> np.ndarray:
    """(N,) I/sigma of the last intensity that the table has: scaled, profile-fitted, summed; nan where not measured."""
    names = [name for name in ("scale", "prf", "sum") if f"intensity.{name}.value" in table]
    found = np.full(len(table), np.nan)
    for name in reversed(names):
        value, variance = table[f"intensity.{name}.value"], table[f"intensity.{name}.variance"]
        good = variance > 0
        found[good] = value[good] / np.sqrt(variance[good])
    return found


def _flag_classes(table: Reflections) -> np.ndarray:
    """(N,) 0 not indexed, 1 indexed, 2 used in refinement, 3 integrated, 4 outlier or failed, the last that holds."""
    found = np.zeros(len(table))
    steps = ((1, Flag.INDEXED), (2, Flag.USED_IN_REFINEMENT), (3, Flag.INTEGRATED), (4, _SPOILT))
    for number, flag in steps:
        found[table.has(flag)] = number
    return found


_SPOILT = Flag.CENTROID_OUTLIER | Flag.OUTLIER_IN_SCALING | Flag.OVERLOADED | Flag.FAILED_DURING_SUMMATION
_VALUES = {"residual": _residual, "i_over_sigma": i_over_sigma, "flags": _flag_classes}
_COUNTED = ("flag_expression", "partiality_min", "partiality_max", "n_signal")


def _mask(workspace: Workspace, request: Request) -> bytes:
    """``kept`` (N,) uint8: points that pass the filters of ``filter_reflections`` named in the address."""
    stage, number = stage_of(workspace, request), integer(request, "table", 0)
    given: dict[str, Any] = {name: request.query_params[name] for name in _COUNTED if name in request.query_params}
    if "n_signal" in given:
        given["n_signal"] = given["n_signal"].split(",")
    points = cloud(stage, number)
    of = slice(None) if points.rows is None else points.rows
    kept = passing(stage.experiments, stage.table(number), made(FilterReflectionsParams, given))
    return packed({"kept": kept[of].astype(np.uint8)})


_DIGITS = 7
"""Significant digits of numbers in command lines; the selection is made with the same."""


def _lasso(workspace: Workspace, body: dict[str, Any]) -> bytes:
    """``kept`` (N,) uint8, 1 for points in the lasso, and command lines that take the same rows."""
    stage, number, params = _selection(workspace, body)
    chosen = passing(stage.experiments, stage.table(number), params)
    points = cloud(stage, number)
    kept = chosen if points.rows is None else chosen[points.rows]
    line = command_line(stage, number, params)
    index = f"gnomon index {shlex.quote(stage.name)} filtered.refl"
    return packed({"kept": kept.astype(np.uint8)}, rows=int(chosen.sum()), filter=line, index=index)


def _selection(workspace: Workspace, body: dict[str, Any]) -> tuple[Stage, int, FilterReflectionsParams]:
    given = body.get("selection")
    if not isinstance(given, dict):
        raise InputError("a selection is needed: names and values of parameters of filter_reflections")
    rounded = {name: _rounded(value) for name, value in given.items()}
    return workspace.stage(int(body.get("stage", 0))), int(body.get("table", 0)), made(FilterReflectionsParams, rounded)


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def command_line(stage: Stage, number: int, params: FilterReflectionsParams) -> str:
    """The line of ``filter_reflections`` that takes the rows that ``params`` do."""
    words = [stage.name, stage.tables[number].name]
    for field, info in FilterReflectionsParams.model_fields.items():
        value = getattr(params, field)
        if value == info.default:
            continue
        extra = info.json_schema_extra
        name = (isinstance(extra, dict) and extra.get("name")) or field
        words.append(f"{name}={_text(value)}")
    return " ".join(["gnomon", "filter_reflections", *map(shlex.quote, words)])


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_text, value))
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)


def _index(workspace: Workspace, body: dict[str, Any]) -> Any:
    """The number of a new stage: the selection, indexed by itself with the default parameters; in memory alone."""
    stage, number, params = _selection(workspace, body)
    table = stage.table(number)
    chosen = table.select(passing(stage.experiments, table, params))
    given = body.get("index") or {}
    result = STEPS["index"](stage.experiments, chosen, **given)
    words = STEPS["index"].describe(result)
    new = workspace.add(f"indexed: {len(chosen)} of {stage.tables[number].name}", result)
    return {"stage": new, "told": words}
