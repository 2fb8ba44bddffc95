"""What correlation_matrix found, as text."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.report.clusters import memberships
from gnomon.report.table import text_table
from gnomon.steps.correlation_matrix.summary import CorrelationMatrixSummary, DifferingReflection
from gnomon.summary import DataSetRemark

_MOST_NAMES = 4
_MOST_DIFFERING = 5
_MORE = "(more of them are on the page)"


def describe(summary: CorrelationMatrixSummary) -> str:
    """Clusters and how sure they are, what went where, what was left out, and the reflections that differ most."""
    tried = "" if not summary.dimensions_tried else f" of {len(summary.dimensions_tried)} tried"
    parts = [
        f"{summary.n_used} of {summary.n_observations} observations, to {summary.d_min:.2f} Å, compare "
        f"{len(summary.names)} data sets in {summary.space_group}; coordinates of {summary.dimensions} "
        f"dimensions{tried}; OPTICS alone sees {_seen(summary)}",
        _splits(summary),
        _clusters(summary),
        memberships(summary.names, summary.clusters),
        _data_sets(summary),
        _outliers(summary.outliers),
        _differing(summary.differing),
        *summary.sentences,
    ]
    return "\n\n".join(part for part in parts if part)


def _seen(summary: CorrelationMatrixSummary) -> str:
    labels = summary.optics_labels
    kinds, lone = len({x for x in labels if x >= 0}), sum(x < 0 for x in labels)
    return f"{kinds} cluster{'s' * (kinds != 1)} and {lone} data sets in none"


def _splits(summary: CorrelationMatrixSummary) -> str:
    rows = [
        (
            f"{_short(summary.names, s.a)} | {_short(summary.names, s.b)}",
            s.shared,
            f"{s.cc_within:.3f}",
            f"{s.cc_between:.3f}",
            _p(s.p_real),
            _p(s.p_gap),
            _p(s.level),
            "split" if s.significant else "one",
        )
        for s in summary.splits
    ]
    head = ("data sets", "reflections", "CC within", "between", "p(no difference)", "p(no gap)", "level", "")
    title = "Splits tested on reflections that did not make them: both probabilities must be below the level"
    return text_table(title, head, rows) if rows else ""


def _clusters(summary: CorrelationMatrixSummary) -> str:
    rows = [
        (
            c.name,
            len(c.members),
            f"{c.completeness:.1%}",
            f"{c.multiplicity:.1f}",
            " ".join(f"{x:.2f}" for x in c.cell),
            "-" if c.p_value is None else _p(c.p_value),
        )
        for c in summary.clusters
    ]
    head = ("cluster", "data sets", "completeness", "multiplicity", "median cell (Å, degrees)", "p")
    return text_table("Clusters", head, rows) if rows else "No clusters"


def _data_sets(summary: CorrelationMatrixSummary) -> str:
    rows = [(summary.names[m.data_set], f"cluster_{m.cluster}", m.shared, f"{m.cc:.3f}") for m in summary.memberships]
    head = ("data set", "cluster", "reflections shared", "CC with its rest")
    return text_table("Data sets", head, rows) if rows else ""


def _outliers(rows: Sequence[DataSetRemark]) -> str:
    return "\n".join(f"in no cluster: {row.name}: {row.reason}" for row in rows)


def _differing(rows: Sequence[DifferingReflection]) -> str:
    tables = []
    for pair in dict.fromkeys(r.pair for r in rows):
        body = [
            (
                "{:3d} {:3d} {:3d}".format(*r.hkl),
                f"{r.d:.2f}",
                *(r.i_a, r.sigma_a, r.i_b, r.sigma_b),
                f"{r.z:+.1f}",
            )
            for r in [r for r in rows if r.pair == pair][:_MOST_DIFFERING]
        ]
        a, b = pair
        head = ("h k l", "d", f"I in {a}", "sigma", f"I in {b}", "sigma", "z")
        tables.append(
            text_table(f"The {len(body)} reflections that differ most between cluster_{a} and cluster_{b}", head, body)
        )
    return "\n\n".join([*tables, *([_MORE] if tables else [])])


def _short(names: Sequence[str], members: Sequence[int]) -> str:
    shown = ", ".join(names[i] for i in members[:_MOST_NAMES])
    more = len(members) - _MOST_NAMES
    return f"{shown}, +{more}" if more > 0 else shown


def _p(value: float) -> str:
    return f"{value:.1e}" if value < 1e-3 else f"{value:.3f}"
