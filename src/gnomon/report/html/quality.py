"""Whether scaled data are well, by the figures that a crystallographer looks at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from gnomon.report.html.blocks import Tile, Verdict


def headline(stats: Mapping[str, Any]) -> str:
    """One sentence: how many observations of what, to which resolution."""
    overall = stats["overall"]
    n_sets = len(stats["models"])
    sets = f" of {n_sets} data sets" if n_sets > 1 else ""
    cell = ", ".join(f"{x:.2f}" for x in stats["cell"][:3]) + " Å, " + ", ".join(f"{x:.2f}" for x in stats["cell"][3:])
    return (
        f"{overall['n_observations'][0]} observations{sets}, {overall['n_unique'][0]} unique, "
        f"in {stats['space_group']}, cell {cell}°, from {overall['d_max'][0]:.2f} to {overall['d_min'][0]:.2f} Å."
    )


def quality(stats: Mapping[str, Any]) -> list[Tile]:
    """A tile a figure of merit: overall, with the outer shell beside it."""
    return [_resolution(stats), _cc_half(stats), *_levels(stats), _r_meas(stats), _isa(stats)]


def _resolution(stats: Mapping[str, Any]) -> Tile:
    d_min, suggested = stats["overall"]["d_min"][0], stats.get("suggested_d_min")
    if suggested is not None and suggested > 1.01 * d_min:
        return Tile("Resolution", f"{d_min:.2f} Å", "look", f"beyond {suggested:.2f} Å mostly noise")
    return Tile("Resolution", f"{d_min:.2f} Å", "", "CC1/2 above 0.3 to the edge")


def _cc_half(stats: Mapping[str, Any]) -> Tile:
    value, outer = stats["overall"]["cc_half"][0], stats["shells"]["cc_half"][-1]
    return Tile("CC1/2", _shown(value, "{:.3f}"), _rising(value, 0.98, 0.9), f"outer shell {_shown(outer, '{:.3f}')}")


def _levels(stats: Mapping[str, Any]) -> list[Tile]:
    """I/sigma, completeness and multiplicity."""
    overall, shells = stats["overall"], stats["shells"]
    rows: Sequence[tuple[str, str, str, float | None, float]] = (
        ("I/sigma", "i_over_sigma", "{:.1f}", None, 0.0),
        ("Completeness", "completeness", "{:.1%}", 0.95, 0.8),
        ("Multiplicity", "multiplicity", "{:.1f}", 2.0, 1.2),
    )
    return [
        Tile(
            label,
            _shown(overall[key][0], form),
            "" if good is None else _rising(overall[key][0], good, fair),
            f"outer shell {_shown(shells[key][-1], form)}",
        )
        for label, key, form, good, fair in rows
    ]


def _r_meas(stats: Mapping[str, Any]) -> Tile:
    """Judged in the shell of lowest resolution, where counting is no excuse."""
    value, inner = stats["overall"]["r_meas"][0], stats["shells"]["r_meas"][0]
    verdict = _rising(-inner, -0.07, -0.12)
    return Tile("Rmeas", _shown(value, "{:.3f}"), verdict, f"inner shell {_shown(inner, '{:.3f}')}")


def _isa(stats: Mapping[str, Any]) -> Tile:
    """I/sigma that the strongest reflections reach: 1 / (a b). Diederichs 2010."""
    isa = stats["error_model"]["isa"]
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
