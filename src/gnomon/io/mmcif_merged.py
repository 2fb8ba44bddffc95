"""The block of merged data in an mmCIF: ``_refln``, with the statistics that a deposition asks for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from gnomon.io.cif_text import Value, category, columns_loop, loop
from gnomon.io.mmcif_context import ENTRY, beginning, cell_and_symmetry, programs, radiation
from gnomon.maths.intensities.data_quality import DataQuality
from gnomon.maths.intensities.statistics import ShellStatistics
from gnomon.models.free_set import free_value
from gnomon.models.merged import Measured, MergedData


def merged_block(
    merged: MergedData, quality: DataQuality | None, history: Iterable[str], probe: str, ratio: float | None
) -> str:
    """The block; without quality it has no statistics. ratio: of polarisation, None where it is not known."""
    parts = [
        beginning("merged", probe),
        programs(history),
        loop("exptl_crystal", [{"id": "1"}]),
        loop("diffrn", [{"id": "1", "crystal_id": "1", "details": "merged data"}]),
        radiation([merged.wavelength], [0], probe, [float("nan") if ratio is None else ratio]),
        cell_and_symmetry(merged.cell, merged.hall_symbol),
        _statistics(merged, quality) if quality is not None else "",
        columns_loop("refln", _columns(merged)),
    ]
    return "".join(parts)


_FIGURES = {
    "d_resolution_high": ("d_res_high", "d_min"),
    "d_resolution_low": ("d_res_low", "d_max"),
    "number_obs": ("number_unique_obs", "n_unique"),
    "pdbx_number_measured_all": ("number_measured_all", "n_observations"),
    "percent_possible_obs": ("percent_possible_obs", "completeness"),
    "pdbx_redundancy": ("pdbx_redundancy", "multiplicity"),
    "pdbx_netI_over_sigmaI": ("meanI_over_sigI_obs", "i_over_sigma"),
    "pdbx_Rmerge_I_obs": ("Rmerge_I_obs", "r_merge"),
    "pdbx_Rrim_I_all": ("pdbx_Rrim_I_all", "r_meas"),
    "pdbx_Rpim_I_all": ("pdbx_Rpim_I_all", "r_pim"),
    "pdbx_CC_half": ("pdbx_CC_half", "cc_half"),
    "pdbx_percent_possible_anomalous": ("pdbx_percent_possible_anomalous", "anomalous_completeness"),
    "pdbx_redundancy_anomalous": ("pdbx_redundancy_anomalous", "anomalous_multiplicity"),
    "pdbx_CC_half_anomalous": ("pdbx_CC_half_anomalous", "cc_anom"),
}
"""Item of _reflns: that of _reflns_shell, and our figure."""
_PERCENT = ("completeness", "anomalous_completeness")


def _figure(statistics: ShellStatistics, name: str, shell: int) -> Value:
    """One figure of one shell."""
    value = getattr(statistics, name)[shell]
    if name.startswith("n_"):
        return int(value)
    if name == "cc_half" and value < 0:
        return None  # the dictionary allows 0 to 1
    return float(value) * (100 if name in _PERCENT else 1)


def _statistics(merged: MergedData, quality: DataQuality) -> str:
    """``_reflns`` and ``_reflns_shell``."""
    overall, shells = quality.statistics.overall, quality.statistics.shells
    whole: dict[str, Value] = {item: _figure(overall, ours, 0) for item, (_, ours) in _FIGURES.items()}
    whole |= {
        "B_iso_Wilson_estimate": quality.wilson_b,
        "pdbx_scaling_rejects": quality.n_rejected,
        "R_free_details": None if merged.free is None else _free_details(merged.free),
    }
    first: dict[str, Value] = {"entry_id": ENTRY, "pdbx_ordinal": 1, "pdbx_diffrn_id": "1"}
    rows = []
    for i in range(len(shells.d_min)):
        row: dict[str, Value] = {"pdbx_ordinal": i + 1, "pdbx_diffrn_id": "1"}
        row |= {item: _figure(shells, ours, i) for item, ours in _FIGURES.values()}
        rows.append({**row, "number_possible": int(shells.n_possible[i])})
    return category("reflns", first | whole) + loop("reflns_shell", rows)


def _free_details(flag: np.ndarray) -> str:
    share = float((flag == free_value(flag)).mean())
    return f"{100 * share:.1f} % of the reflections, those of pdbx_r_free_flag {free_value(flag)}"


def _columns(merged: MergedData) -> dict[str, np.ndarray]:
    """The columns of ``_refln``, sorted by index."""
    n = len(merged)
    ones = np.ones(n, int)
    columns = {"crystal_id": ones, "wavelength_id": ones}
    columns |= {f"index_{name}": merged.hkl[:, i] for i, name in enumerate("hkl")}
    columns["status"] = np.full(n, "o")
    if merged.free is not None:
        columns["status"] = np.where(merged.free == free_value(merged.free), "f", "o")
        columns["pdbx_r_free_flag"] = merged.free
    columns |= _measured(merged.mean, ("intensity_meas", "intensity_sigma"), ("F_meas_au", "F_meas_sigma_au"))
    if merged.plus is not None and merged.minus is not None:
        for sign, half in (("plus", merged.plus), ("minus", merged.minus)):
            names = ((f"pdbx_{kind}_{sign}", f"pdbx_{kind}_{sign}_sigma") for kind in "IF")
            columns |= _measured(half, *names)
        columns |= _differences(merged.plus, merged.minus)
    order = np.lexsort(merged.hkl.T[::-1])
    return {name: values[order] for name, values in columns.items()}


def _measured(data: Measured, intensity: tuple[str, str], amplitude: tuple[str, str]) -> dict[str, np.ndarray]:
    found = dict(zip(intensity, (data.intensity, data.sigma)))
    if data.amplitude is not None and data.amplitude_sigma is not None:
        found |= dict(zip(amplitude, (data.amplitude, data.amplitude_sigma)))
    return found


def _differences(plus: Measured, minus: Measured) -> dict[str, np.ndarray]:
    """F(+) - F(-), where there are amplitudes."""
    if plus.amplitude is None or minus.amplitude is None:
        return {}
    assert plus.amplitude_sigma is not None
    assert minus.amplitude_sigma is not None
    sigma = np.hypot(plus.amplitude_sigma, minus.amplitude_sigma)
    return {"pdbx_anom_difference": plus.amplitude - minus.amplitude, "pdbx_anom_difference_sigma": sigma}
