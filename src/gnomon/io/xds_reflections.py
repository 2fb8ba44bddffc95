"""XDS_ASCII.HKL (of CORRECT, XSCALE, DIALS or our own) and INTEGRATE.HKL, read."""

from __future__ import annotations

import os
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from gnomon.errors import InputError
from gnomon.io.xds_header import experiment_of, group_of, needed, read_header
from gnomon.maths.crystal.symmetry import hall_symbol
from gnomon.maths.geometry.polarisation import polarisation_factor
from gnomon.maths.geometry.recovered_geometry import diffracted_rays
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.soundness import MOST_INTENSITY
from gnomon.models.table_limits import HIGHEST_INDEX
from gnomon.models.unmerged import UnmergedData

_INTEGRATE = "!OUTPUT_FILE=INTEGRATE.HKL"
_ASCII = "!FORMAT=XDS_ASCII"
_ITEMS_OF_INTEGRATE = (
    "H",
    "K",
    "L",
    "IOBS",
    "SIGMA",
    "XD",
    "YD",
    "ZD",
    "RLP",
    "PEAK",
    "CORR",
    "MAXC",
    "XO",
    "YO",
    "ZO",
)
_FARTHEST = 1_000_000  # pixels, pixels, images
_NEEDED = ("H", "K", "L", "IOBS", "SIGMA", "XD", "YD", "ZD")


def is_xds(first: bytes) -> bool:
    """Whether a file that begins so is one of XDS'."""
    return first.startswith((_INTEGRATE.encode(), _ASCII.encode()))


def read_xds_reflections(path: str | os.PathLike[str]) -> UnmergedData:
    """The observations, an experiment for each ISET; outliers (negative sigma) marked as rejected.

    XDS_ASCII is scaled, INTEGRATE.HKL only corrected for Lorentz and, as if the beam were not polarised, for
    polarisation: that is put right here. Raises InputError where the file is merged, cut off or damaged.
    """
    text = _text(path)
    head, _, body = text.partition("!END_OF_HEADER")
    lines = head.splitlines()
    integrated = lines[0].startswith(_INTEGRATE)
    try:
        header, sets = read_header(lines)
        table = _table(body, header, integrated)
        return _assembled((header, sets), table, integrated, str(path), zlib.crc32(text.encode()))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _text(path: str | os.PathLike[str]) -> str:
    """The whole file. Raises InputError where it is not unmerged data, or cut off."""
    text = Path(path).read_text(encoding="ascii", errors="replace")
    first = text.partition("\n")[0]
    if not is_xds(first.encode()):
        raise InputError(f"{path} is neither XDS_ASCII nor INTEGRATE.HKL; give the file as XDS wrote it")
    if "MERGE=TRUE" in first:
        raise InputError(f"{path} holds merged data (MERGE=TRUE); run XSCALE with MERGE=FALSE")
    if "!END_OF_HEADER" not in text or "!END_OF_DATA" not in text:
        raise InputError(f"{path} is cut off: it has no !END_OF_DATA; copy it again")
    return text


Table = dict[str, np.ndarray]
"""Item: its values (N,)."""


