"""results.md: what every step tells, field by field, from the dataclasses of ``steps/<name>/summary.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from gnomon.pipeline import PARTS, STEPS

HEAD = """# Results

Written by generate.py from the summaries of the steps.

What a step tells is its `result.summary` in Python, what its log and page are made of, and `steps[].summary` of the
`gnomon.<command>.json` that every command leaves beside its log. Several sweeps, data sets or shells stand in a
`tuple`; `| None` is what could not be had.
"""


def results_page() -> str:
    """Each step's summary with the classes in it; those of several steps once, at the end."""
    used: dict[type, list[str]] = {}
    for name, stage in {**STEPS, **PARTS}.items():
        for found in _classes(stage.summary_class):
            used.setdefault(found, []).append(name)
    shared = [found for found, names in used.items() if len(names) > 1]
    parts = [HEAD]
    for name, stage in {**STEPS, **PARTS}.items():
        parts.append(f"## {name}\n")
        parts += [_table(found, "###") for found, names in used.items() if names == [name]]
        parts.append(f"Told by `{stage.public_name}`; its decisions are [Decision](#decision)s.\n")
    parts.append("## In several steps\n")
    parts += [_table(found, "###") for found in sorted(shared, key=lambda found: found.__name__)]
    return "\n".join(parts)


def _classes(summary: type) -> Iterator[type]:
    """The class and those of its fields, each once, in the order in which they are met."""
    seen: list[type] = []

    def meet(found: type) -> None:
        if found in seen:
            return
        seen.append(found)
        for hint in get_type_hints(found).values():
            for inner in _inside(hint):
                meet(inner)

    meet(summary)
    yield from seen


def _inside(hint: Any) -> Iterator[type]:
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for argument in get_args(hint):
        yield from _inside(argument)


def _table(found: type, level: str) -> str:
    """One class: its sentence, then a row for each field."""
    rows = [f"{level} {found.__name__}", "", " ".join((found.__doc__ or "").split("\n\n")[0].split()), ""]
    rows += ["| field | type | unit | meaning |", "|---|---|---|---|"]
    for f in fields(found):
        what, unit = f.metadata.get("description", ""), f.metadata.get("unit", "")
        kind = re.sub(r"\b(?:\w+\.)+", "", str(f.type)).replace("|", "\\|")
        rows.append(f"| `{f.name}` | {kind} | {unit} | {what.replace('|', chr(92) + '|')} |")
    return "\n".join([*rows, ""])
