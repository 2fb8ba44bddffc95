"""The steps, a folder each; they never import each other.

Each folder declares its step in ``__init__.py`` (:class:`gnomon.declared.Step`), has its parameters in ``params.py``,
what it tells in ``summary.py``, and reads from the top of ``step.py``. Those that come ``after`` another are the chain;
the others are tools beside it. :mod:`gnomon.pipeline` lists both.
"""

import pkgutil
from importlib import import_module

from gnomon.declared import Step, declare


def declared() -> list[Step]:
    """What every folder here declares."""
    folders = (module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    return [import_module(f"{__name__}.{folder}").STEP for folder in folders]


def declared_parts() -> list[Step]:
    """What folders declare besides: a part of their step's work, called by itself."""
    folders = (import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__) if m.ispkg)
    return [part for folder in folders for part in getattr(folder, "PARTS", ())]


declare(declared())  # so that whoever runs a step alone is told which step makes what it lacks
