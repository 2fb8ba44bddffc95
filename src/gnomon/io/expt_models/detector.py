"""Detectors on disk: panels, and the hierarchy of groups they hang in."""

from __future__ import annotations

from typing import Any

from gnomon.errors import InputError
from gnomon.io.expt_models.fields import Fields, flat
from gnomon.io.expt_schema import AGAIN
from gnomon.models.detector import PX_MM_STRATEGIES, SIMPLE, Detector, Panel, PanelGroup

_DEEPEST = 50  # groups of panels within groups


def from_json(content: Any) -> Detector:
    """The detector."""
    f = Fields("detector", content)
    panels = tuple(_panel(p) for p in f.items("panels"))
    hierarchy = f.take("hierarchy", None)
    return Detector(panels, _group(hierarchy, len(panels)) if hierarchy else None, f.rest)


def to_json(detector: Detector) -> dict[str, Any]:
    """The keys of DIALS."""
    content: dict[str, Any] = {"panels": [_panel_to_json(p) for p in detector.panels], **detector.extra}
    if detector.hierarchy is not None:
        content["hierarchy"] = _group_to_json(detector.hierarchy)
    return content


def _panel(content: Any) -> Panel:
    f = Fields("detector panel", content)
    strategy = f.mapping("px_mm_strategy") or {"type": SIMPLE}
    if strategy.get("type") not in PX_MM_STRATEGIES:
        raise f.wrong("px_mm_strategy", strategy, f"one of the types {', '.join(PX_MM_STRATEGIES)}")
    if len(strategy) > 1:
        f.rest["px_mm_strategy"] = strategy
    return Panel(
        fast_axis=f.array("fast_axis", (3,)),
        slow_axis=f.array("slow_axis", (3,)),
        origin=f.array("origin", (3,)),
        image_size=f.pair("image_size", int),
        pixel_size=f.pair("pixel_size", float),
        trusted_range=f.pair("trusted_range", float, (0.0, 65535.0)),
        name=f.text("name", "Panel"),
        type=f.text("type", "SENSOR_UNKNOWN"),
        thickness=f.number("thickness", 0.0),
        material=f.text("material", ""),
        mu=f.number("mu", 0.0),
        gain=f.number("gain", 1.0),
        pedestal=f.number("pedestal", 0.0),
        raw_image_offset=f.pair("raw_image_offset", int, (0, 0)),
        identifier=f.text("identifier", ""),
        mask=_rectangles(f),
        px_mm_strategy=strategy["type"],
        extra=f.rest,
    )


def _panel_to_json(panel: Panel) -> dict[str, Any]:
    return {
        "name": panel.name,
        "type": panel.type,
        "fast_axis": flat(panel.fast_axis),
        "slow_axis": flat(panel.slow_axis),
        "origin": flat(panel.origin),
        "raw_image_offset": list(panel.raw_image_offset),
        "image_size": [int(n) for n in panel.image_size],
        "pixel_size": [float(s) for s in panel.pixel_size],
        "trusted_range": [float(v) for v in panel.trusted_range],
        "thickness": float(panel.thickness),
        "material": panel.material,
        "mu": float(panel.mu),
        "identifier": panel.identifier,
        "mask": [[int(v) for v in rectangle] for rectangle in panel.mask],
        "gain": float(panel.gain),
        "pedestal": float(panel.pedestal),
        "px_mm_strategy": {"type": panel.px_mm_strategy},
        **panel.extra,
    }


_EMPTY_GROUP: dict[str, Any] = {
    "name": "",
    "type": "",
    "raw_image_offset": [0, 0],
    "image_size": [0, 0],
    "pixel_size": [0.0, 0.0],
    "trusted_range": [0.0, 0.0],
    "thickness": 0.0,
    "material": "",
    "mu": 0.0,
    "identifier": "",
    "mask": [],
    "gain": 1.0,
    "pedestal": 0.0,
    "px_mm_strategy": {"type": SIMPLE},
}
"""What DIALS expects of a group that is no panel."""


def _rectangles(f: Fields) -> tuple[tuple[int, int, int, int], ...]:
    rows = f.array("mask", (-1, 4), [])
    return tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in rows.tolist())


def _child(content: Any, panels: int, depth: int) -> PanelGroup | int:
    if not isinstance(content, dict) or "panel" not in content:
        return _group(content, panels, depth + 1)
    number = Fields("detector hierarchy", content).whole("panel")
    if not 0 <= number < panels:
        raise InputError(f"detector hierarchy: names panel {number} of {panels}, counted from 0; {AGAIN}")
    return number


def _group(content: Any, panels: int, depth: int = 0) -> PanelGroup:
    """The group at ``depth`` of the hierarchy of a detector of so many panels."""
    if depth > _DEEPEST:
        raise InputError(f"detector hierarchy: groups within {_DEEPEST} groups; {AGAIN}")
    f = Fields("detector hierarchy", content)
    children = tuple(_child(c, panels, depth) for c in f.items("children"))
    fast, slow, origin = (f.array(name, (3,)) for name in ("fast_axis", "slow_axis", "origin"))
    return PanelGroup(fast, slow, origin, children, f.rest)


def _group_to_json(group: PanelGroup) -> dict[str, Any]:
    return {
        **_EMPTY_GROUP,
        **group.extra,
        "fast_axis": flat(group.fast_axis),
        "slow_axis": flat(group.slow_axis),
        "origin": flat(group.origin),
        "children": [_group_to_json(c) if isinstance(c, PanelGroup) else {"panel": c} for c in group.children],
    }
