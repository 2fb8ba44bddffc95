"""That a summary holds nothing but what JSON can, in frozen dataclasses, each field with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

PLAIN = (str, int, float, bool, type(None))


def assert_plain(value: Any, where: str = "summary") -> None:
    """Fail where a value is no str, int, float, bool, None, tuple, mapping or documented frozen dataclass of these."""
    if is_dataclass(value):
        assert type(value).__dataclass_params__.frozen, where
        for f in fields(value):
            assert f.metadata.get("description") or f.name == "link", f"{where}.{f.name} has no meaning"
            assert_plain(getattr(value, f.name), f"{where}.{f.name}")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            assert type(key) is str, where
            assert_plain(one, f"{where}[{key}]")
    elif type(value) is tuple:
        for i, one in enumerate(value):
            assert_plain(one, f"{where}[{i}]")
    else:
        assert type(value) in PLAIN, f"{where} is {type(value).__name__}"
