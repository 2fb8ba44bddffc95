"""Blank images in words, and as the file that scripts read."""

from __future__ import annotations

from typing import Any

from gnomon.steps.detect_blanks.summary import AlongScan, BlankSearch, DetectBlanksSummary

_LABELS = {"integrated": "mean I/sigma"}


def describe(summary: DetectBlanksSummary) -> str:
    """A line for each kind of reflections, and one for each blank stretch."""
    several = len(summary.experiments) > 1
    return "\n".join(line for one in summary.experiments for line in _lines(one, several))


def _lines(found: BlankSearch, named: bool) -> list[str]:
    lines = [f"Experiment {found.experiment}"] if named else []
    for kind in found.kinds:
        lines.append(f"Analysis of {kind.n} {kind.kind} reflections:")
        lines += [f"Potential blank images: {first} -> {last}" for first, last in kind.blank_images] or [
            "no blank images"
        ]
    return lines or ["no strong, indexed or integrated reflections"]


def blanks_json(summary: DetectBlanksSummary) -> Any:
    """What ``blanks.json`` holds: an object with strong, indexed and integrated; a list of such of several scans."""
    found = [_content(one) for one in summary.experiments]
    return found[0] if len(found) == 1 else found


def _content(one: BlankSearch) -> dict[str, Any]:
    by_kind = {kind.kind: kind for kind in one.kinds}
    return {name: _plot(by_kind[name]) if name in by_kind else None for name in ("strong", "indexed", "integrated")}


def _plot(kind: AlongScan) -> dict[str, Any]:
    """Plotly's data and layout, and the blank regions as half-open ranges of z."""
    middle = [(a + b) / 2 for a, b in zip(kind.low, kind.high)]
    data = {
        "x": middle, "y": list(kind.value), "xlow": list(kind.low), "xhigh": list(kind.high),
        "blank": list(kind.blank), "type": "bar", "name": kind.kind,
    }  # fmt: skip
    label = _LABELS.get(kind.kind, "Number of reflections per image")
    layout = {"xaxis": {"title": "z observed (images)"}, "yaxis": {"title": label}, "bargap": 0}
    return {"data": [data], "layout": layout, "blank_regions": [[first - 1, last] for first, last in kind.blank_images]}
