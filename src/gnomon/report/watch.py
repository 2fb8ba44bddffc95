"""Images as they arrive: a line each, and what to say at the end; as text and as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gnomon.report.spot_counts_per_image import HEADERS, all_images, cells
from gnomon.steps.spot_counts_per_image.summary import ImageCounts, SweepCounts

_WIDTHS = (8, 7, 11, 11, 9, 3)
_MOST = 20  # numbers of missing images that are told


def heading() -> str:
    """The first line."""
    return _line(HEADERS)


def row(name: str, number: int, counts: ImageCounts | None, error: str) -> str:
    """A line for one image; of one that could not be judged, why."""
    if counts is None:
        return f"{number:>{_WIDTHS[0]}}  {name}: {error}"
    return _line(cells(number, counts.n_spots, counts.n_spots_no_ice, counts.total_intensity, counts.d_min, counts.ice))


def record(path: str, number: int, counts: ImageCounts | None, error: str, behind: float) -> str:
    """A line of JSON for one image; behind: s from its last write to its counts."""
    told: dict[str, Any] = {
        "image": number,
        "path": path,
        **(asdict(counts) if counts else {}),
        "seconds_behind": round(behind, 3),
    }
    return json.dumps({**told, "error": error} if error else told)


def closing_record(ending: str, n_images: int, missing: Mapping[str, Sequence[int]], damaged: Mapping[str, str]) -> str:
    """The last line of JSON."""
    told = {"end": ending, "images": n_images, "missing": missing, "damaged": damaged}
    return json.dumps(told)


def closing(ending: str, counts: SweepCounts, missing: Mapping[str, Sequence[int]], damaged: Mapping[str, str]) -> str:
    """Why it ended, all images in a line, and which never came or never were whole."""
    lines = [f"ended: {ending}", all_images(counts) if counts.n_spots else "no image was read"]
    for template, numbers in missing.items():
        if numbers:
            listed = ", ".join(map(str, numbers[:_MOST])) + (", ..." if len(numbers) > _MOST else "")
            lines.append(f"never came: {len(numbers)} of {os.path.basename(template)}: {listed}")
    lines += [f"never whole: {reason}" for reason in damaged.values()]
    return "\n".join(lines)


def _line(values: Sequence[str]) -> str:
    return "  ".join(value.rjust(width) for value, width in zip(values, _WIDTHS)).rstrip()
