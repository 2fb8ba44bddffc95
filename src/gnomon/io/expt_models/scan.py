"""Scans on disk: written as DIALS 3.12 has them; its newer ``properties`` are read too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnomon.io.expt_models.fields import Fields
from gnomon.models.scan import Scan


def from_json(content: Any) -> Scan:
    """The scan, of either style."""
    f = Fields("scan", content)
    first, last = f.pair("image_range", int)
    properties = f.take("properties", None)
    if properties is None:
        oscillation = f.pair("oscillation", float, (0.0, 0.0))
        exposure, epochs = f.array("exposure_time", (-1,), None), f.array("epochs", (-1,), None)
    else:
        p = Fields("scan properties", properties)
        oscillation = _oscillation(p)
        exposure, epochs = p.array("exposure_time", (-1,), None), p.array("epochs", (-1,), None)
        if p.rest:
            f.rest["properties"] = p.rest
    return Scan(
        image_range=(first, last),
        oscillation=oscillation,
        exposure_time=exposure,
        epochs=epochs,
        batch_offset=f.whole("batch_offset", 0),
        valid_image_ranges=_ranges(f),
        extra=f.rest,
    )


def to_json(scan: Scan) -> dict[str, Any]:
    """The keys of DIALS 3.12."""
    zeros = np.zeros(scan.n_images)
    return {
        "image_range": [int(n) for n in scan.image_range],
        "batch_offset": int(scan.batch_offset),
        "oscillation": [float(v) for v in scan.oscillation],
        "exposure_time": (zeros if scan.exposure_time is None else scan.exposure_time).tolist(),
        "epochs": (zeros if scan.epochs is None else scan.epochs).tolist(),
        "valid_image_ranges": dict(scan.valid_image_ranges),
        **scan.extra,
    }


def _ranges(f: Fields) -> Mapping[str, Any]:
    """By identifier, the stretches of images that count, each of a first and a last."""
    given = f.mapping("valid_image_ranges")
    for name, pairs in given.items():
        Fields("scan", {"valid_image_ranges": pairs or []}).array("valid_image_ranges", (-1, 2))
        if pairs is None or pairs == []:
            continue
        if not all(isinstance(pair, (list, tuple)) for pair in pairs):
            raise f.wrong("valid_image_ranges", {name: pairs}, "pairs of images")
    return given


def _oscillation(p: Fields) -> tuple[float, float]:
    """Start and width (degrees) from start angles per image.

    The width comes from the end points: adjacent differences lose digits.
    """
    width = p.array("oscillation_width", (-1,), None)
    starts = p.array("oscillation", (-1,), (0.0,))
    if len(starts) > 1:
        return float(starts[0]), float((starts[-1] - starts[0]) / (len(starts) - 1))
    first_width = width[0] if width is not None and len(width) else 0.0
    if not len(starts):
        raise p.wrong("oscillation", [], "a start angle")
    return float(starts[0]), float(first_width)
