"""Goniometers on disk: single- and multi-axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.io.expt_models.fields import Fields, flat
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer

_IDENTITY = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]


def from_json(content: Any) -> AnyGoniometer:
    """The goniometer: multi-axis where there are ``axes``. Files before DIALS 1.3 have no setting rotation."""
    f = Fields("goniometer", content)
    points = f.array("setting_rotation_at_scan_points", (-1, 3, 3), None)
    if "axes" in f.rest:
        axes, angles, names, scan_axis = f.array("axes", (-1, 3)), f.array("angles", (-1,)), f.texts("names"), 0
        scan_axis = f.whole("scan_axis")
        return MultiAxisGoniometer(axes, angles, names, scan_axis, points, f.rest)
    axis = f.array("rotation_axis", (3,))
    fixed = f.array("fixed_rotation", (3, 3), _IDENTITY)
    return Goniometer(axis, fixed, f.array("setting_rotation", (3, 3), _IDENTITY), points, f.rest)


def to_json(goniometer: AnyGoniometer) -> dict[str, Any]:
    """The keys of DIALS."""
    if isinstance(goniometer, MultiAxisGoniometer):
        content: dict[str, Any] = {
            "axes": np.asarray(goniometer.axes).tolist(),
            "angles": flat(goniometer.angles),
            "names": list(goniometer.names),
            "scan_axis": int(goniometer.scan_axis),
        }
    else:
        content = {
            "rotation_axis": flat(goniometer.rotation_axis),
            "fixed_rotation": flat(goniometer.fixed_rotation),
            "setting_rotation": flat(goniometer.setting_rotation),
        }
    if goniometer.setting_rotation_at_scan_points is not None:
        points = goniometer.setting_rotation_at_scan_points
        content["setting_rotation_at_scan_points"] = np.reshape(points, (-1, 9)).tolist()
    return {**content, **goniometer.extra}
