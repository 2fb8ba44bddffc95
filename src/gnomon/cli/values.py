"""Values as they are typed, ``joint=false``, ``unit_cell="58 58 150 90 90 90"``, ``fix="all *cell"``, and printed."""

from __future__ import annotations

import os
import re
import types
from typing import Any, Literal, Union, get_args, get_origin

_NOTHING = {"none", "auto", "null", ""}
TRUTH = {"true", "false", *_NOTHING}
_PLAIN = re.compile(r"[^\s\"'#{};=,*\\]+")
"""A word that PHIL reads as it is written."""


def is_union(annotation: Any) -> bool:
    """Whether the annotation leaves a choice between types."""
    return get_origin(annotation) in (Union, types.UnionType)


def is_switch(annotation: Any) -> bool:
    """Whether the values are true and false (or nothing): the bare ``--name`` means true."""
    return annotation is bool or (is_union(annotation) and set(get_args(annotation)) == {bool, type(None)})


def sequence_of(annotation: Any) -> Any | None:
    """The item type where the annotation is (or may be) a tuple, else None."""
    if is_union(annotation):
        return next((s for s in map(sequence_of, get_args(annotation)) if s is not None), None)
    return get_args(annotation)[0] if get_origin(annotation) is tuple else None


def choices_of(annotation: Any) -> tuple:
    """The values that the annotation lists, which need not be words."""
    if is_union(annotation):
        return tuple(choice for part in get_args(annotation) for choice in choices_of(part))
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def is_repeated(annotation: Any) -> bool:
    """Whether a name given again adds to what it had, as ``exclude_images`` does: a list of any length, but no choice.

    A list that may be absent (a cell, a beam centre) is one thing, of which the last given holds.
    """
    item = sequence_of(annotation)
    if item is None or sequence_of(item) is not None:
        return item is not None
    return not is_union(annotation) and get_args(annotation)[-1] is Ellipsis and not choices_of(item)


def parse_value(text: str, annotation: Any) -> Any:
    """``text`` as the raw value that validation of ``annotation`` takes: None, a tuple of words, or the text."""
    text, item = text.strip(), sequence_of(annotation)
    if item is None and choices_of(annotation):
        return _parse_choice(text, annotation)
    if text.lower() in _NOTHING:
        if is_optional(annotation):
            return None
        return text if item is None else ()
    return text if item is None else _parse_list(text, item)


def is_optional(annotation: Any) -> bool:
    """Whether None is a value."""
    return is_union(annotation) and type(None) in get_args(annotation)


def _parse_choice(text: str, annotation: Any) -> Any:
    """The choice that is named, or the one with a star; None where there is none and none need be."""
    choices, words = choices_of(annotation), _split(text)
    starred = [word[1:] for word in words if word.startswith("*")]
    wanted = starred[0] if len(starred) == 1 else text
    named = next((choice for choice in choices if str(choice).lower() == wanted.lower()), wanted)
    unstarred = len(words) > 1 and words == list(map(str, choices))  # a list of PHIL in which nothing is chosen
    nothing = unstarred or (named == wanted and wanted.lower() in _NOTHING)
    return None if nothing and is_optional(annotation) else named


def _parse_list(text: str, item: Any) -> tuple:
    """The words of a list, or the lists of words of a list of lists."""
    if "*" in text and choices_of(item):
        return tuple(word[1:] for word in _split(text) if word.startswith("*"))
    if sequence_of(item) is not None:
        groups = [group.split(":") for group in _split(text)] if ":" in text else [_split(text)]
        return tuple(tuple(word.strip() for word in group) for group in groups)
    if item is str:
        return tuple(_split_names(text))
    words = tuple(_split(text.replace(":", " ")))
    whole = len(words) > 1 and words == tuple(map(str, choices_of(item)))  # a list of PHIL in which nothing is starred
    return () if whole else words


def _split(text: str) -> list[str]:
    """Words between blanks or commas."""
    return [word for word in re.split(r"[,\s]+", text.strip("()[] ")) if word]


def _split_names(text: str) -> list[str]:
    """Names between commas; between blanks where there is no comma and no file of the whole name; quotes hold."""
    if re.search(r"[\"']", text):
        return ["".join(part) for part in re.findall(r"\"([^\"]*)\"|'([^']*)'|([^\s,\"']+)", text)]
    if "," in text or os.path.exists(text):
        return [word.strip() for word in text.split(",") if word.strip()]
    return text.split()


def written(value: Any, annotation: Any) -> list[str]:
    """The value as PHIL has it, a text for each time that its name is to be given; starred where it is a choice."""
    item = sequence_of(annotation)
    choices = choices_of(annotation if item is None else item)
    if choices:
        chosen = () if value is None else value if isinstance(value, tuple) else (value,)
        nothing = ["None" if chosen else "*None"] if item is None and is_optional(annotation) else []
        return [" ".join([*nothing, *(f"*{c}" if c in chosen else str(c) for c in choices)])]
    if item is not None and sequence_of(item) is not None and value:
        return [",".join(map(_word, row)) for row in value]
    if isinstance(value, tuple):
        return [("," if item is not str else " ").join(map(_word, value)) or "None"]
    return [_word(value)]


def _word(value: Any) -> str:
    """One value, in quotes where it needs them."""
    text = str(value)
    if isinstance(value, str) and not _PLAIN.fullmatch(text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text
