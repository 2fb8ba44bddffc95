"""Cell and orientation of the crystals, along their scans and side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.maths.geometry.rotation_vectors import turns_from
from gnomon.models.crystal import Crystal, cell_from_a_matrix
from gnomon.models.experiment import Experiment
from gnomon.models.names import data_set_names
from gnomon.report.html.blocks import Block, Figure, Table
from gnomon.report.html.cells import CELL_COLUMNS, cell_figures
from gnomon.report.html.data.seen import Seen
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines, many_lines

_POINTS = 400  # of a curve along a scan
_FEW = 3  # crystals that are drawn with all their parameters in one figure
_MOVES = 1e-6  # of itself, or degrees: what a parameter that symmetry holds moves by for rounding


def crystal_blocks(seen: Seen) -> list[Block]:
    """Cells along scans where they vary, orientations, a table of cells, and cells side by side."""
    found = [(name, e) for name, e in zip(data_set_names(seen.experiments), seen.experiments) if e.crystal is not None]
    if not found:
        return []
    varying = [(name, e) for name, e in found if e.crystal is not None and e.crystal.is_scan_varying]
    blocks: list[Block] = [*_along_scan(varying)]
    names, cells = [name for name, _ in found], np.array([e.needed_crystal.cell for _, e in found])
    if len(found) > 1 and not varying:
        blocks += cell_figures(names, cells)
    rows = [[name, e.needed_crystal.hall_symbol.strip(), *_cell(e.needed_crystal)] for name, e in found]
    note = (
        "In brackets: standard deviation of the last digits. Cells of crystals that vary are those of the whole scan."
    )
    return [*blocks, Table("Crystals", ("crystal", "Hall symbol", *CELL_COLUMNS, "mosaicity / °"), rows, note)]


def _cell(crystal: Crystal) -> list[str]:
    sd = crystal.cell_parameter_sd
    errors: Sequence[float] = [0.0] * 6 if sd is None else sd.tolist()
    shown = [with_error(float(v), float(e)) for v, e in zip(crystal.cell, errors)]
    return [*shown, "-" if crystal.mosaicity is None else f"{crystal.mosaicity:.3f}"]


def with_error(value: float, error: float) -> str:
    """The value with its error in units of the last digit, two digits of it below 20: 78.1234(12)."""
    if not (error > 0 and np.isfinite(error)):
        return f"{value:.3f}"
    places = int(np.clip(1 - np.floor(np.log10(error)), 0, 8))
    digits = round(error * 10**places)
    if digits > 19 and places:
        places -= 1
        digits = round(error * 10**places)
    return f"{value:.{places}f}({digits})"


def _along_scan(varying: Sequence[tuple[str, Experiment]]) -> list[Figure]:
    if not varying:
        return []
    curves: dict[str, list[Curve]] = {"lengths": [], "angles": [], "turns": []}
    for name, e in varying:
        points = e.needed_crystal.A_at_scan_points
        assert points is not None
        rows = np.unique(np.linspace(0, len(points) - 1, min(len(points), _POINTS)).astype(int))
        image = e.needed_scan.array_range[0] + rows
        cell, turns = cell_from_a_matrix(points[rows]), turns_from(points[rows], points[len(points) // 2])
        own = name if len(varying) > 1 else ""
        curves["lengths"] += _moving(own, "abc", image, 100 * (cell[:, :3] / cell[:, :3].mean(axis=0) - 1))
        curves["angles"] += _moving(own, "αβγ", image, cell[:, 3:] - cell[:, 3:].mean(axis=0))
        curves["turns"] += _moving(own, "xyz", image, np.rad2deg(turns))
    level = (
        "Good: level, or a slow trend. Parameters that all rise together: the crystal warms or dries, or a wrong "
        "distance."
    )
    kinds = (
        ("Cell edges along the scan", "lengths", "from the mean / %", level),
        ("Cell angles along the scan", "angles", "from the mean / °", level),
        (
            "Orientation along the scan", "turns", "turn about the laboratory's axis / °",
            "Good: within a few hundredths of a degree, smooth. A jump: the crystal slipped.",
        ),
    )  # fmt: skip
    drawn = lines if len(varying) <= _FEW else many_lines
    return [
        drawn(title, curves[key], {"x": axis("image"), "y": axis(label)}, good=good)
        for title, key, label, good in kinds
        if curves[key]
    ]


def _moving(name: str, labels: str, image: np.ndarray, values: np.ndarray) -> list[Curve]:
    """A curve a parameter that moves at all."""
    moving = [k for k in range(3) if np.ptp(values[:, k]) > _MOVES]
    return [Curve(f"{name} {labels[k]}".strip(), image, values[:, k]) for k in moving]