def _table(body: str, header: dict[str, str], integrated: bool) -> Table:
    """The items of each record. Raises InputError where there are none, or one that is needed is missing."""
    if integrated:
        items = {name: i for i, name in enumerate(_ITEMS_OF_INTEGRATE)}
    else:
        found = {name[5:]: value for name, value in header.items() if name.startswith("ITEM_") and value.isdigit()}
        items = {name.replace("SIGMA(IOBS)", "SIGMA"): int(value) - 1 for name, value in found.items()}
    missing = [name for name in _NEEDED if name not in items]
    if missing:
        raise InputError(f"there is no item {missing[0]}; give a file with {', '.join(_NEEDED)}")
    rows = body.partition("!END_OF_DATA")[0].splitlines()[1:]
    count = int(needed(header, "NUMBER_OF_ITEMS_IN_EACH_DATA_RECORD", 1)[0])
    if not any(row.strip() for row in rows):
        raise InputError("there are no reflections; run XDS again")
    try:
        values = np.loadtxt(rows, ndmin=2)
    except ValueError as error:
        raise InputError(f"a record cannot be read ({error}); the file is damaged") from None
    if values.shape[1] < max(count, 1 + max(items[name] for name in _NEEDED)):
        raise InputError(f"records have {values.shape[1]} items, {count} are needed; the file is damaged")
    if not np.isfinite(values).all() or (np.abs(values[:, :3]) > HIGHEST_INDEX).any():
        raise InputError("there are numbers that are none in the records; the file is damaged")
    if (np.abs(values) > MOST_INTENSITY).any():
        raise InputError(f"there are numbers beyond {MOST_INTENSITY:g} in the records; the file is damaged")
    columns = {name: values[:, i] for name, i in items.items() if i < values.shape[1]}
    if any((np.abs(columns[name]) > _FARTHEST).any() for name in ("XD", "YD", "ZD")):
        raise InputError(f"there are spots beyond pixel or image {_FARTHEST} in the records; the file is damaged")
    return columns


def _assembled(
    headers: tuple[dict[str, str], dict[int, dict[str, str]]], table: Table, integrated: bool, path: str, mark: int
) -> UnmergedData:
    header, sets = headers
    iset = table.get("ISET", np.ones(len(table["H"]))).astype(int)
    numbers, experiment = np.unique(iset, return_inverse=True)
    made = [_experiment({**header, **sets.get(n, {})}, table["ZD"][iset == n], path) for n in numbers.tolist()]
    named = [e.replace(identifier=identifier_for(mark, len(iset), i)) for i, (e, _) in enumerate(made)]
    z = table["ZD"]
    phi = np.zeros(len(z))
    for i, e in enumerate(named):
        assert e.scan is not None
        phi[experiment == i] = e.scan.phi_at(z[experiment == i])
    part = np.clip(table["PEAK"] / 100, 0.01, 1.0) if "PEAK" in table else None
    rlp = table.get("RLP", np.zeros(0))
    data = UnmergedData(
        experiments=Experiments.of(named),
        cell=needed(header, "UNIT_CELL_CONSTANTS", 6),
        hall_symbol=hall_symbol(group_of(header)),
        wavelength=float(np.mean([e.beam.wavelength for e in named])),
        scaled=not integrated and header.get("SCALED") != "FALSE",  # XDS has no such key, our writer does
        experiment=experiment,
        hkl=np.column_stack([table[name] for name in "HKL"]).astype(np.int32),
        image=np.floor(z).astype(int) + 1,
        intensity=table["IOBS"],
        sigma=np.abs(table["SIGMA"]),
        xyz=np.column_stack([table["XD"] - 0.5, table["YD"] - 0.5, z]),
        phi=phi,
        partiality=part,
        lp=rlp if len(rlp) and (rlp > 0).all() else None,
        correlation=table["CORR"] / 100 if "CORR" in table else None,
        fitted=True,
        rejected=table["SIGMA"] <= 0,
        without_orientation=tuple(i for i, (_, oriented) in enumerate(made) if not oriented),
    )
    return _polarised(data) if integrated else data


def _experiment(header: dict[str, str], z: np.ndarray, path: str) -> tuple[Experiment, bool]:
    """The experiment of one data set; a file of XSCALE names that data set's own file."""
    return experiment_of(header, z, header.get("INPUT_FILE", path))


def _polarised(data: UnmergedData) -> UnmergedData:
    """The data of INTEGRATE, corrected for the polarisation of the beam: 0.99 where the header does not tell."""
    factor = np.ones(len(data))
    for i, e in enumerate(data.experiments):
        rows = np.flatnonzero(data.experiment == i)
        if not data.unoriented(i):
            s1 = diffracted_rays(e, data.hkl[rows], np.deg2rad(data.phi[rows]))
            without = replace(e.beam, polarization_fraction=0.5)
            factor[rows] = polarisation_factor(without, s1) / polarisation_factor(e.beam, s1)
    lp = factor if data.lp is None else data.lp * factor
    return replace(data, intensity=data.intensity * factor, sigma=data.sigma * factor, lp=lp)
