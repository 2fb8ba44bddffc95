"""What a run may write to: nothing that it reads, and no file twice. Checked before any work."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gnomon.cli.arguments import options_of
from gnomon.errors import UsageError
from gnomon.io.atomic import identity_of
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.typed import Typed
    from gnomon.models.experiment import Experiments

Named = dict[str, str]  # paths by option


def given_files(words: Iterable[str], params: Params) -> list[str]:
    """The files that were given: as words, or as values of parameters that name no output."""
    named = [value for name, value in _values(params) if not name.startswith("output.")]
    return [path for path in (*words, *_texts(named)) if identity_of(path) is not None]


def names_of_outputs(typed: Typed) -> tuple[Named, Named]:
    """The names of files to write that the user chose, and those that nobody did.

    A name that is made up later from the input's is in neither.
    """
    chosen: Named = {}
    default: Named = {}
    for option, kind, _ in typed.command.output_options:
        if path := typed.wanted.get(kind):
            (chosen if kind in typed.chosen else default)[option] = path
    (chosen if typed.run.log else default)["output.log"] = typed.log
    default["the record of the run"] = record_of(typed.log)
    chosen.update({name: value for name, value in _values(typed.params) if name == "output.json" and value})
    return chosen, default


def record_of(log: str) -> str:
    """The name of the record of a run, which goes with its log."""
    return f"{log.removesuffix('.log')}.json"


def check_outputs(chosen: Named, default: Named, given: Sequence[str]) -> None:
    """Check that outputs are no inputs, no folders, and not each other. Raises UsageError.

    chosen: paths that were typed, by option; default: the others, which may be those of inputs (``refine refined.expt
    refined.refl``, as DIALS has it), since what is at such a name is kept under another (:mod:`gnomon.io.atomic`).
    """
    inputs = {identity_of(path): path for path in given}
    owner: Named = {}
    for option, path in (chosen | default).items():
        identity = identity_of(path)
        if identity is not None and identity in inputs and option in chosen:
            raise UsageError(f"{option}={path} is {inputs[identity]}, which is read here; give another name")
        if os.path.isdir(path):
            raise UsageError(f"{option}={path} is a folder; give the name of a file in it")
        if os.path.exists(path) and identity is None:
            continue  # to a device such as /dev/null anything may go
        other = owner.setdefault(os.path.realpath(path), option)
        if other != option:
            raise UsageError(f"{other} and {option} are both {path}; give each a name of its own")


def check_images(outputs: Mapping[str, str], experiments: Experiments) -> None:
    """Check that no output is an image of the experiments. Raises UsageError."""
    for images, _ in experiments.groups_sharing("images"):
        if images is None:
            continue
        for path in filter(None, outputs.values()):
            if images.has(os.path.abspath(path)):
                raise UsageError(f"{path} is an image, which must not be lost; give another name")


def _values(params: Params) -> Iterator[tuple[str, Any]]:
    """Each parameter's dotted name, and its value."""
    return ((option.name, getattr(params, option.key)) for option in options_of(type(params), ""))


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """The texts among values and tuples of them."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from _texts(value)
        elif isinstance(value, dict):
            yield from _texts(value.values())
