"""Whether scaled data are well, by the figures that a crystallographer looks at first."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from gnomon.report.html.blocks import Tile, Verdict
from gnomon.steps.scale.summary import ScaleSummary


def headline(summary: ScaleSummary) -> str:
    """One sentence: how many observations of what, to which resolution."""
    overall = summary.overall
    n_sets = len(summary.models)
    sets = f" of {n_sets} data sets" if n_sets > 1 else ""
    cell = ", ".join(f"{x:.2f}" for x in summary.cell[:3]) + " Å, " + ", ".join(f"{x:.2f}" for x in summary.cell[3:])
    return (
        f"{overall.n_observations} observations{sets}, {overall.n_unique} unique, "
        f"in {summary.space_group}, cell {cell}°, from {overall.d_max:.2f} to {overall.d_min:.2f} Å."
    )


def quality(summary: ScaleSummary) -> list[Tile]:
    """A tile a figure of merit: overall, with the outer shell beside it."""
    return [_resolution(summary), _cc_half(summary), *_levels(summary), _r_meas(summary), _isa(summary)]


def _resolution(summary: ScaleSummary) -> Tile:
    d_min, suggested = summary.overall.d_min, summary.suggested_d_min
    if suggested is not None and suggested > 1.01 * d_min:
        return Tile("Resolution", f"{d_min:.2f} Å", "look", f"beyond {suggested:.2f} Å mostly noise")
    return Tile("Resolution", f"{d_min:.2f} Å", "", "CC1/2 above 0.3 to the edge")


def _cc_half(summary: ScaleSummary) -> Tile:
    value, outer = summary.overall.cc_half, summary.shells[-1].cc_half
    return Tile("CC1/2", _shown(value, "{:.3f}"), _rising(value, 0.98, 0.9), f"outer shell {_shown(outer, '{:.3f}')}")


def _levels(summary: ScaleSummary) -> list[Tile]:
    """I/sigma, completeness and multiplicity."""
    overall, outer = summary.overall, summary.shells[-1]
    rows: Sequence[tuple[str, str, str, float | None, float]] = (
        ("I/sigma", "i_over_sigma", "{:.1f}", None, 0.0),
        ("Completeness", "completeness", "{:.1%}", 0.95, 0.8),
        ("Multiplicity", "multiplicity", "{:.1f}", 2.0, 1.2),
    )
    return [
        Tile(
            label,
            _shown(getattr(overall, key), form),
            "" if good is None else _rising(getattr(overall, key), good, fair),
            f"outer shell {_shown(getattr(outer, key), form)}",
        )
        for label, key, form, good, fair in rows
    ]


def _r_meas(summary: ScaleSummary) -> Tile:
    """Judged in the shell of lowest resolution, where counting is no excuse."""
    value, inner = summary.overall.r_meas, summary.shells[0].r_meas
    verdict = _rising(-inner, -0.07, -0.12)
    return Tile("Rmeas", _shown(value, "{:.3f}"), verdict, f"inner shell {_shown(inner, '{:.3f}')}")


def _isa(summary: ScaleSummary) -> Tile:
    """I/sigma that the strongest reflections reach: 1 / (a b). Diederichs 2010."""
    isa = summary.error_model.isa
    return Tile("I/sigma asymptotic", _shown(isa, "{:.1f}"), _rising(isa, 10, 5), "of the strongest reflections")


def _rising(value: float, good: float, fair: float) -> Verdict:
    """The verdict on a figure that is the better the higher."""
    if not isfinite(value):
        return ""
    if value >= good:
        return "good"
    return "look" if value >= fair else "bad"


def _shown(value: float, form: str) -> str:
    return form.format(value) if isfinite(value) else "-"
