"""What scaling decided, and how good the data are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gnomon.maths.intensities.agreement import significant_correlation
from gnomon.maths.intensities.anomalous_signal import AnomalousSignal
from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.report.data_sets import data_set_table, filtering_lines
from gnomon.report.table import text_table
from gnomon.steps.scale.summary import ScaleSummary

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


class Merging(Protocol):
    """What tables of merging statistics are made of: the summary of scale, and others that have these."""

    @property
    def shells(self) -> tuple[MergingFigures, ...]:
        """By resolution, low first."""

    @property
    def overall(self) -> MergingFigures:
        """Of all the data."""

    @property
    def anomalous_signal(self) -> AnomalousSignal:
        """Differences of I(+) and I(-)."""


def table_one_rows(summary: Merging) -> list[Sequence[str]]:
    """The rows of Table 1: what, overall, in the shell of lowest and of highest resolution."""
    columns, signal = (summary.overall, summary.shells[0], summary.shells[-1]), summary.anomalous_signal

    def cells(key: str, form: str) -> list[str]:
        return [_shown(getattr(figures, key), form).rstrip("%") for figures in columns]

    rows: list[Sequence[str]] = [(label, *cells(key, form)) for label, key, form in _TABLE_ONE]
    rows += [(label, _shown(getattr(signal, key), "{:.3f}"), "", "") for label, key in _SIGNAL]
    rows.append(("Total observations", *cells("n_observations", "{:d}")))
    rows.append(("Total unique", *cells("n_unique", "{:d}")))
    return rows


def table_one(summary: Merging) -> str:
    """Table 1 with columns Overall, Low and High, in the words of the DIALS tutorial."""
    return text_table("Merging statistics (Table 1)", ("", "Overall", "Low", "High"), table_one_rows(summary))


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


def shell_table_rows(summary: Merging) -> tuple[list[str], list[list[str]]]:
    """Headings, and a row a resolution shell and a last for all; a star marks CC1/2 above chance at 1 in 100."""
    headers = [header for header, _, _ in _SHELL_COLUMNS]
    return headers, _shell_rows([*summary.shells, summary.overall])


def shell_table(summary: Merging) -> str:
    """A row a resolution shell and one for all; a star marks CC1/2 that chance would exceed once in a hundred."""
    return text_table("Merging statistics by resolution", *shell_table_rows(summary))


def _shell_rows(shells: Sequence[MergingFigures]) -> list[list[str]]:
    critical = significant_correlation(np.array([figures.cc_half_pairs for figures in shells]))
    rows = []
    for figures, least in zip(shells, critical):
        row = [_shown(getattr(figures, key), form).rstrip("%") for _, key, form in _SHELL_COLUMNS]
        row[-2] += "*" if figures.cc_half > least else " "
        rows.append(row)
    return rows


def describe(summary: ScaleSummary) -> str:
    """The decisions in a few lines, then the tables."""
    parts = ["\n".join(decisions(summary)), shell_table(summary), data_set_table(summary), table_one(summary)]
    return "\n\n".join(part for part in parts if part)


def decisions(summary: ScaleSummary) -> list[str]:
    """What was fitted, left out and chosen, a sentence each."""
    lines = [*_model_lines(summary), *_error_lines(summary), *summary.sentences, *filtering_lines(summary)]
    d_min = summary.suggested_d_min
    if d_min is not None:
        lines.append(f"CC1/2 falls to 0.3 at {d_min:.2f} Å: d_min={d_min:.2f} would leave out what is mostly noise")
    return lines


def _model_lines(summary: ScaleSummary) -> list[str]:
    kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(summary.models).items())
    low, high = summary.scale_range
    light = f"; {summary.n_light} too light beside equivalents to be merged" if summary.n_light else ""
    lines = [
        f"Scaled {summary.n_observations} observations in {summary.space_group}; models: {kinds}, "
        f"{summary.n_parameters} parameters; inverse scales {low:.3f} to {high:.3f}",
        f"Left out: {summary.n_unsuitable} not integrated or unusable, {summary.n_by_user} by the limits, "
        f"{summary.n_outliers} outliers{light}",
    ]
    if summary.excess_of_partials:
        half = summary.excess_of_partials / 2
        lines.append(f"Partial reflections: I / partiality was off by {half:+.1%} for halves; divided out")
    if summary.intensities_tried:
        tried = ", ".join(f"{_blend_name(t.i_mid)} {t.r_meas:.4f}" for t in summary.intensities_tried)
        lines.append(f"Intensities: {_blend_name(summary.i_mid)} has the lowest Rmeas of {tried}")
    return lines


def _blend_name(i_mid: float) -> str:
    return {0.0: "profile", 1.0: "sum"}.get(i_mid, f"blend at {i_mid:.0f}")


def _error_lines(summary: ScaleSummary) -> list[str]:
    model = summary.error_model
    terms = ", ".join(f"{name} {value:.3g}" for name, value in summary.variance_terms.items())
    return [
        f"Error model: a = {model.a:.3f}, b = {model.b:.4f}, I/sigma of the strongest {model.isa:.1f}",
        *(
            f"Error model of group {i}: a = {one.a:.3f}, b = {one.b:.4f}, I/sigma of the strongest {one.isa:.1f}"
            for i, one in enumerate(summary.error_models)
        ),
        f"Variance, per source: {terms}",
    ]
