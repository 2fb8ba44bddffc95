"""Files of parameters among the words of a command: PHIL, as the field has it, and TOML."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gnomon.errors import InputError

if TYPE_CHECKING:
    from gnomon.cli.phil import Definition

ENDINGS = (".phil", ".eff", ".toml")


class Given(NamedTuple):
    """A name, the text of its value, and where it stands, for errors."""

    name: str
    text: str
    where: str


def read_parameters(path: str) -> list[Given]:
    """What a file of parameters sets, in its order. Raises InputError where it cannot be read."""
    if path.lower().endswith(".toml"):
        return list(_of_toml(_content(path), path))
    return [Given(d.name, d.text, f"{d.file}, line {d.line}") for d in _of_phil(path, ())]


def _content(path: str) -> str:
    from gnomon.io.plain_files import require_file

    require_file(Path(path))
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text ({error.reason}); give a file of parameters") from error


def _of_phil(path: str, includers: tuple[str, ...]) -> list[Definition]:
    """The definitions of a file, with those of the files that it includes; includers: the files that led to it."""
    from gnomon.cli.phil import definitions

    chain = (*includers, os.path.realpath(path))

    def include(name: str, by: str) -> list[Definition]:
        other = os.path.join(os.path.dirname(by), name)
        if not os.path.isfile(other):
            raise InputError(f"{by} includes {other}, which is no file; mend its name")
        if os.path.realpath(other) in chain:
            raise InputError(f"{by} includes {other}, which includes it; take one of the two includes out")
        return _of_phil(other, chain)

    return definitions(_content(path), path, include)


def _of_toml(content: str, path: str) -> Iterator[Given]:
    import tomllib

    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no TOML: {error}; mend it") from error
    for name, value in _leaves(table, ""):
        yield Given(name, value, path)


def _leaves(table: Mapping[str, Any], scope: str) -> Iterator[tuple[str, str]]:
    """Each value by its dotted name; one of a list of lists, or of tables, after the other."""
    for key, value in table.items():
        name = f"{scope}{key}"
        several = isinstance(value, list) and any(isinstance(part, list | dict) for part in value)
        for part in value if several else (value,):
            if isinstance(part, dict):
                yield from _leaves(part, f"{name}.")
            else:
                yield name, _text(part)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return (
            ",".join(
                f'"{part}"' if isinstance(part, str) and ("," in part or " " in part) else str(part) for part in value
            )
            or "None"
        )
    return str(value)
