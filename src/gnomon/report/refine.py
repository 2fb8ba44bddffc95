"""What refine did, in words."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.report.numbers import with_sd
from gnomon.report.table import long_table, text_table
from gnomon.steps.refine.summary import ExperimentSummary, RefineSummary


def _cell(experiment: ExperimentSummary) -> str:
    sds = experiment.cell_sd or [None] * 6
    return " ".join(with_sd(value, sd) for value, sd in zip(experiment.cell, sds))


def _experiments(summary: RefineSummary) -> str:
    rows = [
        (
            str(e.experiment),
            e.n_indexed,
            e.n_used,
            e.n_outliers,
            *(f"{x:.3f}" for x in e.rmsd),
            " ".join(f"{x:.2f}" for x in e.rmsd_indexed),
            "scan-varying" if e.scan_varying else "static",
            _cell(e),
        )
        for e in summary.experiments
    ]
    headers = (
        "experiment",
        "indexed",
        "used",
        "outliers",
        "x (px)",
        "y (px)",
        "z (images)",
        "of all indexed",
        "crystal",
        "cell (Å, degrees)",
    )
    worst = [sum(e.rmsd[:2]) if e.n_used else sum(e.rmsd_indexed[:2]) for e in summary.experiments]
    title = "r.m.s. differences of predicted and observed, of those used and of all"
    return long_table(title, headers, rows, worst, "with the largest r.m.s.")


def _panels(summary: RefineSummary) -> list[str]:
    if not summary.panels:
        return []
    rows = [(f"{p.detector}.{p.panel} {p.name}", p.n_used, *(f"{x:.3f}" for x in p.rmsd)) for p in summary.panels]
    return [text_table("panels", ("panel", "used", "x (px)", "y (px)", "z (images)"), rows)]


def _modules(summary: RefineSummary) -> list[str]:
    if not summary.modules:
        return []
    rows = [
        (
            f"{m.detector}.{m.panel} {_ends(m.fast)} {_ends(m.slow)}",
            m.n_used,
            *(with_sd(value, sd) for value, sd in zip(m.shift, m.shift_sd)),
            with_sd(m.turn, m.turn_sd),
        )
        for m in summary.modules
    ]
    headers = ("detector.panel, px fast, slow", "used", "fast (px)", "slow (px)", "turn (mrad)")
    return [text_table("modules: how far spots on them are off from where the header has them", headers, rows)]


def _ends(pixels: Sequence[int]) -> str:
    return f"{pixels[0]}-{pixels[1] - 1}"


def describe(summary: RefineSummary) -> str:
    """Decisions, how far detectors and beams went, and the tables of experiments, panels and modules."""
    lines = list(summary.sentences)
    for i, move in enumerate(summary.moves):
        x, y, z = move.shift
        lines.append(f"detector {i} moved by {x:.3f} {y:.3f} {z:.3f} mm, its beam by {move.beam_tilt:.4f} degrees")
    angles = summary.misorientations
    if 1 < len(angles) <= 12:
        told = " ".join(f"{a:.3f}" for a in angles[1:])
        lines.append(f"crystals of the other experiments are turned from the first's by {told} degrees")
    return "\n\n".join(["\n".join(lines), _experiments(summary), *_panels(summary), *_modules(summary)])
