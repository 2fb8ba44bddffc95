"""The page of the functions of Python, of their signatures and help."""

from __future__ import annotations

from inspect import signature

import gnomon
from gnomon.public import PUBLIC


def api_page() -> str:
    """Every public name: functions of steps with their parameters, then readers, writers and classes."""
    parts = [
        "# From Python",
        "",
        "Written by generate.py from the declarations of steps; `help(gnomon.scale)` tells the same.",
        "",
    ]
    for name, function in PUBLIC.items():
        data = [f"{p.name}" for p in signature(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
        summary = (function.__doc__ or "").splitlines()[0]
        parts += [f"## gnomon.{name}", "", f"`gnomon.{name}({', '.join(data)}, *, ...)`: {summary}", ""]
        parts += [
            f"Parameters by name are those of [gnomon {function.name}](parameters.md#gnomon-{function.name}):",
            "",
        ]
        own = [p for p in signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY and p.name != "context"]
        parts += [", ".join(f"`{p.name}={p.default!r}`" for p in own) or "none", ""]
    parts += ["## Other names", "", "| name | what it is |", "|---|---|"]
    for name in gnomon.__all__:
        if name not in PUBLIC:
            parts.append(f"| `gnomon.{name}` | {(getattr(gnomon, name).__doc__ or '').strip().splitlines()[0]} |")
    return "\n".join([*parts, ""])
