"""Tables that were read: what cannot be is told, left out, or refused."""

import numpy as np
import pytest

from gnomon.cli.reading import sound_table
from gnomon.errors import InputError
from gnomon.models.flags import Flag
from gnomon.models.reflections import MissingColumn, Reflections
from gnomon.models.table_limits import damage, usable


def table(**changes):
    """Four integrated reflections."""
    columns = {
        "id": np.zeros(4, int),
        "panel": np.zeros(4, int),
        "flags": np.full(4, int(Flag.INTEGRATED_SUM)),
        "miller_index": np.arange(12).reshape(4, 3),
        "bbox": np.tile([0, 5, 0, 5, 0, 1], (4, 1)),
        "xyzcal.px": np.ones((4, 3)),
        "intensity.sum.value": np.full(4, 100.0),
        "intensity.sum.variance": np.full(4, 100.0),
        "lp": np.ones(4),
    }
    return Reflections({**columns, **changes})


def with_row(values, row):
    """The values with those of the first row changed."""
    changed = np.array(values, float)
    changed[0] = row
    return changed


def test_a_sound_table_stays_as_it_is():
    before = table()
    after, notes = usable(before)
    assert damage(before, [1]) == ""
    assert not notes
    assert all(after[name] is before[name] for name in before)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("miller_index", np.full((4, 3), 2**30), "4 rows have a miller_index beyond 10000"),
        ("miller_index", np.full((4, 3), -(2**31)), "4 rows have a miller_index beyond 10000"),
        ("bbox", np.tile([5, 0, 0, 5, 0, 1], (4, 1)), "4 rows have a bbox that holds no spot"),
        ("bbox", np.tile([-(2**31), 2**31 - 1, 0, 5, 0, 1], (4, 1)), "4 rows have a bbox"),
        ("bbox", np.tile([0, 9999, 0, 9999, 0, 9999], (4, 1)), "4 rows have a bbox"),
        ("panel", np.array([0, 0, 1, 0]), "1 rows are on panel 1, which the detector does not have"),
        ("panel", np.full(4, 2**63, np.uint64), "4 rows are on panel 9223372036854775808"),
    ],
)
def test_whole_numbers_that_cannot_be_are_refused(name, values, said):
    assert said in damage(table(**{name: values}), [1])


def test_a_damaged_table_is_told_with_its_name():
    with pytest.raises(InputError, match=r"x\.refl: 4 rows have a miller_index .* the file is damaged, make it again"):
        sound_table(table(miller_index=np.full((4, 3), 2**30)), [], "x.refl")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_rows_of_impossible_places_are_left_out(value):
    found, notes = usable(table(**{"xyzcal.px": with_row(np.ones((4, 3)), value)}))
    assert len(found) == 3
    assert notes == ["1 rows have an impossible xyzcal.px: left out"]


@pytest.mark.parametrize(("value", "left"), [(1e-300, 3), (-1e12, 3), (0.0, 4), (1e-3, 4)])
def test_rows_whose_corrections_are_none_are_left_out(value, left):
    after, notes = usable(table(qe=with_row(np.ones(4), value)))
    assert len(after) == left
    assert notes == (["1 rows have an impossible qe: left out"] if left < 4 else [])


def test_rows_whose_corrections_are_no_numbers_are_left_out():
    found, notes = usable(table(lp=with_row(np.ones(4), np.nan)))
    assert len(found) == 3
    assert "1 rows have an impossible lp: left out" in notes


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_impossible_intensities_are_no_measurements(value):
    found, notes = usable(table(**{"intensity.sum.value": with_row(np.full(4, 100.0), value)}))
    assert found.has(Flag.INTEGRATED_SUM).tolist() == [False, True, True, True]
    assert found["intensity.sum.value"][0] == 0
    assert notes == ["1 rows have an impossible intensity.sum: not to be used"]


def test_a_table_of_which_nothing_is_left_is_refused():
    with pytest.raises(InputError, match=r"4 rows have an impossible intensity.sum.*no other intensity is left"):
        sound_table(table(**{"intensity.sum.value": np.full(4, np.nan)}), [], "x.refl")
    with pytest.raises(InputError, match=r"4 rows have an impossible xyzcal.px.*no others are left"):
        sound_table(table(**{"xyzcal.px": np.full((4, 3), np.nan)}), [], "x.refl")


def test_a_missing_column_is_told_in_one_line():
    with pytest.raises(MissingColumn, match="the reflections have no column 'shade', which is needed here"):
        table()["shade"]
    assert isinstance(MissingColumn("x"), InputError)
    assert table().get("shade") is None
