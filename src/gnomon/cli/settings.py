"""What a command is set to, as PHIL: all of it (``-c``), or what differs from the defaults (at the start of a run)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any, NamedTuple

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS
from gnomon.cli.typed import Typed
from gnomon.cli.values import written
from gnomon.params import Params
from gnomon.pipeline import STEPS

_MOST_WORDS = 12
"""Names of images that are told one by one: more would push the parameters off the screen."""
_TABLES = {"input.experiments": EXPERIMENTS, "input.reflections": REFLECTIONS}


class Setting(NamedTuple):
    """A parameter by its full name, as it is set and as it is by itself."""

    name: str
    value: Any
    default: Any
    annotation: Any
    meaning: str


def settings_of(typed: Typed) -> list[Setting]:
    """All that a command can be told: what is read, its parameters, what is written, how it runs."""
    tables = [
        Setting(
            name, tuple(w for w in typed.words if w.lower().endswith(endings)), (), tuple[str, ...], "files to read"
        )
        for name, endings in _TABLES.items()
    ]
    written_files = (
        Setting(name, _named(typed.outputs[kind]), _named(default), str | None, "file name; None for none")
        for name, kind, default in typed.command.output_options
    )
    return [*tables, *_declared(typed.params), *written_files, *_declared(typed.run)]


def _named(path: str | None) -> str | None:
    """The name of a file, or how PHIL says that it is made of the input's."""
    return "Auto" if path == "" else path


def _declared(params: Params) -> Iterator[Setting]:
    for key, info in type(params).model_fields.items():
        if isinstance(getattr(params, key), dict):  # of single steps
            yield from _of_steps(getattr(params, key))
            continue
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        unit = f" [{extra['unit']}]" if extra.get("unit") else ""
        default = info.get_default(call_default_factory=True)
        yield Setting(
            str(extra.get("name") or key), getattr(params, key), default, info.annotation,
            f"{info.description or ''}{unit}",
        )  # fmt: skip


def _of_steps(steps: dict[str, dict[str, Any]]) -> Iterator[Setting]:
    """What single steps are told, by full names; of each only what was given."""
    for step, values in steps.items():
        whole = STEPS[step].params_class(**values)
        fields = dict(zip(type(whole).model_fields, _declared(whole)))
        yield from (fields[key]._replace(name=f"{step}.{fields[key].name}") for key in values)


def as_phil(settings: Sequence[Setting], attributes: int = 0) -> str:
    """The settings in nested scopes, as a file of parameters has them.

    attributes: from 1 the meaning of each stands with it, from 2 its type.
    """
    lines: list[str] = []
    inside: list[str] = []
    for setting in _by_scope(settings):
        *scopes, name = setting.name.split(".")
        common = sum(1 for _ in _shared(inside, scopes))
        for depth in range(len(inside), common, -1):
            lines.append("  " * (depth - 1) + "}")
        for depth in range(common, len(scopes)):
            lines.append("  " * depth + scopes[depth] + " {")
        inside, margin = scopes, "  " * len(scopes)
        lines += [f"{margin}{name} = {text}" for text in written(setting.value, setting.annotation)]
        lines += [f"{margin}  {line}" for line in _attributes(setting, attributes)]
    lines += ["  " * (depth - 1) + "}" for depth in range(len(inside), 0, -1)]
    return "\n".join(lines)


def modified(settings: Sequence[Setting], words: Sequence[str]) -> str:
    """What differs from the defaults, a line each under its full name, as DIALS heads it; empty where nothing does."""
    lines = other_words(words)
    for setting in settings:
        if setting.value != setting.default:
            lines += [f"{setting.name} = {text}" for text in written(setting.value, setting.annotation)]
    return "\n".join(["The following parameters have been modified:", "", *lines, ""]) if lines else ""


def other_words(words: Sequence[str]) -> list[str]:
    """The names of images and folders, which no parameter names, in a line of comment; few of them one by one."""
    others = [word for word in words if not word.lower().endswith((*EXPERIMENTS, *REFLECTIONS))]
    if len(others) > _MOST_WORDS:
        return [f"# input: {others[0]} ... {others[-1]} ({len(others)} names)"]
    return ["# input: " + " ".join(others)] if others else []


def _by_scope(settings: Sequence[Setting]) -> list[Setting]:
    """The settings with those of one scope beside each other, scopes and names in the order of their first."""
    order: dict[str, int] = {}
    for setting in settings:
        parts = setting.name.split(".")
        for depth in range(1, len(parts) + 1):
            order.setdefault(".".join(parts[:depth]), len(order))

    def place(setting: Setting) -> list[int]:
        parts = setting.name.split(".")
        return [order[".".join(parts[:depth])] for depth in range(1, len(parts) + 1)]

    return sorted(settings, key=place)


def _shared(one: Sequence[str], other: Sequence[str]) -> Iterator[str]:
    """The scopes that both are in."""
    for a, b in zip_longest(one, other):
        if a != b:
            return
        yield a


def _attributes(setting: Setting, level: int) -> list[str]:
    lines = []
    if level >= 1 and setting.meaning:
        first, *rest = (f'"{line}"' for line in wrap(setting.meaning.replace('"', "'"), 80))
        lines += [f".help = {first}", *(f"        {line}" for line in rest)]
    if level >= 2:
        from gnomon.report.parameters import type_name

        lines.append(f'.type = "{type_name(setting.annotation)}"')
    return lines
