"""gnomon: from X-ray diffraction images to merged intensities.

The public names are the steps, each called with experiments, reflections (or the result of another step, which is both)
and parameters by name; ``process_data``, which is all of them; and the readers and writers of their files.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_OTHERS = {
    "Context": "gnomon.step",
    "InputError": "gnomon.errors",
    "Workers": "gnomon.distribute.workers",
    "process_data": "gnomon.process.from_python",
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
    steps = {} if name.startswith("_") else import_module("gnomon.pipeline").PUBLIC
    if name in steps:
        return steps[name]
    raise AttributeError(f"module 'gnomon' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_OTHERS, *import_module("gnomon.pipeline").PUBLIC])
