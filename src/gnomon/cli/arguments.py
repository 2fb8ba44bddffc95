"""``name=value`` and ``--name value``: any unambiguous tail or prefix of a dotted name will do."""

from __future__ import annotations

import difflib
import os
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from gnomon.errors import InputError
from gnomon.params import Params

P = TypeVar("P", bound=Params)

_NOTHING = {"none", "auto", "null", ""}
_TRUTH = {"true", "false", *_NOTHING}


@dataclass(frozen=True)
class Option:
    """One name that the command line knows: its dotted name, where it goes, what values it takes."""

    name: str
    group: str  # params, run, output
    key: str
    annotation: Any


@dataclass
class Arguments:
    """What was typed, sorted: positional words, and values by (group, key)."""

    words: list[str] = field(default_factory=list)
    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    help: bool = False


def options_of(params: type[Params], group: str) -> list[Option]:
    """The options a parameter class declares."""
    found = []
    for key, info in params.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        found.append(Option(str(extra.get("name") or key), group, key, info.annotation))
    return found


def find_option(name: str, options: Sequence[Option]) -> Option:
    """The option meant by ``name``: the name itself, else a dotted tail of one, else a prefix of one.

    Raises InputError for unknown names (with the nearest) and for ambiguous ones (with all).
    """
    wanted = name.replace("-", "_").lower().removesuffix("_filename")  # combine_experiments says so in DIALS
    rules = (
        lambda o: o.name.lower() == wanted or o.key == wanted,
        lambda o: o.name.lower().endswith("." + wanted),
        lambda o: o.name.lower().startswith(wanted) or o.key.startswith(wanted),
        lambda o: o.name.rsplit(".", 1)[-1].lower().startswith(wanted) or f".{wanted}" in o.name.lower(),
    )
    for rule in rules:
        matches = [o for o in options if rule(o)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(o.name for o in matches)
            raise InputError(f"parameter {name!r} is ambiguous: it could be {names}; give more of the name")
    tails = {o.name.rsplit(".", 1)[-1]: o.name for o in options} | {o.name: o.name for o in options}
    near = difflib.get_close_matches(wanted, tails, n=1)
    advice = f"did you mean {tails[near[0]]}?" if near else "--help lists the parameters"
    raise InputError(f"unknown parameter {name!r}; {advice}")


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _is_switch(annotation: Any) -> bool:
    """Whether the values are true and false (or nothing): the bare ``--name`` means true."""
    return annotation is bool or (_is_union(annotation) and set(get_args(annotation)) == {bool, type(None)})


def _sequence_of(annotation: Any) -> Any | None:
    """The item type where the annotation is (or may be) a tuple, else None."""
    if _is_union(annotation):
        return next((s for s in map(_sequence_of, get_args(annotation)) if s is not None), None)
    return get_args(annotation)[0] if get_origin(annotation) is tuple else None


def _choices(annotation: Any) -> tuple:
    """The values that the annotation lists, which need not be words."""
    if _is_union(annotation):
        return tuple(choice for part in get_args(annotation) for choice in _choices(part))
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def parse_value(text: str, annotation: Any) -> Any:
    """``text`` as the raw value that validation of ``annotation`` takes: None, a tuple of words, or the text."""
    optional = _is_union(annotation) and type(None) in get_args(annotation)
    if optional and text.strip().lower() in _NOTHING:
        return None
    item = _sequence_of(annotation)
    if item is None:
        return next((choice for choice in _choices(annotation) if str(choice) == text.strip()), text)
    words = tuple(w.strip() for w in text.strip("()[] ").replace(":", ",").split(","))
    return (words,) if _sequence_of(item) is not None else words


def parse(argv: Sequence[str], options: Sequence[Option]) -> Arguments:
    """The command line, sorted. A repeated tuple-valued name adds to what it had."""
    found = Arguments()
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word in ("-h", "--help", "-help"):
            found.help = True
        elif word == "--":  # what follows are names, whatever they look like
            found.words += rest
            break
        elif word.startswith("--"):
            name, has_value, text = word[2:].partition("=")
            option = find_option(name, options)
            if not has_value:
                is_flag = _is_switch(option.annotation) and (not rest or rest[0].lower() not in _TRUTH)
                if not is_flag and not rest:
                    raise InputError(f"parameter {option.name} needs a value: --{name} VALUE")
                text = "true" if is_flag else rest.pop(0)
            _add(found, option, text)
        elif "=" in word and not word.startswith(("/", ".")) and not _is_name(word, options):
            name, _, text = word.partition("=")
            _add(found, find_option(name, options), text)
        else:
            found.words.append(word)
    return found


def _is_name(word: str, options: Sequence[Option]) -> bool:
    """Whether a word with = in it is a file's name and no parameter: there is such a file, and no such parameter."""
    if not os.path.exists(word):
        return False
    try:
        find_option(word.partition("=")[0], options)
    except InputError:
        return True
    return False


def _add(found: Arguments, option: Option, text: str) -> None:
    key, value = (option.group, option.key), parse_value(text, option.annotation)
    if isinstance(value, tuple) and isinstance(found.values.get(key), tuple):
        value = found.values[key] + value
    found.values[key] = value


def build(params: type[P], values: Mapping[str, Any]) -> P:
    """The validated parameters.

    Raises InputError with one line: what was given, and what was needed.
    """
    try:
        return params(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "parameters"
        name = next((o.name for o in options_of(params, "") if o.key == key), key)
        needed = first["msg"][0].lower() + first["msg"][1:]
        raise InputError(f"{name}={_as_typed(first['input'])}: {needed.removeprefix('value error, ')}") from error


def _as_typed(value: object) -> str:
    """A value as it may have been written on the command line."""
    return ",".join(map(_as_typed, value)) if isinstance(value, tuple) else str(value)
