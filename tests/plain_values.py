"""That a summary holds nothing but what JSON can, in frozen dataclasses, each field with its meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from gnomon.io.summary_json import from_json, to_json

PLAIN = (str, int, float, bool, type(None))


def assert_plain(summary: Any) -> None:
    """Fail where a summary has fields without meaning, or other values than declared, or does not survive JSON."""
    _assert_values(summary, "summary")
    written = json.dumps(to_json(summary), allow_nan=False)
    assert json.dumps(to_json(from_json(type(summary), json.loads(written))), allow_nan=False) == written


def _assert_values(value: Any, where: str) -> None:
    """Fail where a value is no str, int, float, bool, None, tuple, mapping or documented frozen dataclass of these."""
    if is_dataclass(value):
        assert type(value).__dataclass_params__.frozen, where
        for f in fields(value):
            assert f.metadata.get("description") or f.name == "link", f"{where}.{f.name} has no meaning"
            _assert_values(getattr(value, f.name), f"{where}.{f.name}")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            assert type(key) is str, where
            _assert_values(one, f"{where}[{key}]")
    elif type(value) is tuple:
        for i, one in enumerate(value):
            _assert_values(one, f"{where}[{i}]")
    else:
        assert type(value) in PLAIN, f"{where} is {type(value).__name__}"
