"""Summaries as JSON and back: dataclasses are objects, tuples are lists; "nan", "inf" and "-inf" are words."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Json = None | bool | int | float | str | list[Any] | dict[str, Any]

_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def to_json(value: object) -> Json:
    """What JSON can hold of a summary. Raises TypeError for what is no part of one, as an array."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    raise TypeError(f"a summary holds numbers, words, tuples, mappings and dataclasses, not {type(value).__name__}")


def _number(value: float) -> float | str:
    return float(value) if math.isfinite(value) else str(float(value))


def from_json(kind: type[T], content: Any) -> T:
    """The summary of a class that :func:`to_json` wrote. Raises ValueError where it is of another."""
    return cast(T, _read(kind, content))


def _read(kind: Any, content: Any) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(args, content)
    if dataclasses.is_dataclass(kind):
        return _object(cast(type, kind), content)
    if origin is tuple:
        return _tuple(args, content)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_key(args[0], key): _read(args[1], item) for key, item in content.items()}
    if origin is Literal or kind is Any:
        return content
    return _plain(kind, content)


def _object(kind: type, content: Any) -> Any:
    """The dataclass, from an object with all its fields."""
    hints = _hints(kind)
    names = [f.name for f in dataclasses.fields(kind) if f.init]
    if not isinstance(content, dict) or set(content) != set(names):
        raise ValueError(f"no {kind.__name__}: its fields are {', '.join(names)}")
    return kind(**{name: _read(hints[name], content[name]) for name in names})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _tuple(args: tuple[Any, ...], content: Any) -> tuple[Any, ...]:
    if not isinstance(content, list):
        raise ValueError("a list is needed")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_read(args[0], item) for item in content)
    if len(args) != len(content):
        raise ValueError(f"{len(args)} values are needed, found {len(content)}")
    return tuple(_read(kind, item) for kind, item in zip(args, content))


def _key(kind: Any, key: str) -> Any:
    """A mapping's key, which JSON has as a word."""
    return int(key) if kind is int else key


def _one_of(kinds: tuple[Any, ...], content: Any) -> Any:
    """The first of the kinds that the content is of; null is None where that is one of them."""
    if content is None and type(None) in kinds:
        return None
    failures = []
    for kind in sorted((k for k in kinds if k is not type(None)), key=lambda k: k is float):  # 3 is an int first
        try:
            return _read(kind, content)
        except ValueError as error:
            failures.append(str(error))
    raise ValueError("; ".join(failures))


def _plain(kind: Any, content: Any) -> Any:
    """A number or a word."""
    if kind is float:
        if isinstance(content, str) and content in _NOT_FINITE:
            return _NOT_FINITE[content]
        if isinstance(content, int | float) and not isinstance(content, bool):
            return float(content)
    elif (kind is bool or not isinstance(content, bool)) and isinstance(content, kind):
        return content
    raise ValueError(f"{kind.__name__} is needed, found {content!r}")
