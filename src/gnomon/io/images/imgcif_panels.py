"""The panels that an imgCIF header describes: arrays of pixels, or sections of them, each on axes of its own.

Hammersley et al., Int. Tables G (2006), 3.7 (categories ARRAY_STRUCTURE_LIST, ARRAY_INTENSITIES); for sections imgCIF
1.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.imgcif import Axis, Tables, chain, number
from gnomon.io.images.modules import gap_rectangles
from gnomon.models.detector import Panel

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
        told, nothing = number(gain), number(undefined, -1.0)
        low = nothing + 1.0 if nothing < -1.0 else -1.0
        found[array] = (told if 0 < told < np.inf else 1.0, (low, number(highest, overload)))
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
