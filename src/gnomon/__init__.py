"""gnomon: from X-ray diffraction images to merged intensities.

The public names are the steps, each called with experiments, reflections (or the result of another step, which is both)
and parameters by name; ``process_data`` or ``process``, which is all of them; the readers and writers of their files;
and gemmi's objects of what merge and export made.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_OTHERS = {
    "Context": "gnomon.step",
    "InputError": "gnomon.errors",
    "Workers": "gnomon.distribute.workers",
    "Experiments": "gnomon.models.experiment",
    "Reflections": "gnomon.models.reflections",
    "Result": "gnomon.step",
    "merged_mtz": "gnomon.io.mtz",
    "unmerged_mtz": "gnomon.io.mtz",
    "plots": "gnomon.plotting",
    "read_experiments": "gnomon.io.expt",
    "read_reflections": "gnomon.io.refl",
    "write_experiments": "gnomon.io.expt",
    "write_exported": "gnomon.io.exported",
    "write_merged_mtz": "gnomon.io.mtz",
    "write_reflections": "gnomon.io.refl",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that ``import gnomon`` costs nothing (PEP 562)."""
    if name in _OTHERS:
        return getattr(import_module(_OTHERS[name]), name)
    if name == "__all__":
        return __dir__()
    steps = {} if name.startswith("_") else import_module("gnomon.public").PUBLIC
    if name in steps:
        return steps[name]
    if name == "process":  # the package, which can be called: what process_data does
        return import_module("gnomon.process")
    raise AttributeError(f"module 'gnomon' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_OTHERS, *import_module("gnomon.public").PUBLIC])
