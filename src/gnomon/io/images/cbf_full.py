"""Models from a full imgCIF header: every axis of goniometer and detector is in the file.

Bernstein & Hammersley, and Hammersley et al., in International Tables for Crystallography G (2006), chapters 2.3, 3.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import gemmi
import numpy as np

from gnomon.io.images.cbf import Cbf
from gnomon.io.images.frame import Frame
from gnomon.io.images.mini_header import MiniHeader, mini_header
from gnomon.io.images.modules import gap_rectangles
from gnomon.io.images.sensors import with_sensor
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import MultiAxisGoniometer, rotation_about
from gnomon.step import InputError


@dataclass(frozen=True)
class Axis:
    """One axis of the imgCIF axis table with its setting in this image (degrees or mm)."""

    type: str
    equipment: str
    depends_on: str
    vector: np.ndarray
    offset: np.ndarray
    setting: float = 0.0
    increment: float = 0.0

    def motion(self, setting: float) -> np.ndarray:
        """(4, 4): from the frame this axis carries to the one it depends on."""
        move = np.eye(4)
        move[:3, 3] = self.offset
        if self.type == "rotation":
            move[:3, :3] = rotation_about(self.vector, np.deg2rad(setting))
        elif self.type == "translation":
            move[:3, 3] += setting * self.vector / np.linalg.norm(self.vector)
        return move


@dataclass(frozen=True)
class Tables:
    """The imgCIF categories of one image."""

    path: str
    block: gemmi.cif.Block

    def rows(self, category: str, *items: str) -> list[list[str]]:
        """The values of ``items`` row by row, unquoted; no rows without the first item, empty strings for others."""
        tags = [items[0], *(f"?{item}" for item in items[1:])]
        table = self.block.find(f"_{category}.", tags)
        width = range(len(items))
        return [[gemmi.cif.as_string(row[i]) if row.has(i) else "" for i in width] for row in table]

    def value(self, category: str, item: str) -> str:
        """The only value of an item. Raises InputError where there is none."""
        rows = self.rows(category, item)
        if not rows or rows[0][0] in ("", ".", "?"):
            raise InputError(f"{self.path}: the CBF header has no _{category}.{item}; it is needed for the geometry")
        return rows[0][0]


def _number(text: str, default: float = 0.0) -> float:
    value = gemmi.cif.as_number(text or ".")
    return default if np.isnan(value) else value


def _axes(tables: Tables) -> dict[str, Axis]:
    vector = tuple(f"vector[{i}]" for i in (1, 2, 3))
    offset = tuple(f"offset[{i}]" for i in (1, 2, 3))
    axes = {
        name: Axis(
            kind,
            equipment,
            parent,
            np.array([_number(v) for v in values[:3]]),
            np.array([_number(v) for v in values[3:]]),
        )
        for name, kind, equipment, parent, *values in tables.rows(
            "axis", "id", "type", "equipment", "depends_on", *vector, *offset
        )
    }
    for name, angle, step, shift in tables.rows(
        "diffrn_scan_axis", "axis_id", "angle_start", "angle_increment", "displacement_start"
    ):
        axes[name] = _set(axes[name], angle, shift, step)
    for name, angle, shift in tables.rows("diffrn_scan_frame_axis", "axis_id", "angle", "displacement"):
        axes[name] = _set(axes[name], angle, shift)
    return axes


def _set(axis: Axis, angle: str, shift: str, step: str | None = None) -> Axis:
    setting = _number(angle) if axis.type == "rotation" else _number(shift)
    return replace(axis, setting=setting, increment=axis.increment if step is None else _number(step))


def _chain(axes: Mapping[str, Axis], name: str, path: str) -> list[str]:
    """The axis and all that it depends on, nearest the crystal or pixel first."""
    chain = []
    while name not in ("", ".", "?"):
        if name not in axes or name in chain:
            raise InputError(
                f"{path}: the CBF axis {name} is not in the axis table or depends on itself; mend the header"
            )
        chain.append(name)
        name = axes[name].depends_on
    return chain


def frame_of_full(cbf: Cbf) -> Frame:
    """The models of an image with imgCIF header. Raises InputError where the header lacks what the geometry needs."""
    try:
        block = gemmi.cif.read_string(cbf.text).sole_block()
    except (RuntimeError, ValueError) as error:
        raise InputError(f"{cbf.path}: the CBF header is not valid CIF ({str(error).splitlines()[0]})") from None
    tables = Tables(cbf.path, block)
    mini = mini_header(cbf.path, cbf.text)
    axes = _axes(tables)
    wavelength = float(tables.value("diffrn_radiation_wavelength", "wavelength"))
    goniometer, oscillation = _goniometer(tables, axes)
    material, thickness = mini.sensor
    detector = with_sensor(
        _detector(tables, axes, mini), material, thickness, wavelength, mini.lines.get("Detector", "")
    )
    return Frame(
        path=cbf.path,
        format="full CBF",
        beam=_beam(axes.values(), wavelength, mini),
        detector=detector,
        goniometer=goniometer,
        oscillation=oscillation,
        exposure_time=_number(tables.value("diffrn_scan_frame", "integration_time")),
        epoch=mini.epoch,
    )


def _beam(axes: Iterable[Axis], wavelength: float, mini: MiniHeader) -> Beam:
    source = [axis.vector for axis in axes if axis.equipment == "source"]
    direction = source[0] / np.linalg.norm(source[0]) if source else np.array([0.0, 0.0, 1.0])
    return Beam(direction=direction, wavelength=wavelength, flux=mini.number("Flux", 0.0))


def _goniometer(tables: Tables, axes: Mapping[str, Axis]) -> tuple[MultiAxisGoniometer, tuple[float, float]]:
    """The goniometer, and start and width of the rotation in degrees."""
    rotations = [n for n, axis in axes.items() if axis.equipment == "goniometer" and axis.type == "rotation"]
    if not rotations:
        raise InputError(f"{tables.path}: the CBF header has no goniometer axis; it is needed to know the rotation")
    innermost = max(rotations, key=lambda name: len(_chain(axes, name, tables.path)))
    order = [name for name in _chain(axes, innermost, tables.path) if name in rotations]
    turning = [i for i, name in enumerate(order) if axes[name].increment]
    scan_axis = turning[0] if turning else len(order) - 1
    scanned = axes[order[scan_axis]]
    oscillation = (scanned.setting, scanned.increment)
    vectors, angles = np.array([axes[n].vector for n in order]), np.array([axes[n].setting for n in order])
    return MultiAxisGoniometer(vectors, angles, tuple(order), scan_axis), oscillation


def _detector(tables: Tables, axes: Mapping[str, Axis], mini: MiniHeader) -> Detector:
    rows = tables.rows("array_structure_list", "index", "dimension", "precedence", "direction", "axis_set_id")
    by_precedence = {row[2]: row for row in rows}
    if set(by_precedence) != {"1", "2"}:
        raise InputError(f"{tables.path}: the CBF header describes {len(rows)} array dimensions, needed 2 of one image")
    pixel_axes = {
        axis_set: (axis, _number(start), _number(step))
        for axis_set, axis, start, step in tables.rows(
            "array_structure_list_axis", "axis_set_id", "axis_id", "displacement", "displacement_increment"
        )
    }
    fast_name, fast_start, fast_step = pixel_axes[by_precedence["1"][4]]
    slow_name, slow_start, slow_step = pixel_axes[by_precedence["2"][4]]
    starts = {fast_name: fast_start, slow_name: slow_start}
    placement = _placement(axes, (fast_name, slow_name), starts, tables.path)
    size = (int(by_precedence["1"][1]), int(by_precedence["2"][1]))
    overload = _number(tables.rows("array_intensities", "overload")[0][0], mini.number("Count_cutoff", 2.0**31 - 1))
    panel = Panel(
        fast_axis=placement[fast_name] * np.sign(fast_step),
        slow_axis=placement[slow_name] * np.sign(slow_step),
        origin=placement["origin"],
        image_size=size,
        pixel_size=(abs(fast_step), abs(slow_step)),
        trusted_range=(-1.0, overload),
        mask=gap_rectangles(size),
    )
    return Detector((panel,))


def _placement(
    axes: Mapping[str, Axis], pixel_axes: tuple[str, str], starts: Mapping[str, float], path: str
) -> dict[str, np.ndarray]:
    """Where the first pixel is (``origin``, mm), and the laboratory directions of the two pixel axes."""
    outermost_first = _chain(axes, max(pixel_axes, key=lambda name: len(_chain(axes, name, path))), path)[::-1]
    frame = np.eye(4)
    placement = {}
    for name in outermost_first:
        axis = axes[name]
        if name in pixel_axes:
            placement[name] = frame[:3, :3] @ (axis.vector / np.linalg.norm(axis.vector))
        frame = frame @ axis.motion(axis.setting + starts.get(name, 0.0))
    if len(placement) < 2:
        raise InputError(f"{path}: the two pixel axes of the CBF header do not depend on each other; mend the header")
    return {**placement, "origin": frame[:3, 3]}
