"""``datablock.json``, in which DIALS before 2.0 kept imported images, as an experiment list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MODELS = ("beam", "detector", "goniometer", "scan")


def as_experiment_list(content: Any) -> dict[str, Any] | None:
    """The content of an ``.expt`` file that says the same, an experiment a set of images; None for other content.

    Image sets, which named their models there, are named beside them here; numbers count on from block to block.
    """
    if not (isinstance(content, list) and content and all(_is_block(block) for block in content)):
        return None
    found: dict[str, Any] = {"__id__": "ExperimentList", "experiment": [], "imageset": []}
    for block in content:
        starts = {key: len(found.setdefault(key, [])) for key in _MODELS}
        for key in _MODELS:
            found[key] += block.get(key) or []
        for images in block.get("imageset") or []:
            models = {key: images[key] + starts[key] for key in _MODELS if isinstance(images.get(key), int)}
            entry = {"__id__": "Experiment", "identifier": "", **models, "imageset": len(found["imageset"])}
            found["experiment"].append(entry)
            found["imageset"].append({key: value for key, value in images.items() if key not in _MODELS})
    return found


def _is_block(block: Any) -> bool:
    return isinstance(block, Mapping) and block.get("__id__") == "DataBlock"
