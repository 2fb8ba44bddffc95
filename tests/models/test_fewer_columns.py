"""Smaller tables hold what later steps need, and nothing that was computed is lost by mistake."""

import numpy as np
import pytest

from gnomon.models.fewer_columns import fewer_columns
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections


def table(n=10, scaled=True):
    """A table as integrate or scale leave it; every second observation is an outlier."""
    names = ("background.mean", "intensity.sum.value", "intensity.prf.value", "zeta", "partiality", "d")
    if scaled:
        names += ("intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor")
    columns = {name: np.ones(n) for name in names}
    flags = np.full(n, Flag.SCALED, np.uint64)
    flags[::2] |= np.uint64(Flag.OUTLIER_IN_SCALING)
    return Reflections({"id": np.zeros(n, int), "miller_index": np.ones((n, 3), int), "flags": flags, **columns})


def test_all_is_all():
    given = table()
    assert fewer_columns(given, "all") == (given, "")


@pytest.mark.parametrize(
    ("choice", "rows", "gone"),
    [
        ("scaling", 10, {"background.mean", "zeta"}),
        ("merging", 5, {"background.mean", "zeta", "d", "intensity.prf.value"}),
    ],
)
def test_what_is_left_out_is_told(choice, rows, gone):
    found, told = fewer_columns(table(), choice)
    assert (len(found), set(table().names) - set(found.names)) == (rows, gone)
    assert f"{len(gone)} columns" in told
    assert ("5 rows" in told) == (choice == "merging")


def test_a_table_that_is_for_something_else_stays_whole():
    given = table(scaled=False)
    found, told = fewer_columns(given, "merging")
    assert found is given
    assert "all columns written" in told
    assert fewer_columns(given, "scaling")[1].startswith("output.columns=scaling: 2 columns left out")
