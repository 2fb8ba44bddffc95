"""One door to unmerged data of other programs: MTZ, XDS_ASCII.HKL and INTEGRATE.HKL, told apart by their content."""

from __future__ import annotations

import os
from pathlib import Path

from gnomon.errors import InputError
from gnomon.io.expt import check_sound
from gnomon.io.mtz_file import read_mtz
from gnomon.io.plain_files import require_file
from gnomon.io.unmerged_mtz import read_unmerged_mtz
from gnomon.io.xds_reflections import is_xds, read_xds_reflections
from gnomon.maths.intensities.unmerged_table import reflection_table
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.unmerged import UnmergedData

ENDINGS = (".mtz", ".hkl")
"""How the files' names end, in any case."""


def read_unmerged(path: str | os.PathLike[str]) -> UnmergedData:
    """The observations of a file.

    Raises InputError where it cannot be read, is of another format, damaged, or merged.
    """
    first = _beginning(path)
    if first.startswith(b"MTZ "):
        return read_unmerged_mtz(path)
    if is_xds(first):
        return read_xds_reflections(path)
    raise InputError(f"{path} is none of unmerged MTZ, XDS_ASCII.HKL and INTEGRATE.HKL; give one of these")


def read_data_set(path: str | os.PathLike[str]) -> tuple[Experiments, Reflections]:
    """The experiments and the reflection table of a file, as the steps take them. Raises as :func:`read_unmerged`."""
    data = read_unmerged(path)
    try:
        check_sound(data.experiments, "the file is damaged, write it anew")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return data.experiments, reflection_table(data)


def is_merged_mtz(path: str | os.PathLike[str]) -> bool:
    """Whether the file is an MTZ without batches: a free set or a reference, no observations."""
    if not _beginning(path).startswith(b"MTZ "):
        return False
    try:
        return not len(read_mtz(path, with_data=False).batches)
    except InputError:
        return False  # whoever reads it will say what is wrong


def _beginning(path: str | os.PathLike[str]) -> bytes:
    require_file(path)
    try:
        with Path(path).open("rb") as stream:
            return stream.read(64)
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}; check the name") from None
