"""Beams on disk."""

from __future__ import annotations

from typing import Any

from gnomon.io.expt_models.fields import REQUIRED, Fields, flat
from gnomon.models.beam import Beam


def from_json(content: Any) -> Beam:
    """The beam; of a polychromatic one the wavelength is the middle of its range."""
    f = Fields("beam", content)
    low, high = f.pair("wavelength_range", float) if "wavelength_range" in f.rest else (0.0, 0.0)
    if high:
        f.rest["wavelength_range"] = [low, high]  # goes out as it came in
    return Beam(
        direction=f.array("direction", (3,)),
        wavelength=f.number("wavelength", (low + high) / 2 if high else REQUIRED),
        divergence=f.number("divergence", 0.0),
        sigma_divergence=f.number("sigma_divergence", 0.0),
        polarization_normal=f.array("polarization_normal", (3,), [0.0, 1.0, 0.0]),
        polarization_fraction=f.number("polarization_fraction", 0.999),
        flux=f.number("flux", 0.0),
        transmission=f.number("transmission", 1.0),
        probe=f.text("probe", "x-ray"),
        sample_to_source_distance=f.number("sample_to_source_distance", 0.0),
        s0_at_scan_points=f.array("s0_at_scan_points", (-1, 3), None),
        extra=f.rest,
    )


def to_json(beam: Beam) -> dict[str, Any]:
    """The keys of DIALS; those its version 3.12 does not know only where they say something."""
    content: dict[str, Any] = {
        "direction": flat(beam.direction),
        "wavelength": beam.wavelength,
        "divergence": beam.divergence,
        "sigma_divergence": beam.sigma_divergence,
        "polarization_normal": flat(beam.polarization_normal),
        "polarization_fraction": beam.polarization_fraction,
        "flux": beam.flux,
        "transmission": beam.transmission,
        **beam.extra,
    }
    if beam.probe != "x-ray":
        content["probe"] = beam.probe
    if beam.sample_to_source_distance:
        content["sample_to_source_distance"] = beam.sample_to_source_distance
    if beam.s0_at_scan_points is not None:
        content["s0_at_scan_points"] = beam.s0_at_scan_points.tolist()
    if "wavelength_range" in beam.extra:
        del content["wavelength"]
    return content
