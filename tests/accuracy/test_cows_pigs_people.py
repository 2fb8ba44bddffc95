"""The tutorial of cows, pigs and people: its commands typed, what comes out held to truth, small and whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typed import DOCS, Done, typed

from gnomon.io.expt import read_experiments
from gnomon.models.names import data_set_names
from gnomon.simulate.assess.crystals import CrystalsFigures, assess_crystals
from gnomon.simulate.series_truth import load_series_truth

PAGE = DOCS / "tutorial" / "cows-pigs-and-people.md"


@dataclass(frozen=True)
class Typed:
    """A folder in which the commands were typed, what each did, and the figures of merit."""

    folder: Path
    done: Done
    figures: CrystalsFigures

    def words(self, start: str) -> str:
        """What the command that starts so printed."""
        return next(d.stdout for line, d in self.done.items() if line.startswith(start))

    def table_one(self, start: str) -> dict[str, float]:
        """Overall figures of a scaling."""
        rows = re.findall(r"^(\S.*?)\s{2,}(-?[\d.]+) ", self.words(start).split("Table 1")[1], re.MULTILINE)
        return {name: float(value) for name, value in rows}


def run(folder: Path, example: str, timeout: float) -> Typed:
    """The page's commands on an example, without the last, which does it all again."""

    def change(line: str) -> str:
        return line.replace("insulins_small", example).replace("gnomon process data/*gz", "gnomon process --help")

    done = typed(PAGE, folder, change, timeout)
    everything = read_experiments(folder / "scaled.expt")
    names = data_set_names(everything)
    inside = {p.stem: data_set_names(read_experiments(p)) for p in sorted(folder.glob("cluster_?.expt"))}
    clusters = {name: [names.index(n) for n in members] for name, members in inside.items()}
    return Typed(folder, done, assess_crystals(load_series_truth(folder / "data"), everything, clusters))


@pytest.fixture(
    scope="module",
    params=[
        "insulins_small",
        pytest.param("insulins", marks=pytest.mark.slow),
        pytest.param("insulins5", marks=pytest.mark.slow),
    ],
)
def tutorial(request, tmp_path_factory) -> Typed:
    """The tutorial at small size; with ``-m slow`` the whole one, and that with wedges of 5 degrees."""
    return run(tmp_path_factory.mktemp(request.param), request.param, timeout=1800)


def test_the_laue_group_is_found_and_all_crystals_share_one_setting(tutorial):
    assert "Laue group I m -3" in tutorial.words("gnomon cosym")
    assert tutorial.figures.in_one_setting == tutorial.figures.data_sets


def test_clusters_are_the_species(tutorial):
    figures = tutorial.figures
    assert figures.unmixed
    assert len(figures.clusters) == 3
    assert len({sum(counts.values()) for counts in figures.clusters.values()}) == 1
    assert sum(sum(counts.values()) for counts in figures.clusters.values()) == figures.data_sets


def test_each_cluster_is_better_than_the_mixture(tutorial):
    mixture = tutorial.table_one("gnomon scale symmetrized")
    for k in range(3):
        cluster = tutorial.table_one(f"gnomon scale cluster_{k}")
        assert cluster["Rpim(I)"] < mixture["Rpim(I)"]
        assert cluster["CC half"] > mixture["CC half"]


def test_cells_are_right(tutorial):
    assert np.median(np.abs(tutorial.figures.cell_error)) < 5e-4
