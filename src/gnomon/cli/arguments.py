"""``name=value`` and ``--name value``: any unambiguous tail or prefix of a dotted name will do."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from gnomon.cli.parameter_files import ENDINGS, read_parameters
from gnomon.cli.values import TRUTH, choices_of, is_optional, is_repeated, is_switch, parse_value
from gnomon.errors import InputError, UsageError
from gnomon.params import Params, made

P = TypeVar("P", bound=Params)

OF_STEP = "step:"
"""How the group of a parameter begins that is handed on to a single step, whose name follows."""

_INPUTS = ("experiments", "reflections")
"""What these words name alone is read, though outputs and references are called so too."""


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
    show: bool = False
    """Only print the parameters."""
    attributes: int = 0
    """How much to print of each: from 1 its meaning, from 2 its type."""
    loudness: int = 0
    """Below zero: no words on the screen; above: with the time."""


def options_of(params: type[Params], group: str) -> list[Option]:
    """The options a parameter class declares."""
    found = []
    for key, info in params.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        found.append(Option(str(extra.get("name") or key), group, key, info.annotation))
    return found


def find_option(name: str, options: Sequence[Option]) -> Option:
    """The option meant by ``name``: the name itself, else a dotted tail of one, else a prefix of one.

    ``experiments`` and ``reflections`` alone are those that are read. Raises UsageError for unknown names (with the
    nearest) and for ambiguous ones (with all).
    """
    own = [o for o in options if not o.group.startswith(OF_STEP)]
    try:
        return _find(name, own)
    except UsageError:
        found = _of_one_step(name.replace("-", "_").lower(), [o for o in options if o.group.startswith(OF_STEP)])
        if found is None:
            raise
        return found


def _of_one_step(wanted: str, options: Sequence[Option]) -> Option | None:
    """The parameter of a step: by the step's name and what stands for one there, or by the end of its name alone.

    What import has goes before what later steps have: it holds for all. None where there is none; raises UsageError
    where there are several.
    """
    step, _, rest = wanted.partition(".")
    inside = [o for o in options if o.group == OF_STEP + step]
    if inside and rest:
        try:
            return _find(rest, [replace(o, name=o.name.partition(".")[2]) for o in inside])
        except UsageError as error:
            raise UsageError(f"of {step}: {error}") from None
    matches = [o for o in options if o.name.lower().endswith("." + wanted)]
    first = [o for o in matches if o.group == f"{OF_STEP}import"]
    if len(first or matches) > 1:
        raise UsageError(f"parameter {wanted!r} is ambiguous: it could be {', '.join(o.name for o in matches)}")
    return next(iter(first or matches), None)


def _find(name: str, options: Sequence[Option]) -> Option:
    """The option meant by ``name`` by the first rule that finds any."""
    wanted = name.replace("-", "_").lower().removesuffix("_filename")  # combine_experiments says so in DIALS
    rules = (
        lambda o: o.group == "input" and wanted in _INPUTS and o.key == wanted,
        lambda o: o.name.lower() == wanted,
        lambda o: o.key == wanted,
        lambda o: wanted == "output" and o.group == "output",  # of a command that writes one file
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
            raise UsageError(f"parameter {name!r} is ambiguous: it could be {names}; give more of the name")
    tails = {o.name.rsplit(".", 1)[-1]: o.name for o in options} | {o.name: o.name for o in options}
    near = difflib.get_close_matches(wanted, tails, n=1)
    advice = f"did you mean {tails[near[0]]}?" if near else "--help lists the parameters"
    raise UsageError(f"unknown parameter {name!r}; {advice}")


def parse(argv: Sequence[str], options: Sequence[Option]) -> Arguments:
    """The command line, sorted. A repeated list adds to what it had; of other values the last holds.

    Files of parameters are read where they stand. Raises UsageError for what is no option, InputError for such a file
    that cannot be read.
    """
    found = Arguments()
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":  # what follows are names, whatever they look like
            found.words += rest
            break
        elif _is_flag(word, rest, found):
            continue
        elif word.startswith("--"):
            name, has_value, text = word[2:].partition("=")
            option = find_option(name, options)
            if not has_value:
                is_flag = is_switch(option.annotation) and (not rest or rest[0].lower() not in TRUTH)
                if not is_flag and not rest:
                    raise UsageError(f"parameter {option.name} needs a value: --{name} VALUE")
                text = "true" if is_flag else rest.pop(0)
            _add(found, option, text)
        elif "=" in word and not word.startswith(("/", ".")) and not _is_name(word, options):
            name, _, text = word.partition("=")
            _add(found, find_option(name, options), text)
        elif word.lower().endswith(ENDINGS):
            _add_file(found, word, options)
        elif word.startswith("-") and len(word) > 1:
            raise UsageError(f"unknown option {word!r}; --help lists the options, and behind -- all words are names")
        else:
            found.words.append(word)
    return found


_FLAG = re.compile(r"-(?P<letter>[ea])(?P<level>\d*)|--(?P<name>expert|attributes)[-_]level(=(?P<value>\d+))?")


def _is_flag(word: str, rest: list[str], found: Arguments) -> bool:
    """Whether the word is one of those that every command knows, as DIALS has them; if so it is noted in ``found``."""
    if word in ("-h", "--help", "-help"):
        found.help = True
    elif word in ("-c", "--show-config", "--show_config"):
        found.show = True
    elif word in ("-q", "--quiet"):
        found.loudness -= 1
    elif word == "--verbose" or re.fullmatch("-v+", word):
        found.loudness += 1
    elif match := _FLAG.fullmatch(word):
        level = match["level"] or match["value"] or (rest.pop(0) if rest and rest[0].isdigit() else "0")
        if "a" in (match["letter"], (match["name"] or "")[:1]):
            found.attributes = int(level)  # every parameter is of expert level 0
    else:
        return False
    return True


def _add_file(found: Arguments, path: str, options: Sequence[Option]) -> None:
    """Add what a file of parameters sets."""
    for given in read_parameters(path):
        try:
            _add(found, find_option(given.name, options), given.text)
        except UsageError as error:
            raise UsageError(f"{given.where}: {error}") from error


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
    key, annotation = (option.group, option.key), option.annotation
    by_itself = option.group == "output" or not (is_optional(annotation) or "auto" in choices_of(annotation))
    if text.strip().lower() == "auto" and by_itself:
        found.values.pop(key, None)  # what the program would take by itself
        return
    value = parse_value(text, annotation)
    before = found.values.get(key)
    found.values[key] = before + value if is_repeated(annotation) and isinstance(before, tuple) and value else value


def build(params: type[P], values: Mapping[str, Any]) -> P:
    """The validated parameters.

    Raises UsageError with one line: what was given, and what was needed.
    """
    return made(params, values, {option.key: option.name for option in options_of(params, "")})
