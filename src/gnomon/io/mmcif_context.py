"""What both kinds of data in an mmCIF say first: cell, symmetry, radiation, programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

import gnomon
from gnomon.io.cif_text import Value, category, loop
from gnomon.maths.crystal.symmetry import hall_symbol, space_group

ENTRY = "xxxx"
"""Of an entry that has no identifier yet."""
_METHODS = {"x-ray": "X-RAY DIFFRACTION", "electron": "ELECTRON CRYSTALLOGRAPHY", "neutron": "NEUTRON DIFFRACTION"}
_SCALING = ("symmetry", "cosym", "scale", "merge", "correlation_matrix", "export", "two_theta_refine")


def beginning(name: str, probe: str) -> str:
    """The head of a data block: its name, the entry, the method."""
    method = _METHODS.get(probe, _METHODS["x-ray"])
    head = f"data_{name}\n\n" + category("entry", {"id": ENTRY})
    return head + category("exptl", {"entry_id": ENTRY, "method": method})


def cell_and_symmetry(cell: np.ndarray, hall: str) -> str:
    """The cell, and the space group by its name in the PDB: H 3 is R 3 on hexagonal axes there."""
    group = space_group(hall)
    lengths = {f"length_{axis}": f"{value:.4f}" for axis, value in zip("abc", cell[:3])}
    angles = {f"angle_{name}": f"{value:.4f}" for name, value in zip(("alpha", "beta", "gamma"), cell[3:])}
    name = "H" + group.hm[1:] if group.ext == "H" else group.hm
    symmetry: dict[str, Value] = {
        "entry_id": ENTRY,
        "space_group_name_H-M": name,
        "space_group_name_Hall": hall_symbol(group).strip(),
        "Int_Tables_number": group.number,
    }
    return category("cell", {"entry_id": ENTRY, **lengths, **angles}) + category("symmetry", symmetry)


def radiation(wavelengths: Sequence[float], of_data_set: Sequence[int], probe: str, ratios: Sequence[float]) -> str:
    """The wavelengths (Å), numbered from 1, and the radiation of each data set.

    of_data_set: the number of its wavelength, from 0; ratios: its polarisation, (I_p - I_n) / (I_p + I_n).
    """
    protocol = "MAD" if len(wavelengths) > 1 else "SINGLE WAVELENGTH"
    rows: list[dict[str, Value]] = [
        {
            "diffrn_id": str(i),
            "wavelength_id": str(number + 1),
            "pdbx_monochromatic_or_laue_m_l": "M",
            "pdbx_diffrn_protocol": protocol,
            "pdbx_scattering_type": probe if probe in _METHODS else "x-ray",
            "polarisn_ratio": ratio,
        }
        for i, (number, ratio) in enumerate(zip(of_data_set, ratios), start=1)
    ]
    numbered = [{"id": str(i), "wavelength": f"{w:.6f}", "wt": "1.0"} for i, w in enumerate(wavelengths, start=1)]
    return loop("diffrn_radiation", rows) + loop("diffrn_radiation_wavelength", numbered)


def programs(history: Iterable[str]) -> str:
    """The programs that made the data, by the lines of history of the experiments; this one last."""
    found: dict[tuple[str, str, str], None] = {}
    for line in history:
        _, step, version, *_ = [*line.split("|"), "", "", ""]
        program, _, task = step.partition(".")
        if program and task:
            kind = "data scaling" if task in _SCALING else "data reduction"
            found.setdefault((kind, program, version or "?"))
    found.setdefault(("data scaling", "gnomon", gnomon.__version__))
    rows: list[dict[str, Value]] = [
        {"pdbx_ordinal": i, "name": program, "version": None if version == "?" else version, "classification": kind}
        for i, (kind, program, version) in enumerate(found, start=1)
    ]
    return loop("software", rows)
