"""The page of integrate: what was measured, how well profiles fit, and why the rest was not measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.report.html.blocks import Block, Figure, Section, Table, Tile, Tiles, Words
from gnomon.report.html.figures.axes import axis, resolution_axis
from gnomon.report.html.figures.lines import Curve, lines, many_lines
from gnomon.steps.integrate.summary import ComparedShell, ExperimentSummary, IntegrateSummary

_COUNTS = (
    ("predicted", "predicted"),
    ("summed", "summed"),
    ("fitted", "fitted"),
    ("references", "references"),
    ("partial", "partial"),
    ("overloaded", "overloaded"),
    ("overlapped", "overlapped"),
    ("bad_pixels", "bad pixels"),
    ("not_integrated", "not integrated"),
)
_ALL_BUT = 0.9  # of the predicted, below which it is worth a look why


def sections(summary: IntegrateSummary) -> list[Section]:
    """Counts and widths of each experiment, then profiles and what fits and sums have of each other."""
    each = summary.experiments
    predicted, measured = (sum(getattr(e, key) for e in each) for key in ("predicted", "summed"))
    share = measured / max(predicted, 1)
    tiles = Tiles(
        [
            Tile("Predicted", str(predicted)),
            Tile("Summed", str(measured), "good" if share >= _ALL_BUT else "look", f"{share:.1%} of them"),
            Tile("Fitted", str(sum(e.fitted for e in each))),
            Tile("Overloaded", str(sum(e.overloaded for e in each))),
        ]
    )
    blocks: list[Block] = [tiles, Words(summary.sentences, listed=True), *_tables(each)]
    return [Section("Summary", blocks), Section("Profiles", _profiles(each))]


def _tables(each: Sequence[ExperimentSummary]) -> list[Block]:
    counts = [(str(i), *(str(getattr(e, key)) for key, _ in _COUNTS)) for i, e in enumerate(each)]
    widths = [
        (
            str(i),
            str(e.spots),
            f"{e.sigma_b:.4f}",
            f"{e.sigma_m:.4f}",
            *(f"{r.median:+.3f} ± {r.spread:.3f}" for r in e.residuals),
        )
        for i, e in enumerate(each)
    ]
    reasons = list(dict.fromkeys(reason for e in each for reason in e.unmeasured))
    why = [(str(i), *(str(e.unmeasured.get(reason, 0)) for reason in reasons)) for i, e in enumerate(each)]
    found: list[Block] = [
        Table("Reflections", ("experiment", *(name for _, name in _COUNTS)), counts),
        Table(
            "Spots",
            ("experiment", "spots", "sigma_b / °", "sigma_m / °", "dx / px", "dy / px", "dz / images"),
            widths,
            "Widths, and strong spots observed minus predicted: median and robust spread.",
        ),
    ]
    return [*found, Table("Not integrated, by reason", ("experiment", *reasons), why)] if reasons else found


def _profiles(each: Sequence[ExperimentSummary]) -> list[Block]:
    blocks: list[Block] = []
    for title, key, label, good in (
        (
            "Profile correlation by resolution",
            "correlation",
            "mean correlation",
            "Good: high where data are strong, falling with them. Low at low resolution: spots unlike the profile.",
        ),
        (
            "Background by resolution",
            "background",
            "counts / px",
            "Good: smooth, with the ring of solvent at 3 to 4 Å. Spikes: ice.",
        ),
    ):
        curves = [
            Curve(
                f"experiment {i}",
                [(s.d_max**-2 + s.d_min**-2) / 2 for s in e.shells],
                [getattr(s, key) for s in e.shells],
            )
            for i, e in enumerate(each)
            if e.shells
        ]
        if curves:
            x = resolution_axis(np.concatenate([np.asarray(c.x) for c in curves]))
            blocks.append(many_lines(title, curves, {"x": x, "y": axis(label)}, good=good))
    blocks += [f for f in (_compared(each, *kind) for kind in _COMPARED) if f is not None]
    return blocks


_COMPARED = (
    ("strength", "I/sigma", "Fits over sums by strength"),
    ("zeta", "zeta", "Fits over sums by zeta"),
)


def _compared(each: Sequence[ExperimentSummary], key: str, label: str, title: str) -> Figure | None:
    shells: Sequence[Sequence[ComparedShell]] = [e.fit_over_sum.get(key, ()) for e in each]
    curves = [
        Curve(f"experiment {i}", [(s.low + s.high) / 2 for s in one], [s.ratio for s in one], mode="lines+markers")
        for i, one in enumerate(shells)
        if one
    ]
    if not curves:
        return None
    kind = "log" if key == "strength" else "linear"
    axes = {"x": axis(label, type=kind), "y": axis("fitted / summed")}
    good = (
        "Good: 1 within a hundredth or two. Off for strong spots: the profile's shape is wrong; for weak ones: "
        "background."
    )
    return many_lines(title, curves, axes, good=good) if len(curves) > 1 else lines(title, curves, axes, good=good)
