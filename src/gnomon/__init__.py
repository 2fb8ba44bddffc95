"""gnomon: from X-ray diffraction images to merged intensities.

The public names are the steps, each called with experiments, reflections and parameters by name, and the readers and
writers of their files.
"""

from typing import Any

__version__ = "0.1.0"

_FILES = {
    "read_experiments": "gnomon.io.expt",
    "write_experiments": "gnomon.io.expt",
    "read_reflections": "gnomon.io.refl",
    "write_reflections": "gnomon.io.refl",
    "InputError": "gnomon.errors",
}
_STEPS = ("find_spots", "index", "refine", "integrate", "symmetry", "scale")

__all__ = ["InputError", "find_spots", "index", "integrate", "read_experiments", "read_reflections", "refine", "scale",
           "symmetry", "write_experiments", "write_reflections"]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that ``import gnomon`` costs nothing."""
    from importlib import import_module

    if name in _STEPS:
        return import_module("gnomon.pipeline").STAGES[name]
    if name in _FILES:
        return getattr(import_module(_FILES[name]), name)
    raise AttributeError(f"module 'gnomon' has no attribute {name!r}")
