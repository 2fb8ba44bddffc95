"""Models from a full imgCIF header: every axis of goniometer and detector is in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import gemmi
import numpy as np

from gnomon.io.images.cbf import Cbf
from gnomon.io.images.frame import Frame
from gnomon.io.images.imgcif import Axis, Tables, axes_of, chain, number
from gnomon.io.images.mini_header import MiniHeader, mini_header
from gnomon.io.images.modules import gap_rectangles
from gnomon.io.images.sensors import with_sensor
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.step import InputError


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
    mini = mini_header(cbf.path, cbf.text)
    axes = axes_of(tables)
    wavelength = float(tables.value("diffrn_radiation_wavelength", "wavelength"))
    if not 0 < wavelength < np.inf:
        raise InputError(f"{cbf.path}: the CBF header has a wavelength of {wavelength:g} Å; is it damaged?")
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
        exposure_time=number(tables.value("diffrn_scan_frame", "integration_time")),
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
    innermost = max(rotations, key=lambda name: len(chain(axes, name, tables.path)))
    order = [name for name in chain(axes, innermost, tables.path) if name in rotations]
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
        axis_set: (axis, number(start), number(step))
        for axis_set, axis, start, step in tables.rows(
            "array_structure_list_axis", "axis_set_id", "axis_id", "displacement", "displacement_increment"
        )
    }
    fast_name, fast_start, fast_step = pixel_axes[by_precedence["1"][4]]
    slow_name, slow_start, slow_step = pixel_axes[by_precedence["2"][4]]
    starts = {fast_name: fast_start, slow_name: slow_start}
    placement = _placement(axes, (fast_name, slow_name), starts, tables.path)
    size = (int(by_precedence["1"][1]), int(by_precedence["2"][1]))
    overload = number(tables.rows("array_intensities", "overload")[0][0], mini.number("Count_cutoff", 2.0**31 - 1))
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
