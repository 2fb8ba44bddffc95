"""What scaling decided, and how good the data are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gnomon.maths.agreement import significant_correlation
from gnomon.report.data_sets import data_set_table, filtering_lines
from gnomon.report.table import text_table

_TABLE_ONE = (
    ("High resolution limit", "d_min", "{:.2f}"),
    ("Low resolution limit", "d_max", "{:.2f}"),
    ("Completeness", "completeness", "{:.1%}"),
    ("Multiplicity", "multiplicity", "{:.1f}"),
    ("I/sigma", "i_over_sigma", "{:.1f}"),
    ("Rmerge(I)", "r_merge", "{:.3f}"),
    ("Rmerge(I+/-)", "r_merge_anomalous", "{:.3f}"),
    ("Rmeas(I)", "r_meas", "{:.3f}"),
    ("Rmeas(I+/-)", "r_meas_anomalous", "{:.3f}"),
    ("Rpim(I)", "r_pim", "{:.3f}"),
    ("Rpim(I+/-)", "r_pim_anomalous", "{:.3f}"),
    ("CC half", "cc_half", "{:.3f}"),
    ("Anomalous completeness", "anomalous_completeness", "{:.1%}"),
    ("Anomalous multiplicity", "anomalous_multiplicity", "{:.1f}"),
    ("Anomalous correlation", "cc_anom", "{:.3f}"),
)
_SIGNAL = (("Anomalous slope", "slope"), ("dF/F", "d_f_over_f"), ("dI/s(dI)", "d_i_over_sigma"))


def table_one_rows(stats: Mapping[str, Any]) -> list[Sequence[str]]:
    """The rows of Table 1: what, overall, in the shell of lowest and of highest resolution."""
    overall, shells, signal = stats["overall"], stats["shells"], stats["anomalous_signal"]

    def cells(key: str, form: str) -> list[str]:
        values = (overall[key][0], shells[key][0], shells[key][-1])
        return [_shown(value, form).rstrip("%") for value in values]

    rows: list[Sequence[str]] = [(label, *cells(key, form)) for label, key, form in _TABLE_ONE]
    rows += [(label, _shown(signal[key], "{:.3f}"), "", "") for label, key in _SIGNAL]
    rows.append(("Total observations", *cells("n_observations", "{:d}")))
    rows.append(("Total unique", *cells("n_unique", "{:d}")))
    return rows


def table_one(stats: Mapping[str, Any]) -> str:
    """Table 1 with columns Overall, Low and High, in the words of the DIALS tutorial."""
    return text_table("Merging statistics (Table 1)", ("", "Overall", "Low", "High"), table_one_rows(stats))


def _shown(value: float, form: str) -> str:
    return "-" if isinstance(value, float) and np.isnan(value) else form.format(value)


_SHELL_COLUMNS = (
    ("d_max", "d_max", "{:.2f}"),
    ("d_min", "d_min", "{:.2f}"),
    ("#obs", "n_observations", "{:d}"),
    ("#uniq", "n_unique", "{:d}"),
    ("mult", "multiplicity", "{:.2f}"),
    ("%comp", "completeness", "{:.2%}"),
    ("<I>", "mean_intensity", "{:.1f}"),
    ("<I/sI>", "i_over_sigma", "{:.1f}"),
    ("Rmerge", "r_merge", "{:.3f}"),
    ("Rmeas", "r_meas", "{:.3f}"),
    ("Rpim", "r_pim", "{:.3f}"),
    ("Ranom", "r_anom", "{:.3f}"),
    ("CC1/2", "cc_half", "{:.3f}"),
    ("CCanom", "cc_anom", "{:.3f}"),
)


def shell_table_rows(stats: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Headings, and a row a resolution shell and a last for all; a star marks CC1/2 above chance at 1 in 100."""
    headers = [header for header, _, _ in _SHELL_COLUMNS]
    return headers, [*_shell_rows(stats["shells"]), *_shell_rows(stats["overall"])]


def shell_table(stats: Mapping[str, Any]) -> str:
    """A row a resolution shell and one for all; a star marks CC1/2 that chance would exceed once in a hundred."""
    return text_table("Merging statistics by resolution", *shell_table_rows(stats))


def _shell_rows(figures: Mapping[str, Any]) -> list[list[str]]:
    critical = significant_correlation(np.array(figures["cc_half_pairs"]))
    rows = []
    for i in range(len(figures["d_min"])):
        row = [_shown(figures[key][i], form).rstrip("%") for _, key, form in _SHELL_COLUMNS]
        star = "*" if figures["cc_half"][i] > critical[i] else " "
        row[-2] += star
        rows.append(row)
    return rows


def describe(stats: Mapping[str, Any]) -> str:
    """The decisions in a few lines, then the tables."""
    parts = ["\n".join(decisions(stats)), shell_table(stats), data_set_table(stats), table_one(stats)]
    return "\n\n".join(part for part in parts if part)


def decisions(stats: Mapping[str, Any]) -> list[str]:
    """What was fitted, left out and chosen, a sentence each."""
    lines = [*_model_lines(stats), *_error_lines(stats), *stats["reasons"], *filtering_lines(stats)]
    d_min = stats["suggested_d_min"]
    if d_min is not None:
        lines.append(f"CC1/2 falls to 0.3 at {d_min:.2f} Å: d_min={d_min:.2f} would leave out what is mostly noise")
    return lines


def _model_lines(stats: Mapping[str, Any]) -> list[str]:
    kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(stats["models"]).items())
    low, high = stats["scale_range"]
    light = stats.get("n_light", 0)
    lines = [
        f"Scaled {stats['n_observations']} observations in {stats['space_group']}; models: {kinds}, "
        f"{stats['n_parameters']} parameters; inverse scales {low:.3f} to {high:.3f}",
        f"Left out: {stats['n_unsuitable']} not integrated or unusable, {stats['n_by_user']} by the limits, "
        f"{stats['n_outliers']} outliers" + (f"; {light} too light beside equivalents to be merged" if light else ""),
    ]
    if stats["excess_of_partials"]:
        half = stats["excess_of_partials"] / 2
        lines.append(f"Partial reflections: I / partiality was off by {half:+.1%} for halves; divided out")
    if stats["intensities_tried"]:
        tried = ", ".join(f"{_blend_name(t['i_mid'])} {t['r_meas']:.4f}" for t in stats["intensities_tried"])
        lines.append(f"Intensities: {_blend_name(stats['i_mid'])} has the lowest Rmeas of {tried}")
    return lines


def _blend_name(i_mid: float) -> str:
    return {0.0: "profile", 1.0: "sum"}.get(i_mid, f"blend at {i_mid:.0f}")


def _error_lines(stats: Mapping[str, Any]) -> list[str]:
    model = stats["error_model"]
    terms = ", ".join(f"{name} {value:.3g}" for name, value in stats["variance_terms"].items())
    return [
        f"Error model: a = {model['a']:.3f}, b = {model['b']:.4f}, I/sigma of the strongest {model['isa']:.1f}",
        f"Variance, per source: {terms}",
    ]
