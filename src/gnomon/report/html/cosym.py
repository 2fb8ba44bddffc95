"""The page of cosym: the Laue group, which data sets were turned, and how sure both are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.maths.data_sets.trees import tree
from gnomon.models.similarity import Similarity
from gnomon.report.html.blocks import Block, Section, Table, Tile, Tiles, Verdict, Words
from gnomon.report.html.cells import CELL_COLUMNS, cell_figures
from gnomon.report.html.coordinates import dimensions, planes
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.matrix import matrix_with_tree
from gnomon.report.html.figures.points import by_data_set
from gnomon.report.html.symmetry import symmetry_section
from gnomon.report.html.tables import MOST_ROWS
from gnomon.steps.cosym.summary import CosymSummary

_SURE, _FAIR = 0.95, 0.7
_MARGIN = 0.1


def sections(summary: CosymSummary, similarity: Similarity | None = None) -> list[Section]:
    """The sections, without those of which ``summary`` says nothing."""
    found = [
        _overview(summary),
        _coordinates(summary),
        *([_matrices(summary.names, similarity)] if similarity is not None else []),
        _data_sets(summary),
        symmetry_section(summary),
        Section("Decisions", (Words(summary.sentences, listed=True),)),
    ]
    return [section for section in found if section.blocks]


def _overview(summary: CosymSummary) -> Section:
    n, left_out = len(summary.names), summary.excluded
    sentence = (
        f"{n} data sets in one setting of {summary.space_group}; {summary.n_used} of {summary.n_observations} "
        f"observations, to {summary.d_min:.2f} Å, tell them apart."
    )
    blocks: list[Block] = [Words([sentence]), Tiles(_tiles(summary))]
    if left_out:
        blocks.append(Table("Left out", ("data set", "why"), [(row.name, row.reason) for row in left_out]))
    return Section("Summary", blocks)


def _tiles(summary: CosymSummary) -> list[Tile]:
    sure, left_out = summary.laue_confidence, len(summary.excluded)
    tiles = [
        Tile("Laue group", summary.laue_group, _rising(sure, _SURE, _FAIR), f"probability {sure:.3f}"),
        Tile("Space group", summary.space_group, "", f"{len(summary.space_groups)} kinds of absences compared"),
        Tile("Data sets", str(len(summary.names)), "look" if left_out else "", f"{left_out} left out"),
    ]
    if _settings_to_choose(summary):
        margins = _margins(summary)
        worst = int(margins.argmin())
        tiles += [
            Tile("Settings to choose from", str(len(summary.settings)), "", "that the lattice cannot tell apart"),
            Tile("Least margin", f"{margins[worst]:.2f}", _rising(margins[worst], _MARGIN, 0.0), summary.names[worst]),
        ]
    return tiles


def _rising(value: float, good: float, fair: float) -> Verdict:
    return "good" if value >= good else "look" if value >= fair else "bad"


def _settings_to_choose(summary: CosymSummary) -> bool:
    return len(summary.settings) > 1 and len(summary.names) > 1


def _coordinates(summary: CosymSummary) -> Section:
    if len(summary.names) < 2:
        return Section("Coordinates")
    names = summary.names
    blocks: list[Block] = []
    if _settings_to_choose(summary):
        blocks += _all_settings(summary)
    one = {"names": names, "labels": np.zeros(len(names), int)}
    blocks += planes("Chosen settings", np.asarray(summary.coordinates, float), one)
    blocks += [f for f in [dimensions(summary.dimensions_tried, summary.dimensions)] if f is not None]
    return Section("Coordinates", blocks)


def _all_settings(summary: CosymSummary) -> list[Block]:
    n, settings = len(summary.names), len(summary.settings)
    owner, operator = np.repeat(np.arange(n), settings), np.tile(np.arange(settings), n)
    kinds = [f"turned by {text}" for text in summary.settings]
    of = {
        "names": [summary.names[k] for k in owner],
        "labels": operator,
        "cluster_names": ["chosen setting", *kinds[1:]],
    }
    note = "Every data set in every setting that the lattice allows: chosen ones lie together, away from the others."
    return list(planes("All settings", np.asarray(summary.coordinates_all, float), of, note))


def _matrices(names: Sequence[str], similarity: Similarity) -> Section:
    if len(names) < 2:
        return Section("Data set against data set")
    order = tree(similarity.cosines, "ward")
    of = {"names": names, "labels": None, "height": "1 - cosine"}
    kinds = (
        ("Correlation of intensities", similarity.cc, "Both in the order of the tree of cosines."),
        (
            "Cosines of the angles between coordinates",
            similarity.cosines,
            "Alike but for errors: 1. Blocks are kinds of crystal.",
        ),
    )
    figures = [matrix_with_tree(title, values, order, of, note) for title, values, note in kinds]
    return Section("Data set against data set", figures)


def _margins(summary: CosymSummary) -> np.ndarray:
    """(n,) the margins of the settings, infinite where there is no other."""
    return np.array([np.inf if margin is None else margin for margin in summary.margins])


def _data_sets(summary: CosymSummary) -> Section:
    names, cells = summary.names, np.asarray(summary.cells, float)
    blocks: list[Block] = []
    if _settings_to_choose(summary):
        margins = _margins(summary)
        note = f"How much better the chosen setting agrees with the others' than any other; below {_MARGIN:g} in doubt."
        blocks.append(by_data_set("Margin of the setting", names, margins, axis("margin", rangemode="tozero"), note))
    if len(names) > 1:
        blocks += cell_figures(names, cells)
    shown = ["-" if margin is None else f"{margin:.2f}" for margin in summary.margins]
    rows = [
        [name, change, margin, *(f"{x:.3f}" for x in cell)]
        for name, change, margin, cell in zip(names, summary.changes, shown, cells)
    ]
    note = ""
    if len(rows) > MOST_ROWS:
        rows = [rows[k] for k in np.argsort(_margins(summary), kind="stable")]
        note = "The least margin first."
    headers = ("data set", "new axes", "margin", *CELL_COLUMNS)
    return Section("Data sets", [*blocks, Table("Change of basis and cell in the common setting", headers, rows, note)])
