"""``--help``: every option with its meaning, unit, default and bounds."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill
from typing import Any, Literal, get_args, get_origin

from gnomon.cli.command import Command, RunParams
from gnomon.params import Params


def _bounds(metadata: Iterable[Any]) -> str:
    signs = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))
    return ", ".join(f"{sign} {getattr(m, key)}" for m in metadata for key, sign in signs if hasattr(m, key))


def type_name(annotation: Any) -> str:
    choices = [a for a in (annotation, *get_args(annotation)) if get_origin(a) is Literal]
    if choices:  # with None, where that is one of them
        return ", ".join(str(value) for value in get_args(choices[0]))
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _entry(name: str, meaning: str, notes: str) -> str:
    return f"  {name}\n" + fill(f"{meaning} {notes}", 96, initial_indent="      ", subsequent_indent="      ")


def describe_params(params: type[Params]) -> str:
    """One entry an option: dotted name, meaning, [unit; type; default; bounds]."""
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
        entries.append(
            _entry(str(extra.get("name") or key), info.description or "", f"[{'; '.join(n for n in notes if n)}]")
        )
    return "\n".join(entries)


def command_help(command: Command) -> str:
    """The whole help text of a command."""
    inputs = " ".join({"expt": "FILE.expt", "refl": "FILE.refl", "paths": "FILES..."}[n] for n in command.needs)
    usage = command.usage or f"gnomon {command.name} {inputs} [name=value ...]"
    params = command.params()
    parts = [f"usage: {usage}", "", command.summary[0].upper() + command.summary[1:] + "."]
    if command.example:
        parts += ["", "example:", *(f"  {line}" for line in command.example.splitlines())]
    if params.model_fields:
        parts += [
            "",
            "parameters (name=value or --name value; a tail or prefix of a name will do):",
            describe_params(params),
        ]
    parts += ["", "output and running:"]
    parts += [
        _entry(
            name,
            "file name; None for none",
            f"[default {'named after the input' if default == '' else default or 'none'}]",
        )
        for name, _, default in command.output_options
    ]
    parts += [describe_params(RunParams)]
    return "\n".join(parts)


def overview(commands: Iterable[Command], version: str) -> str:
    """What ``gnomon --help`` prints: the commands in the order of work."""
    lines = [f"  {c.name:<24}{c.summary}" for c in commands]
    return "\n".join(
        [
            f"gnomon {version}: from X-ray diffraction images to merged intensities",
            "",
            "usage: gnomon COMMAND FILES [name=value ...]      gnomon COMMAND --help",
            "",
            *lines,
        ]
    )
