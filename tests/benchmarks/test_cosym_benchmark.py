"""What cosym and correlation_matrix cost against the number of data sets: bounds on memory, operations and pages."""

import tracemalloc

import numpy as np
import pytest
from chain import Timing
from cosym import growth, table, write_data_sets

from gnomon.distribute.workers import Workers
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.maths.data_sets import pairwise
from gnomon.step import Context
from gnomon.steps.cosym import coordinates, settings
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """narrow wedges as the benchmark makes them, 12 and 24."""
    folder = tmp_path_factory.mktemp("narrow")
    write_data_sets([12, 24], folder, narrow=True)
    return {
        n: (
            read_experiments(folder / str(n) / "integrated.expt"),
            read_reflections(folder / str(n) / "integrated.refl"),
        )
        for n in (12, 24)
    }


def test_pairs_met_grow_with_the_square_and_memory_hardly(data, monkeypatch):
    """With limits in the proportion that 1,000 data sets have to the real ones."""
    monkeypatch.setattr(settings, "MEAN_FIELD", 6)
    monkeypatch.setattr(coordinates, "_MOST_POINTS", 12)
    monkeypatch.setattr(coordinates, "_LEAST_TOGETHER", 5)
    again = cosym(*data[24], CosymParams(), context=Context(Workers(2)))  # and what it needs is imported
    rows: list[int] = []
    row = pairwise.Pairs.row
    monkeypatch.setattr(pairwise.Pairs, "row", lambda self, i, before=None: rows.append(i) or row(self, i, before))
    peak, times = {}, {}
    for n, (experiments, table_) in data.items():
        rows.clear()
        tracemalloc.start()
        result = cosym(experiments, table_, CosymParams())
        peak[n] = tracemalloc.get_traced_memory()[1] / 1e6 - table_["id"].nbytes / 1e6
        tracemalloc.stop()
        times[n] = len(rows) / n
        assert len(result.experiments) == n
    assert max(times.values()) < 12  # times that each data set goes through its pairs
    assert peak[24] < 3 * peak[12]  # twice the data; all sums of 1,000 data sets would be 1.5 GB
    np.testing.assert_array_equal(again.summary.coordinates_all, result.summary.coordinates_all)


def test_the_table_tells_growth_and_pages(tmp_path):
    (tmp_path / "20").mkdir()
    (tmp_path / "20" / "gnomon.cosym.html").write_text("x" * 10**5)
    found = {"cosym": {10: Timing(1.0, 1.0, 100.0, True, ""), 20: Timing(4.0, 4.0, 200.0, True, "")}}
    assert "n^2.00" in growth(found)
    assert "n^1.00" in growth(found)
    assert "0.10" in table(found, tmp_path)
