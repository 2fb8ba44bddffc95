"""What an experiment list and a reflection table hold, in readable text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gnomon.maths.geometry.resolutions import resolution_limits
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import AnyGoniometer, MultiAxisGoniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.model import Key, key_of
from gnomon.models.profile import GaussianProfile, OpaqueModel
from gnomon.models.scaling_model import ScalingModel
from gnomon.models.scan import Scan
from gnomon.models.valid_images import in_words
from gnomon.report.numbers import braced
from gnomon.report.show_crystal import crystal_lines
from gnomon.report.show_detector import beam_centre, panel_lines
from gnomon.report.show_list import experiment_table, first_of_each_model

_MANY = 8
"""Experiments from which on a table replaces the full text of each."""


def describe_experiments(experiments: Experiments, full: bool = False) -> str:
    """The models of every experiment; a model met before is named by the experiment that showed it first.

    Of more than eight, unless ``full``: the different beams, detectors and goniometers, and a line an experiment.
    """
    shown: dict[Key | None, int] = {}
    if full or len(experiments) <= _MANY:
        blocks = [_experiment(i, e, shown) for i, e in enumerate(experiments)]
    else:
        firsts = first_of_each_model(experiments)
        blocks = [_experiment(i, e.replace(crystal=None, scaling_model=None), shown) for i, e in firsts[:_MANY]]
        if len(firsts) > _MANY:
            blocks.append(f"and {len(firsts) - _MANY} more with a beam, detector or goniometer of their own")
        blocks += [experiment_table(experiments), "full=true shows every model of every experiment"]
    if experiments.history:
        blocks.append("\n".join(["History:", *(f"    {line}" for line in experiments.history)]))
    return "\n\n".join(blocks)


def _experiment(number: int, e: Experiment, shown: dict[Key | None, int]) -> str:
    lines = [f"Experiment {number}:", f"Experiment identifier: {e.identifier or '(none)'}"]
    lines += _images(e.images)
    models: tuple[tuple[str, Any, Callable[[Any], list[str]]], ...] = (
        ("Beam", e.beam, _beam),
        ("Detector", e.detector, _detector),
        ("Goniometer", e.goniometer, _goniometer),
        ("Scan", e.scan, _scan),
        ("Crystal", e.crystal, crystal_lines),
        ("Profile model", e.profile, _profile),
        ("Scaling model", e.scaling_model, _scaling),
    )
    for name, model, describe in models:
        if model is None:
            continue
        first = shown.setdefault(key_of(model), number)
        told = describe(model) if first == number else [f"shared with experiment {first}"]
        margin = "" if name == "Detector" and first == number else "    "
        lines += [f"{name}:", *(f"{margin}{line}" for line in told)]
        if name == "Detector":
            lines += _seen_by(e.detector, e.beam)
    return "\n".join(lines)


def _images(images: ImageSet | None) -> list[str]:
    if images is None:
        return []
    more = f" and {len(images.paths) - 1} more" if len(images.paths) > 1 else ""
    lines = [f"Image template: {images.template}" if images.template else f"Images: {images.paths[0]}{more}"]
    if images.mask:
        lines.append(f"Mask: {images.mask}")
    n_parts = images.shadowing_parts
    return [*lines, f"Shadows: of {n_parts} parts of the goniometer, left out of every image"] if n_parts else lines


def _beam(beam: Beam) -> list[str]:
    probe = [] if beam.probe == "x-ray" else [f"probe: {beam.probe}"]
    varying = beam.s0_at_scan_points
    return [
        *probe,
        f"wavelength: {beam.wavelength:.6g}",
        f"sample to source direction : {braced(beam.direction)}",
        f"polarization normal: {braced(beam.polarization_normal)}",
        f"polarization fraction: {beam.polarization_fraction:g}",
        *([] if varying is None else [f"s0 at {len(varying)} scan points"]),
    ]


def _detector(detector: Detector) -> list[str]:
    return [line for i in range(len(detector)) for line in panel_lines(detector, i)]


def _seen_by(detector: Detector, beam: Beam) -> list[str]:
    """Beam centre and resolution: what the detector sees of this beam."""
    found = beam_centre(detector, beam)
    lines = ["Beam centre: on no panel"]
    if found is not None:
        panel, mm, px = found
        where = [f"    panel: {panel}"] if len(detector) > 1 else []
        lines = ["Beam centre: ", *where, f"    mm: ({mm[0]:.2f},{mm[1]:.2f})", f"    px: ({px[0]:.2f},{px[1]:.2f})"]
    corner, inscribed = resolution_limits(detector, beam)
    nearest = [] if inscribed is None else [f"Max resolution (inscribed):  {inscribed:.6f}"]
    return [f"Max resolution (at corners): {corner:.6f}", *nearest, *lines]


def _goniometer(goniometer: AnyGoniometer) -> list[str]:
    lines = [
        f"Rotation axis:   {braced(goniometer.rotation_axis)}",
        f"Fixed rotation:  {braced(goniometer.fixed_rotation.ravel())}",
        f"Setting rotation:{braced(goniometer.setting_rotation.ravel())}",
    ]
    if isinstance(goniometer, MultiAxisGoniometer):
        lines += [
            f"Axis #{i} ({name}):  {braced(axis)}"
            for i, (name, axis) in enumerate(zip(goniometer.names, goniometer.axes))
        ]
        lines.append(f"Angles: {braced(goniometer.angles).strip('{}')}")
        lines.append(f"scan axis: #{goniometer.scan_axis} ({goniometer.names[goniometer.scan_axis]})")
    return lines


def _scan(scan: Scan) -> list[str]:
    start, width = scan.oscillation
    exposure = scan.exposure_time
    return [
        f"number of images:   {scan.n_images}",
        f"image range:   {braced(scan.image_range)}",
        f"oscillation:   {braced((start, width))}",
        *([] if exposure is None or not len(exposure) else [f"exposure time: {exposure[0]:g}"]),
        *dict.fromkeys(
            f"only {in_words(scan.valid_ranges(name))} count"
            for name in scan.valid_image_ranges
            if scan.valid_ranges(name) != (scan.image_range,)
        ),
    ]


def _profile(profile: GaussianProfile | OpaqueModel) -> list[str]:
    if isinstance(profile, OpaqueModel):
        return [f"type: {profile.content.get('__id__', 'unknown')}"]
    b, m, n = np.mean(profile.sigma_b), np.mean(profile.sigma_m), profile.n_sigma
    varying = ", mean over the scan" if np.ndim(profile.sigma_b) else ""
    return [
        "type: gaussian_rs",
        f"delta_b (sigma_b): {n * b:.6f} ({b:.6f}){varying}",
        f"delta_m (sigma_m): {n * m:.6f} ({m:.6f}){varying}",
    ]


def _scaling(model: ScalingModel | OpaqueModel) -> list[str]:
    if isinstance(model, OpaqueModel):
        return [f"type: {model.content.get('__id__', 'unknown')}"]
    lines = [f"type : {model.kind}{'' if model.is_scaled else ', not yet scaled'}"]
    for name, component in model.components.items():
        p = component.parameters
        lines.append(f"{name}: {len(p)} parameters, {p.min():.4g} to {p.max():.4g}")
    return lines
