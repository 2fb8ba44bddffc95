"""Kernels compiled side by side, in other processes: numba compiles one at a time in a process.

``signatures.json`` lists what the main path compiles, stage by stage in the order of first use, written by
``tools/signatures.py``. While a command compiles its own from the front of its stage, its helpers take theirs from the
back, then go on with the stages that come next, for some 20 s when the command was a short one: the next then waits for
none. Whoever needs a kernel that another has compiled finds it on disk.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from numba import types

from gnomon.kernels import on_unkept

LIST = Path(__file__).with_name("signatures.json")
MOST_HELPERS = 3
"""More would compile much of the same: the kernels of a stage call each other."""
_NICENESS = 5
_PACKAGE = "gnomon.kernels"


def start_helpers(stage: str, processes: int) -> list[int]:
    """The ids of the processes started, ``processes`` of them or fewer, to compile what ``stage`` and those after need.

    None for a stage that is not listed, or where the system allows no more processes. They end by themselves, with or
    after this one, and hold none of its files.
    """
    if stage not in json.loads(LIST.read_text()):
        return []
    shares = min(processes, MOST_HELPERS)
    command = [sys.executable, "-P", "-m", f"{_PACKAGE}.ahead", stage, str(shares)]
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in range(3)]
    helpers = []
    with suppress(OSError):  # they save time only
        for share in range(shares):
            words = [*command, str(share)]
            helpers.append(os.posix_spawn(sys.executable, words, os.environ, file_actions=silent))
    return helpers


def compile_ahead(stage: str, shares: int = 1, share: int = 0) -> None:
    """Compile every ``shares``-th kernel of ``stage`` from the last on, then those of later stages, and keep them.

    Ends where compiled kernels cannot be kept, as they would help nobody.
    """
    kept = [True]
    on_unkept[:] = [lambda reason: kept.__setitem__(0, False)]
    for name, signature in list(_in_turn(stage))[share::shares]:
        if not kept[0]:
            return
        module, _, function = name.rpartition(".")
        dispatcher = getattr(import_module(f"{_PACKAGE}.{module}"), function)
        dispatcher.compile(tuple(map(decoded, signature)))


def _in_turn(stage: str) -> Iterator[tuple[str, list[Any]]]:
    """Name and argument types of the kernels in the order in which a helper takes them."""
    listed = json.loads(LIST.read_text())
    stages = list(listed)
    yield from reversed(listed[stage])
    for later in stages[stages.index(stage) + 1 :]:
        yield from listed[later]


def encoded(numba_type: Any) -> Any:
    """A numba type as JSON: ``float64``, ``int32[2C]``, a list for a tuple, an object for a named one.

    Raises TypeError for types that the kernels of the main path do not take.
    """
    if isinstance(numba_type, types.Array):
        readonly = "" if numba_type.mutable else "r"
        return f"{numba_type.dtype}[{numba_type.ndim}{numba_type.layout}{readonly}]"
    fields: Any = numba_type
    if isinstance(numba_type, types.BaseNamedTuple):
        made = fields.instance_class
        return {f"{made.__module__}:{made.__qualname__}": list(map(encoded, fields))}
    if isinstance(numba_type, types.BaseTuple):
        return list(map(encoded, fields))
    if isinstance(numba_type, types.Number | types.Boolean):
        return str(numba_type)
    raise TypeError(f"{numba_type!r} has no short form")


def decoded(text: Any) -> Any:
    """The numba type that :func:`encoded` makes ``text`` of."""
    if isinstance(text, dict):
        ((name, fields),) = text.items()
        module, _, made = name.partition(":")
        return types.BaseTuple.from_types([decoded(t) for t in fields], getattr(import_module(module), made))
    if isinstance(text, list):
        return types.BaseTuple.from_types([decoded(t) for t in text])
    dtype, _, shape = text.partition("[")
    element = types.boolean if dtype == "bool" else getattr(types, dtype)
    if not shape:
        return element
    readonly = shape.endswith("r]")
    return types.Array(element, int(shape[0]), shape[1], readonly=readonly)


if __name__ == "__main__":
    os.nice(_NICENESS)
    compile_ahead(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
