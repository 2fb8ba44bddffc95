"""Full (imgCIF) CBF headers: tables of values, axes that carry each other, the panels they hold, and the models.

Bernstein & Hammersley, and Hammersley et al., in International Tables for Crystallography G (2006), chapters 2.3, 3.7
(categories ARRAY_STRUCTURE_LIST, ARRAY_INTENSITIES); for sections of arrays imgCIF 1.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.cbf import Cbf
from gnomon.io.images.cbf_mini import MiniHeader, mini_header
from gnomon.io.images.frame import OSCILLATION, WAVELENGTH, Frame, HeaderCheck
from gnomon.io.images.header_models import with_sensor
from gnomon.io.images.instruments import gap_rectangles
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import MultiAxisGoniometer, rotation_about


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

    def first(self, category: str, item: str) -> str:
        """The first value of an item; nothing where there is none."""
        rows = self.rows(category, item)
        return rows[0][0] if rows else ""


def number(text: str, default: float = 0.0) -> float:
    """A CIF number without its uncertainty; ``default`` for ``.``, ``?`` and nothing."""
    value = gemmi.cif.as_number(text or ".")
    return default if np.isnan(value) else value


def axes_of(tables: Tables) -> dict[str, Axis]:
    """The axis table, each axis with its setting: of the frame where told, else of the scan's start."""
    vector = tuple(f"vector[{i}]" for i in (1, 2, 3))
    offset = tuple(f"offset[{i}]" for i in (1, 2, 3))
    axes = {
        name: Axis(
            kind,
            equipment,
            parent,
            np.array([number(v) for v in values[:3]]),
            np.array([number(v) for v in values[3:]]),
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
    setting = number(angle) if axis.type == "rotation" else number(shift)
    return replace(axis, setting=setting, increment=axis.increment if step is None else number(step))


def chain(axes: Mapping[str, Axis], name: str, path: str) -> list[str]:
    """The axis and all that it depends on, nearest the crystal or pixel first."""
    names: list[str] = []
    while name not in ("", ".", "?"):
        if name not in axes or name in names:
            raise InputError(
                f"{path}: the CBF axis {name} is not in the axis table or depends on itself; mend the header"
            )
        names.append(name)
        name = axes[name].depends_on
    return names


_NOTHING = ("", ".", "?")
_LONGEST = 1 << 16
"""Pixels along a side of a panel."""


@dataclass(frozen=True)
class _Area:
    """Pixels that lie on one pair of axes: a whole array, or a section of one."""

    array: str
    name: str
    sides: Mapping[int, tuple[int, str]]  # by precedence, 1 for fast: pixels, and the set of axes


@dataclass(frozen=True)
class _Array:
    """The pixels of one binary section, as it lies in the file: planes one after the other."""

    sizes: tuple[int, int, int]  # fast, slow, planes
    precedence: Mapping[str, int]  # of each index
    row: int  # the first of it, where all arrays of the file are put below each other


def panels_of(tables: Tables, axes: Mapping[str, Axis], overload: float) -> tuple[Panel, ...]:
    """The panels in the order of the header, their places in the raw image that :func:`gnomon.io.images.cbf.decode`
    makes of the file.

    overload: the highest valid count where the header tells none.
    """
    arrays, areas = _arrays_and_areas(tables)
    starts = _section_starts(tables, arrays)
    intensities = _intensities(tables, overload)
    panels = []
    for area in areas:
        array = arrays[area.array]
        x, y, z = starts.get((area.array, area.name), (0, 0, 0))
        gain, trusted = intensities.get(area.array, (1.0, (-1.0, overload)))
        panel = _panel(tables, axes, area)
        whole = len(areas) == 1
        offset = (0, 0) if whole else (x, array.row + z * array.sizes[1] + y)
        mask = gap_rectangles(panel["image_size"]) if whole else ()
        name = "Panel" if whole else area.name
        panels.append(Panel(**panel, name=name, gain=gain, trusted_range=trusted, raw_image_offset=offset, mask=mask))
    return tuple(panels)


def _arrays_and_areas(tables: Tables) -> tuple[dict[str, _Array], list[_Area]]:
    """The arrays by name, and the areas. Raises InputError where an area has not two sides."""
    rows = tables.rows(
        "array_structure_list",
        *("index", "dimension", "precedence", "axis_set_id", "array_id", "array_section_id"),
    )
    sides: dict[tuple[str, str], dict[int, tuple[int, str]]] = {}
    whole: dict[str, dict[int, tuple[int, str]]] = {}
    for index, dimension, precedence, axis_set, array, section in rows:
        if section in _NOTHING:
            whole.setdefault(array, {})[int(precedence)] = int(dimension), index
        if axis_set not in _NOTHING:
            name = array if section in _NOTHING else section
            sides.setdefault((array, name), {})[int(precedence)] = int(dimension), axis_set
    areas = [_Area(array, name, found) for (array, name), found in sides.items()]
    if not areas or any(set(area.sides) != {1, 2} for area in areas):
        raise InputError(
            f"{tables.path}: the CBF header describes {len(rows)} array dimensions, needed 2 of each panel"
        )
    return _placed(tables, whole, areas), areas


def _placed(
    tables: Tables, whole: Mapping[str, Mapping[int, tuple[int, str]]], areas: list[_Area]
) -> dict[str, _Array]:
    """The arrays in the order of the binary sections of the file."""
    binary = {array: int(number(i)) for array, i in tables.rows("array_intensities", "array_id", "binary_id")}
    binary |= {array: int(number(i)) for array, i in tables.rows("diffrn_data_frame", "array_id", "binary_id")}
    names = sorted(dict.fromkeys(area.array for area in areas), key=lambda name: binary.get(name, 0))
    arrays: dict[str, _Array] = {}
    row = 0
    for name in names:
        found = whole.get(name, {})
        fast, slow, planes = (found[i][0] if i in found else 1 for i in (1, 2, 3))
        arrays[name] = _Array((fast, slow, planes), {index: i for i, (_, index) in found.items()}, row)
        row += slow * planes
    return arrays


def _section_starts(tables: Tables, arrays: Mapping[str, _Array]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """By array and section: its first pixel along fast, slow and planes."""
    found: dict[tuple[str, str], list[int]] = {}
    for section, array, index, start in tables.rows("array_structure_list_section", "id", "array_id", "index", "start"):
        if array in arrays and index in arrays[array].precedence:
            found.setdefault((array, section), [0, 0, 0])[arrays[array].precedence[index] - 1] = int(number(start)) - 1
    return {key: (x, y, z) for key, (x, y, z) in found.items()}


def _intensities(tables: Tables, overload: float) -> dict[str, tuple[float, tuple[float, float]]]:
    """By array: counts a photon, and the valid counts; an undefined value is none of them."""
    found = {}
    for array, gain, highest, undefined in tables.rows(
        "array_intensities", "array_id", "gain", "overload", "undefined_value"
    ):
        counts_per_photon, nothing = number(gain), number(undefined, -1.0)
        low = nothing + 1.0 if nothing < -1.0 else -1.0
        found[array] = (counts_per_photon if 0 < counts_per_photon < np.inf else 1.0, (low, number(highest, overload)))
    return found


def _panel(tables: Tables, axes: Mapping[str, Axis], area: _Area) -> dict:
    """What the axes of an area say of its panel."""
    pixel_axes = {
        axis_set: (axis, number(start), number(step))
        for axis_set, axis, start, step in tables.rows(
            "array_structure_list_axis", "axis_set_id", "axis_id", "displacement", "displacement_increment"
        )
    }
    sides = area.sides[1][0], area.sides[2][0]
    if not all(1 <= side <= _LONGEST for side in sides):
        raise InputError(f"{tables.path}: the CBF header has a panel of {sides[0]}x{sides[1]} pixels; is it damaged?")
    fast_name, fast_start, fast_step = pixel_axes[area.sides[1][1]]
    slow_name, slow_start, slow_step = pixel_axes[area.sides[2][1]]
    starts = {fast_name: fast_start, slow_name: slow_start}
    placement = _placement(axes, (fast_name, slow_name), starts, tables.path)
    return {
        "fast_axis": placement[fast_name] * np.sign(fast_step),
        "slow_axis": placement[slow_name] * np.sign(slow_step),
        "origin": placement["origin"],
        "image_size": sides,
        "pixel_size": (abs(fast_step), abs(slow_step)),
    }


def _placement(
    axes: Mapping[str, Axis], pixel_axes: tuple[str, str], starts: Mapping[str, float], path: str
) -> dict[str, np.ndarray]:
    """Where the first pixel is (``origin``, mm), and the laboratory directions of the two pixel axes."""
    outermost_first = chain(axes, max(pixel_axes, key=lambda name: len(chain(axes, name, path))), path)[::-1]
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


def frame_of_full(cbf: Cbf) -> Frame:
    """The models of an image with imgCIF header. Raises InputError where the header lacks what the geometry needs."""
    try:
        block = gemmi.cif.read_string(cbf.text).sole_block()
    except (RuntimeError, ValueError) as error:
        raise InputError(f"{cbf.path}: the CBF header is not valid CIF ({str(error).splitlines()[0]})") from None
    try:
        with np.errstate(invalid="raise", divide="raise", over="raise"):
            return _frame(cbf, Tables(cbf.path, block))
    except InputError:
        raise
    except (ArithmeticError, LookupError, ValueError) as error:  # an axis, a row or a number that is not there
        raise InputError(f"{cbf.path}: the imgCIF header makes no sense ({error!r}); is it damaged?") from None


def _frame(cbf: Cbf, tables: Tables) -> Frame:
    mini, check = mini_header(cbf.path, cbf.text), HeaderCheck()
    axes = axes_of(tables)
    wavelength = check.length(WAVELENGTH, number(tables.first("diffrn_radiation_wavelength", "wavelength"), 0.0))
    goniometer, oscillation = _goniometer(tables, axes, check)
    material, thickness = mini.sensor
    detector = Detector(panels_of(tables, axes, mini.number("Count_cutoff", 2.0**31 - 1)))
    return Frame(
        path=cbf.path,
        format="full CBF",
        beam=_beam(axes.values(), wavelength, mini),
        detector=with_sensor(detector, material, thickness, wavelength, mini.lines.get("Detector", "")),
        goniometer=goniometer,
        oscillation=oscillation,
        exposure_time=number(tables.first("diffrn_scan_frame", "integration_time")),
        epoch=mini.epoch,
        missing=check.missing,
        notes=check.notes,
    )


def _beam(axes: Iterable[Axis], wavelength: float, mini: MiniHeader) -> Beam:
    source = [axis.vector for axis in axes if axis.equipment == "source"]
    direction = source[0] / np.linalg.norm(source[0]) if source else np.array([0.0, 0.0, 1.0])
    return Beam(direction=direction, wavelength=wavelength, flux=mini.number("Flux", 0.0))


def _goniometer(
    tables: Tables, axes: Mapping[str, Axis], check: HeaderCheck
) -> tuple[MultiAxisGoniometer | None, tuple[float, float]]:
    """The goniometer, and start and width of the rotation in degrees; None where the header has no axis of one."""
    rotations = [n for n, axis in axes.items() if axis.equipment == "goniometer" and axis.type == "rotation"]
    if not rotations:
        if tables.first("diffrn_measurement", "number_of_axes") != "0":
            check.note(
                "the header has no goniometer: its images are taken as stills; give oscillation=start,width if the "
                "crystal turned",
                OSCILLATION,
            )
        return None, (0.0, 0.0)
    innermost = max(rotations, key=lambda name: len(chain(axes, name, tables.path)))
    order = [name for name in chain(axes, innermost, tables.path) if name in rotations]
    turning = [i for i, name in enumerate(order) if axes[name].increment]
    scan_axis = turning[0] if turning else len(order) - 1
    scanned = axes[order[scan_axis]]
    oscillation = (scanned.setting, scanned.increment)
    vectors, angles = np.array([axes[n].vector for n in order]), np.array([axes[n].setting for n in order])
    return MultiAxisGoniometer(vectors, angles, tuple(order), scan_axis), oscillation
