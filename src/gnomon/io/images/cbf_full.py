"""Models from a full imgCIF header: every axis of goniometer and detector is in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.cbf import Cbf
from gnomon.io.images.frame import Frame
from gnomon.io.images.imgcif import Axis, Tables, axes_of, chain, number
from gnomon.io.images.imgcif_panels import panels_of
from gnomon.io.images.mini_header import MiniHeader, mini_header
from gnomon.io.images.sensors import with_sensor
from gnomon.io.images.untold import OSCILLATION, WAVELENGTH, Telling
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.goniometer import MultiAxisGoniometer


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
    mini, telling = mini_header(cbf.path, cbf.text), Telling()
    axes = axes_of(tables)
    wavelength = telling.length(WAVELENGTH, number(tables.first("diffrn_radiation_wavelength", "wavelength"), 0.0))
    goniometer, oscillation = _goniometer(tables, axes, telling)
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
        untold=telling.untold,
        notes=telling.notes,
    )


def _beam(axes: Iterable[Axis], wavelength: float, mini: MiniHeader) -> Beam:
    source = [axis.vector for axis in axes if axis.equipment == "source"]
    direction = source[0] / np.linalg.norm(source[0]) if source else np.array([0.0, 0.0, 1.0])
    return Beam(direction=direction, wavelength=wavelength, flux=mini.number("Flux", 0.0))


def _goniometer(
    tables: Tables, axes: Mapping[str, Axis], telling: Telling
) -> tuple[MultiAxisGoniometer | None, tuple[float, float]]:
    """The goniometer, and start and width of the rotation in degrees; None where the header has no axis of one."""
    rotations = [n for n, axis in axes.items() if axis.equipment == "goniometer" and axis.type == "rotation"]
    if not rotations:
        if tables.first("diffrn_measurement", "number_of_axes") != "0":
            telling.says(
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
