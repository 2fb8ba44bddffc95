"""Parameters in words: what each means, its unit, type, default and bounds."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill
from typing import Any, Literal, get_args, get_origin

from gnomon.params import Params


def _bounds(metadata: Iterable[Any]) -> str:
    signs = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))
    return ", ".join(f"{sign} {getattr(m, key)}" for m in metadata for key, sign in signs if hasattr(m, key))


def type_name(annotation: Any) -> str:
    choices = [a for a in (annotation, *get_args(annotation)) if get_origin(a) is Literal]
    if choices:  # with None, where that is one of them
        return ", ".join(str(value) for value in get_args(choices[0]))
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def entry(name: str, meaning: str, notes: str) -> str:
    return f"  {name}\n" + fill(f"{meaning} {notes}", 96, initial_indent="      ", subsequent_indent="      ")


def describe_params(params: type[Params], python: bool = False) -> str:
    """One entry a parameter: dotted name, meaning, [unit; type; default; bounds].

    python: each under the name that it has there, with the dotted one behind it.
    """
    entries = []
    for key, info in params.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        default = "none" if info.default is None else info.default
        notes = [
            str(extra.get("unit") or ""),
            type_name(info.annotation),
            f"default {default}",
            _bounds(info.metadata),
        ]
        name = _name(key, str(extra.get("name") or key), python)
        entries.append(entry(name, info.description or "", f"[{'; '.join(n for n in notes if n)}]"))
    return "\n".join(entries)


def _name(key: str, dotted: str, python: bool) -> str:
    if not python:
        return dotted
    return key if key == dotted else f"{key}  ({dotted})"
