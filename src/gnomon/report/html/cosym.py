"""The page of cosym: the Laue group, which data sets were turned, and how sure both are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnomon.maths.trees import tree
from gnomon.report.html.blocks import Block, Section, Table, Tile, Tiles, Verdict, Words
from gnomon.report.html.cells import CELL_COLUMNS, cell_figures
from gnomon.report.html.coordinates import dimensions, planes
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.matrix import matrix_with_tree
from gnomon.report.html.figures.points import by_data_set
from gnomon.report.html.symmetry import symmetry_section
from gnomon.report.html.tables import MOST_ROWS

_SURE, _FAIR = 0.95, 0.7
_MARGIN = 0.1


def sections(stats: Mapping[str, Any]) -> list[Section]:
    """The sections, without those of which ``stats`` says nothing."""
    found = [
        _summary(stats),
        _coordinates(stats),
        _matrices(stats),
        _data_sets(stats),
        symmetry_section(stats),
        Section("Decisions", (Words(stats["reasons"], listed=True),)),
    ]
    return [section for section in found if section.blocks]


def _summary(stats: Mapping[str, Any]) -> Section:
    n, left_out = len(stats["names"]), stats["excluded"]
    sentence = (
        f"{n} data sets in one setting of {stats['space_group']}; {stats['n_used']} of {stats['n_observations']} "
        f"observations, to {stats['d_min']:.2f} Å, tell them apart."
    )
    blocks: list[Block] = [Words([sentence]), Tiles(_tiles(stats))]
    if left_out:
        blocks.append(Table("Left out", ("data set", "why"), [(row["name"], row["reason"]) for row in left_out]))
    return Section("Summary", blocks)


def _tiles(stats: Mapping[str, Any]) -> list[Tile]:
    sure, left_out = stats["laue_confidence"], len(stats["excluded"])
    tiles = [
        Tile("Laue group", stats["laue_group"], _rising(sure, _SURE, _FAIR), f"probability {sure:.3f}"),
        Tile("Space group", stats["space_group"], "", f"{len(stats['space_groups'])} kinds of absences compared"),
        Tile("Data sets", str(len(stats["names"])), "look" if left_out else "", f"{left_out} left out"),
    ]
    if _settings_to_choose(stats):
        margins = np.asarray(stats["margins"], float)
        worst = int(margins.argmin())
        tiles += [
            Tile("Settings to choose from", str(len(stats["settings"])), "", "that the lattice cannot tell apart"),
            Tile("Least margin", f"{margins[worst]:.2f}", _rising(margins[worst], _MARGIN, 0.0), stats["names"][worst]),
        ]
    return tiles


def _rising(value: float, good: float, fair: float) -> Verdict:
    return "good" if value >= good else "look" if value >= fair else "bad"


def _settings_to_choose(stats: Mapping[str, Any]) -> bool:
    return len(stats["settings"]) > 1 and len(stats["names"]) > 1


def _coordinates(stats: Mapping[str, Any]) -> Section:
    if len(stats["names"]) < 2:
        return Section("Coordinates")
    names = stats["names"]
    blocks: list[Block] = []
    if _settings_to_choose(stats):
        blocks += _all_settings(stats)
    one = {"names": names, "labels": np.zeros(len(names), int)}
    blocks += planes("Chosen settings", np.asarray(stats["coordinates"], float), one)
    blocks += [f for f in [dimensions(stats["dimensions_tried"], stats["dimensions"])] if f is not None]
    return Section("Coordinates", blocks)


def _all_settings(stats: Mapping[str, Any]) -> list[Block]:
    owner, operator = (np.asarray(stats[f"coordinates_all_{k}"], int) for k in ("data_set", "operator"))
    kinds = [f"turned by {text}" for text in stats["settings"]]
    of = {
        "names": [stats["names"][k] for k in owner],
        "labels": operator,
        "cluster_names": ["chosen setting", *kinds[1:]],
    }
    note = "Every data set in every setting that the lattice allows: chosen ones lie together, away from the others."
    return list(planes("All settings", np.asarray(stats["coordinates_all"], float), of, note))


def _matrices(stats: Mapping[str, Any]) -> Section:
    names = stats["names"]
    if len(names) < 2:
        return Section("Data set against data set")
    order = tree(np.asarray(stats["cosines"], float), "ward")
    of = {"names": names, "labels": None, "height": "1 - cosine"}
    kinds = (
        ("Correlation of intensities", "cc", "Both in the order of the tree of cosines."),
        (
            "Cosines of the angles between coordinates",
            "cosines",
            "Alike but for errors: 1. Blocks are kinds of crystal.",
        ),
    )
    figures = [matrix_with_tree(title, np.asarray(stats[key], float), order, of, note) for title, key, note in kinds]
    return Section("Data set against data set", figures)


def _data_sets(stats: Mapping[str, Any]) -> Section:
    names, cells = stats["names"], np.asarray(stats["cells"], float)
    blocks: list[Block] = []
    if _settings_to_choose(stats):
        margins = np.asarray(stats["margins"], float)
        note = f"How much better the chosen setting agrees with the others' than any other; below {_MARGIN:g} in doubt."
        blocks.append(by_data_set("Margin of the setting", names, margins, axis("margin", rangemode="tozero"), note))
    if len(names) > 1:
        blocks += cell_figures(names, cells)
    shown = [f"{m:.2f}" if np.isfinite(m) else "-" for m in stats["margins"]]
    rows = [
        [name, change, margin, *(f"{x:.3f}" for x in cell)]
        for name, change, margin, cell in zip(names, stats["changes"], shown, cells)
    ]
    note = ""
    if len(rows) > MOST_ROWS:
        rows = [rows[k] for k in np.argsort(np.asarray(stats["margins"], float), kind="stable")]
        note = "The least margin first."
    headers = ("data set", "new axes", "margin", *CELL_COLUMNS)
    return Section("Data sets", [*blocks, Table("Change of basis and cell in the common setting", headers, rows, note)])
