"""What was typed after the name of a command, made whole: every parameter, every file to read and to write."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gnomon.cli.arguments import OF_STEP, Arguments, Option, build, options_of
from gnomon.cli.command import Command, RunParams
from gnomon.cli.patterns import expanded, is_pattern
from gnomon.errors import InputError
from gnomon.params import Params, made
from gnomon.pipeline import STEPS


@dataclass(frozen=True)
class Typed:
    """A command with all that it is told.

    words: the files to read; outputs: by kind, the files to write, None for none; chosen: the kinds whose names were
    typed.
    """

    command: Command
    params: Params
    run: RunParams
    words: Sequence[str]
    outputs: Mapping[str, str | None]
    chosen: frozenset[str]

    @cached_property
    def wanted(self) -> dict[str, str]:
        """By kind, the files that are to be written."""
        return {kind: path for kind, path in self.outputs.items() if path is not None}

    @property
    def log(self) -> str:
        """The name of the log."""
        return self.run.log or prefixed(self.run.prefix, f"gnomon.{self.command.name}.log")


def options_for(command: Command) -> list[Option]:
    """All names that a command knows."""
    options = [*_options_of_steps(command), *options_of(command.params(), "params"), *options_of(RunParams, "run")]
    options += [Option(name, "output", kind, str | None) for name, kind, _ in command.output_options]
    options += [Option(name, "output", kind, str | None) for name, kind in command.output_names.items()]
    return options + [Option(f"input.{key}", "input", key, tuple[str, ...]) for key in ("experiments", "reflections")]


def _options_of_steps(command: Command) -> list[Option]:
    """The parameters of single steps that the command hands on, by their full names."""
    return [
        Option(f"{step}.{option.name}", f"{OF_STEP}{step}", option.key, option.annotation)
        for step in command.steps
        for option in options_of(STEPS[step].params_class, "")
    ]


def _steps_given(command: Command, values: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """What was given to single steps, checked, as the field ``steps`` has it; empty where nothing was."""
    found: dict[str, dict[str, Any]] = {}
    for (group, key), value in values.items():
        if group.startswith(OF_STEP):
            found.setdefault(group.removeprefix(OF_STEP), {})[key] = value
    for step, given in found.items():
        params = STEPS[step].params_class
        whole = made(params, given, {option.key: f"{step}.{option.name}" for option in options_of(params, "")})
        found[step] = {key: getattr(whole, key) for key in given}
    return {"steps": found} if found else {}


def resolve(command: Command, arguments: Arguments, meant: Mapping[str, Any]) -> Typed:
    """The whole of what the arguments say; meant: values that the name of the command stands for.

    Raises UsageError for values that cannot be and words that mean nothing.
    """
    by_group = {
        group: {key: value for (g, key), value in arguments.values.items() if g == group}
        for group in ("params", "run", "input", "output")
    }
    words = [*arguments.words, *(path for paths in by_group["input"].values() for path in paths)]
    if command.reads is not None:
        words = expanded(words)
    command.check_words(words)
    params = build(command.params(), {**meant, **by_group["params"], **_steps_given(command, arguments.values)})
    run = build(RunParams, by_group["run"])
    outputs = {kind: name and prefixed(run.prefix, name) for kind, name in command.outputs} | by_group["output"]
    return Typed(command, params, run, words, outputs, frozenset(by_group["output"]))


def check_patterns(typed: Typed) -> None:
    """Check that no pattern is left for which there is no file. Raises InputError."""
    for word in typed.words:
        if typed.command.reads is not None and is_pattern(word):
            raise InputError(f"no file is called as {word!r} says; give the names of files that are there")


def prefixed(prefix: str | None, name: str) -> str:
    """The name behind the prefix: in the folder that it names, or after it and a line."""
    if not prefix:
        return name
    return prefix + name if prefix.endswith((os.sep, "_", "-", ".")) else f"{prefix}_{name}"
