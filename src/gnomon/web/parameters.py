"""Parameters that a pane gives, and the command line that says the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from gnomon.errors import InputError
from gnomon.params import Params, made
from gnomon.web.workspace import EXPERIMENT_FILES, REFLECTION_FILES, Stage, Workspace

P = TypeVar("P", bound=Params)


def params_of(kind: type[P], values: Mapping[str, Any]) -> P:
    """The parameters with these values, by the names that they have on the command line. Raises InputError."""
    fields = {_name(kind, field): field for field in kind.model_fields}
    unknown = [name for name in values if name not in fields]
    if unknown:
        raise InputError(f"{unknown[0]}: no such parameter; names are whole here")
    given = {fields[name]: value for name, value in values.items()}
    return made(kind, given, {field: name for name, field in fields.items()})


def _name(kind: type[Params], field: str) -> str:
    said = kind.model_fields[field].json_schema_extra
    return str((said if isinstance(said, dict) else {}).get("name") or field)


def command_line(command: str, files: Sequence[str], values: Mapping[str, Any]) -> str:
    """What is typed to have the same: parameters that may be repeated, which are rows of numbers, are."""
    words = [f"{name}={text}" for name, value in values.items() for text in _texts(value)]
    return shlex.join(["gnomon", command, *files, *words])


def _texts(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, list | tuple):
        rows = value if value and isinstance(value[0], list | tuple) else [value]
        return [",".join(f"{number:g}" if isinstance(number, float) else str(number) for number in row) for row in rows]
    return [f"{value:g}" if isinstance(value, float) else str(value)]


def files_of(workspace: Workspace, stage: Stage) -> list[str]:
    """What names the stage's experiments on a command line: its file, or the images that were given."""
    if stage.name.endswith(EXPERIMENT_FILES):
        named = [word for word in workspace.words if Path(word).name == stage.name]
        inside = [str(Path(word) / stage.name) for word in workspace.words if (Path(word) / stage.name).is_file()]
        return (named + inside)[:1] or [stage.name]
    return [word for word in workspace.words if not word.endswith((*EXPERIMENT_FILES, *REFLECTION_FILES))]
