"""One door to the files of other programs: a format's name, and the right writer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from gnomon.errors import InputError
from gnomon.io.hklf5 import write_hklf5
from gnomon.io.mmcif import write_mmcif
from gnomon.io.mosflm import write_mosflm
from gnomon.io.mtz import write_unmerged_mtz
from gnomon.io.nexus_reflections import Names, write_nexus
from gnomon.io.pets import write_pets
from gnomon.io.rlp_json import write_rlp_json
from gnomon.io.sadabs import write_sadabs
from gnomon.io.scalepack import write_scalepack
from gnomon.io.shelx import write_shelx_hkl, write_shelx_ins
from gnomon.io.xds_ascii import write_xds_ascii
from gnomon.maths.crystal.cell_uncertainty import cell_sd
from gnomon.maths.intensities.data_quality import DataQuality
from gnomon.models.experiment import Experiments
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData
from gnomon.plugins import plugins
from gnomon.step import Data

ENDINGS = {
    "mtz": ".mtz",
    "mmcif": ".cif",
    "xds_ascii": ".HKL",
    "shelx": ".hkl",
    "sca": ".sca",
    "sadabs": ".sad",
    "hklf5": ".hkl",
    "json": ".json",
    "nxs": ".nxs",
    "pets": ".cif_pets",
    "mosflm": "",
}
"""Format: how its files' names end."""

_NAMES = {"json": "rlp.json", "mosflm": "mosflm"}
"""Format: the name of what it makes, of whatever input."""


class Exporter(Protocol):
    """What a package names in its entry points of the group ``gnomon.exporters``: a format, by the entry point's name.

    gnomon's own formats keep their names. Of several wavelengths one file each is asked for.
    """

    ending: str
    """How its files' names end: ``.csv``."""
    wants_merged: bool
    """Whether :meth:`write` is to have merged data and their quality, where the data are scaled."""

    def write(
        self,
        path: str,
        unmerged: UnmergedData,
        merged: MergedData | None,
        quality: DataQuality | None,
    ) -> Exported:
        """Write the file whole or not at all (:func:`gnomon.io.atomic.write_whole`); say which files and what of them.

        Raises InputError, one line, for data that the format cannot hold.
        """


class Exported(NamedTuple):
    """The files that were written, and what is to be told of their content."""

    paths: list[str]
    notes: list[str]


def ending_of(format: str) -> str:
    """How the names of the format's files end. Raises InputError for a format that is none."""
    return ENDINGS[format] if format in ENDINGS else _exporter(format).ending


def name_for(stem: str, format: str) -> str:
    """The name of the file that is made of files called ``stem``. Raises InputError for a format that is none."""
    return _NAMES.get(format) or stem + ending_of(format)


def wants_merged(format: str) -> bool:
    """Whether the format has merged data in it. Raises InputError for a format that is none."""
    return format in ("sca", "mmcif") if format in ENDINGS else _exporter(format).wants_merged


def _exporter(format: str) -> Exporter:
    others: dict[str, Exporter] = plugins("gnomon.exporters")
    if format not in others:
        raise InputError(f"no format {format!r}; choose one of {', '.join([*ENDINGS, *others])}")
    return others[format]


def write_exported(
    path: str | os.PathLike[str],
    format: str,
    product: UnmergedData | Data,
    merged: MergedData | None = None,
    composition: str = "CHNO",
    quality: DataQuality | None = None,
    **options: Any,
) -> Exported:
    """Write what export made in ``format`` (one of ENDINGS, or of another package); of SHELX also the .ins beside it.

    merged: needed by sca, and put beside the unmerged data in mmcif, with the statistics of ``quality``. options: what
    the format alone takes (``run`` of sadabs, ``n_digits`` of json...). mosflm makes a folder of that name.
    Raises InputError without it, and for a format that is none.
    """
    if isinstance(product, Data):
        return _write_whole_table(str(path), format, product, options)
    unmerged = product
    paths, notes = [str(path)], []
    if format == "mtz":
        write_unmerged_mtz(path, unmerged)
    elif format == "mmcif":
        write_mmcif(path, merged, unmerged, quality)
    elif format == "xds_ascii":
        notes = [write_xds_ascii(path, unmerged)]
    elif format in ("shelx", "hklf5"):
        notes = _write_hkl(path, format, unmerged, options)
        instructions = Path(path).with_suffix(".ins")
        write_shelx_ins(
            instructions, unmerged, composition, mean_cell_sd(unmerged.experiments), 4 + (format != "shelx")
        )
        paths.append(str(instructions))
    elif format == "sadabs":
        notes = [_scaled(write_sadabs(path, unmerged, **options))]
    elif format == "sca" and merged is not None:
        scale, told = write_scalepack(path, merged)
        notes = [_scaled(scale), told]
    elif format == "sca":
        raise InputError("a scalepack file holds merged data; scale first, then export format=sca")
    else:
        return _exporter(format).write(str(path), unmerged, merged, quality)
    return Exported(paths, [note for note in notes if note])


def _write_hkl(path: str | os.PathLike[str], format: str, unmerged: UnmergedData, options: dict[str, Any]) -> list[str]:
    """Write the .hkl of SHELX; what to tell."""
    if format == "shelx":
        return [_scaled(write_shelx_hkl(path, unmerged))]
    scale, told = write_hklf5(path, unmerged, **options)
    return [_scaled(scale), told]


def _write_whole_table(path: str, format: str, data: Data, options: dict[str, Any]) -> Exported:
    """Write a table as it is, or the experiments alone."""
    experiments, reflections = data
    notes: list[str] = []
    if format == "mosflm":
        return Exported(write_mosflm(path, experiments), notes)
    if format == "json":
        write_rlp_json(path, experiments, reflections, **options)
    elif format == "nxs":
        notes = [write_nexus(path, experiments, reflections, Names(**options))]
    elif format == "pets":
        write_pets(path, experiments, reflections, **options)
    else:
        raise InputError(
            f"{format} holds observations, which export chooses, not a table; give what export makes of it"
        )
    return Exported([path], [note for note in notes if note])


def _scaled(scale: float) -> str:
    """What to tell of the factor that brings intensities into their columns."""
    return "" if scale == 1 else f"intensities and sigmas multiplied by {scale:g} to keep their digits in the columns"


def mean_cell_sd(experiments: Experiments) -> np.ndarray | None:
    """(6,) uncertainty of the mean cell, Å and degrees: sqrt(sum sd^2) / n; None where a crystal has none."""
    found = [None if e.crystal is None else cell_sd(e.crystal) for e in experiments]
    known = [sd for sd in found if sd is not None]
    if not known or len(known) < len(found):
        return None
    return np.sqrt(np.sum(np.square(known), axis=0)) / len(known)
