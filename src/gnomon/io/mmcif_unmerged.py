"""The block of unmerged data in an mmCIF: ``_diffrn_refln``, with the geometry of each sweep."""

from __future__ import annotations

import numpy as np

from gnomon.io.cif_text import Value, columns_loop, loop
from gnomon.io.mmcif_context import beginning, cell_and_symmetry, programs, radiation
from gnomon.maths.data_sets.data_set import grouped_wavelengths
from gnomon.models.experiment import Experiment
from gnomon.models.model import key_of
from gnomon.models.unmerged import UnmergedData

_FRAME = "x, y, z in mm: origin at the sample, the source along "


def unmerged_block(data: UnmergedData, wavelength_tolerance: float = 1e-4) -> str:
    """The block, a ``_diffrn`` for each sweep, under the original indices."""
    sweeps = list(data.experiments)
    wavelengths, numbers = grouped_wavelengths([e.beam.wavelength for e in sweeps], wavelength_tolerance)
    crystals = list(dict.fromkeys(key_of(e.crystal) for e in sweeps))
    details = "scaled unmerged data" if data.scaled else "integrated data, on no common scale"
    rows: list[dict[str, Value]] = [
        {"id": str(i), "crystal_id": str(crystals.index(key_of(e.crystal)) + 1), "details": details}
        for i, e in enumerate(sweeps, start=1)
    ]
    probe = sweeps[0].beam.probe
    parts = [
        beginning("unmerged", probe),
        programs(data.experiments.history),
        loop("exptl_crystal", [{"id": str(i + 1)} for i in range(len(crystals))]),
        loop("diffrn", rows),
        radiation(wavelengths, numbers, probe, [2 * e.beam.polarization_fraction - 1 for e in sweeps]),
        _instruments(sweeps),
        _orientations(data),
        cell_and_symmetry(data.cell, data.hall_symbol),
        columns_loop("diffrn_refln", _columns(data)),
    ]
    return "".join(parts)


def _vector(values: np.ndarray) -> str:
    return "(" + ", ".join(f"{v:.6g}" for v in values) + ")"


def _instruments(sweeps: list[Experiment]) -> str:
    """Detector and rotation of each sweep."""
    measured, detectors = [], []
    for i, e in enumerate(sweeps, start=1):
        measured.append({"diffrn_id": str(i), "method": "stills" if e.is_still else "rotation", "details": _scan(e)})
        detectors.append({"diffrn_id": str(i), "details": _detector(e)})
    return loop("diffrn_measurement", measured) + loop("diffrn_detector", detectors)


def _scan(e: Experiment) -> str:
    """The images and angles of a sweep, in words."""
    if e.scan is None or e.goniometer is None:
        return "one image, not rotated"
    (first, last), (start, width) = e.scan.image_range, e.scan.oscillation
    end = start + width * (last - first + 1)
    axis = _vector(e.goniometer.lab_axis)
    return f"images {first}-{last}, rotation {start:.4f} to {end:.4f} degrees by {width:.4f} about {axis}"


def _detector(e: Experiment) -> str:
    """The first panel of a detector, in words, and the frame in which it stands."""
    panels = e.detector.panels
    fast, slow, origin = e.detector.frames[0].T
    (nx, ny), (qx, qy) = panels[0].image_size, panels[0].pixel_size
    more = f", first of {len(panels)} panels" if len(panels) > 1 else ""
    return (
        f"{nx} x {ny} pixels of {qx:.6g} x {qy:.6g} mm, origin {_vector(origin)}, fast axis {_vector(fast)}, "
        f"slow axis {_vector(slow)}{more}; {_FRAME}{_vector(e.beam.direction)}"
    )


_UB = (
    "UB in reciprocal Angstrom: a point h lies at R UB h, R the rotation by _diffrn_refln.pdbx_scan_angle about the "
    "axis of _diffrn_measurement.details, in the frame of _diffrn_detector.details"
)


def _orientations(data: UnmergedData) -> str:
    """The orientation matrix at angle 0 of each sweep whose crystal's orientation is known."""
    rows: list[dict[str, Value]] = []
    for i, e in enumerate(data.experiments):
        if data.unoriented(i):
            continue
        UB = e.needed_crystal.A
        if e.goniometer is not None:
            UB = e.goniometer.setting_rotation @ e.goniometer.fixed_rotation @ UB
        elements = {f"UB[{r + 1}][{c + 1}]": f"{UB[r, c]:.8f}" for r in range(3) for c in range(3)}
        rows.append({"diffrn_id": str(i + 1), "type": _UB, **elements})
    return loop("diffrn_orient_matrix", rows)


def _columns(data: UnmergedData) -> dict[str, np.ndarray]:
    """The columns of ``_diffrn_refln``, sorted by index; what was divided out is told as the factor multiplied."""
    columns = {"diffrn_id": data.experiment + 1}
    columns |= {f"index_{name}": data.hkl[:, i] for i, name in enumerate("hkl")}
    columns |= {"intensity_net": data.intensity, "intensity_sigma": data.sigma}
    if data.scale is not None:
        columns["pdbx_scale_value"] = 1 / data.scale
    columns |= {"pdbx_image_id": data.image, "pdbx_scan_angle": data.phi}
    columns |= {"pdbx_detector_x": data.xyz[:, 0], "pdbx_detector_y": data.xyz[:, 1]}
    order = np.lexsort((data.image, data.experiment, *data.hkl.T[::-1]))
    sorted_ = {name: np.asarray(values)[order] for name, values in columns.items()}
    return {"diffrn_id": sorted_.pop("diffrn_id"), "id": np.arange(1, len(data) + 1), **sorted_}
