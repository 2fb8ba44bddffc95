"""The decisions of an expert over the steps. ``gnomon.process(...)`` does what ``gnomon.process_data`` does."""

import sys
from importlib import import_module
from inspect import Signature
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    """The package as a function: the command has its name."""

    def __call__(self, *data: Any, **given: Any) -> Any:
        """See ``help(gnomon.process_data)``."""
        return import_module("gnomon.process.from_python").process_data(*data, **given)

    @property
    def __signature__(self) -> Signature:
        found: Signature = import_module("gnomon").process_data.__signature__
        return found


sys.modules[__name__].__class__ = _Callable
