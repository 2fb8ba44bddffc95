"""What makes two models one and the same: their key."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field

Key = tuple[int, int]
"""Which process made the model, and its how manieth it is there."""


class _Keys:
    """Keys that no other process gives; a forked child is another process."""

    def __init__(self) -> None:
        self.renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        """Begin as a process of its own."""
        self.process, self.count = int.from_bytes(os.urandom(8), "big"), itertools.count()

    def next(self) -> Key:
        """A key that no model has."""
        return self.process, next(self.count)


_KEYS = _Keys()


@dataclass(frozen=True, eq=False)
class Model:
    """A part of an experiment that others may share: those that hold a model of the same ``key`` share it.

    A model made anew, or changed by ``replace``, is another one. A copy that went through a pickle, a file between
    two processes or another machine is the same: sharing does not depend on the identity of Python objects.
    """

    key: Key = field(default_factory=_KEYS.next, init=False, repr=False, compare=False)


def key_of(model: Model | None) -> Key | None:
    """The model's key; None where there is none."""
    return None if model is None else model.key
