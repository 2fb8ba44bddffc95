"""What the steps of a recorded run told: ``gnomon.<command>.json`` read again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from gnomon.errors import InputError
from gnomon.io.summary_json import from_json
from gnomon.pipeline import STEPS


def record_in(path: str) -> Mapping[str, Any] | None:
    """The record of a run; None of a file that is none, which may be experiments."""
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "steps" in content and "command" in content else None


def told_in(path: str) -> dict[str, Any]:
    """What each step of a recorded run told, by name; of one that ran several times, for all data or the last time.

    Raises InputError where another version of gnomon wrote it.
    """
    found: dict[str, Any] = {}
    for step in (record_in(path) or {})["steps"]:
        name = step["step"]
        if step["summary"] is None or name not in STEPS:
            continue
        key = f"{step['part']} {name}".strip()
        try:
            found[key] = from_json(STEPS[name].summary_class, step["summary"])
        except (ValueError, KeyError, TypeError) as error:
            told = f"what {name} told is of another version of gnomon ({error})"
            raise InputError(f"{os.path.basename(path)}: {told}; run {name} again") from None
    return found
