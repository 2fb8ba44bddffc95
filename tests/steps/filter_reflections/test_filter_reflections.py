"""Filters keep what meets all that is asked, and say what each took."""

import numpy as np
import pytest
from diffract import crystal, instrument

from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.report.filter_reflections import describe
from gnomon.steps.filter_reflections.expression import flagged
from gnomon.steps.filter_reflections.params import FilterReflectionsParams
from gnomon.steps.filter_reflections.step import filter_reflections
from tests.plain_values import assert_plain

SUM, PRF, STRONG = int(Flag.INTEGRATED_SUM), int(Flag.INTEGRATED_PRF), int(Flag.STRONG)
FLAGS = np.array([SUM, PRF, SUM | PRF, SUM | PRF | STRONG, STRONG, 0], np.uint64)


@pytest.fixture
def table():
    return Reflections(
        {
            "flags": FLAGS,
            "id": [0, 0, 0, 1, 1, -1],
            "panel": [0, 1, 2, 0, 1, 2],
            "d": [1.0, 2.0, 3.0, 4.0, 3.67, 0.0],
            "partiality": [0.1, 0.995, 1.0, 0.5, 1.0, 1.0],
            "intensity.sum.variance": [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
            "intensity.prf.variance": [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
        }
    )


@pytest.mark.parametrize(
    ("expression", "rows"),
    [
        ("integrated", [2, 3]),  # all bits of a name of several, as in DIALS
        ("integrated_sum", [0, 2, 3]),
        ("integrated & ~strong", [2]),
        ("integrated_sum and not strong", [0, 2]),
        ("strong | integrated_prf", [1, 2, 3, 4]),
        ("~(strong | integrated_prf)", [0, 5]),
        ("integrated_sum ^ integrated_prf", [0, 1]),
        ("STR", [3, 4]),  # an unambiguous beginning
    ],
)
def test_expressions_of_flags(expression, rows):
    assert np.flatnonzero(flagged(expression, FLAGS)).tolist() == rows


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("integrated &", "cannot be read"),
        ("integrated + strong", "holds more than"),
        ("print(1)", "holds more than"),
        ("integrate", "ambiguous.*integrated_sum"),
        ("green", "no flag; give one of background_includes_bad_pixels"),
    ],
)
def test_what_is_no_expression_is_told(expression, words):
    with pytest.raises(InputError, match=words):
        flagged(expression, FLAGS)


@pytest.mark.parametrize(
    ("params", "rows"),
    [
        ({"flag_expression": "integrated"}, [2, 3]),
        ({"id": (1,)}, [3, 4]),
        ({"panel": (0, 2)}, [0, 2, 3, 5]),
        ({"d_min": 2.0}, [1, 2, 3, 4]),
        ({"d_max": 3.0}, [0, 1, 2]),
        ({"d_min": 2.0, "d_max": 3.0, "id": (0,)}, [1, 2]),
        ({"partiality_min": 0.5}, [1, 2, 3, 4, 5]),
        ({"partiality_min": 0.2, "partiality_max": 0.995}, [1, 3]),
        ({"select_good_intensities": True}, [2]),
        ({"ice_rings": True, "rings_d_min": 3.5}, [0, 1, 2, 3, 5]),
    ],
)
def test_each_filter(table, params, rows):
    result = filter_reflections(Experiments(), table, FilterReflectionsParams(**params))
    expected = table.select(rows)
    for name in ("flags", "id", "panel", "d"):
        np.testing.assert_array_equal(result.reflections[name], expected[name])
    assert f"{len(rows)} of 6 reflections kept" in describe(result.summary)
    assert_plain(result.summary)


def test_the_words_say_what_each_took(table):
    result = filter_reflections(Experiments(), table, FilterReflectionsParams(id=(0,), d_min=1.5))
    assert describe(result.summary).splitlines()[:2] == [
        "3 reflections of another id left out",
        "1 reflections beyond 1.5 Å left out",
    ]


def test_resolution_comes_from_indices_or_spots_where_no_column_has_it():
    one = instrument().replace(crystal=crystal((50, 60, 70, 90, 90, 90), np.random.default_rng(0)))
    spots = np.array([[500.0, 500.0, 3.0], [700.0, 500.0, 3.0]])  # the beam, and 34.4 mm from it at 200 mm
    table = Reflections(
        {
            "id": [0, 0, 0],
            "panel": [0, 0, 0],
            "miller_index": [[10, 0, 0], [0, 0, 0], [0, 0, 0]],
            "xyzobs.px.value": np.concatenate([[[1.0, 1.0, 1.0]], spots]),
        }
    )
    kept = filter_reflections(Experiments.of([one]), table, FilterReflectionsParams(d_max=6.0)).reflections
    assert len(kept) == 2  # 5.00 Å by index, 5.87 Å by place
    with pytest.raises(InputError, match=r"give the \.expt file too"):
        filter_reflections(Experiments(), table, FilterReflectionsParams(d_max=6.0))


SQUARE = (-0.05, -0.05, 0.05, -0.05, 0.05, 0.05, -0.05, 0.05)


def test_a_polygon_in_reciprocal_space_holds_the_spots_above_it():
    one = instrument()  # s0 along -z, 200 mm; 0.172 mm pixels; beam at pixel 500, 500
    spots = np.array([[500.0, 500, 0.5], [520, 500, 0.5], [900, 500, 0.5], [500, 480, 170.5], [0, 0, 0]])
    table = Reflections(
        {"id": [0] * 5, "panel": [0] * 5, "xyzobs.px.value": spots, "n_signal": [1, 2, 3, 4, 5], "flags": [0] * 5}
    )

    def rows(**params):
        kept = filter_reflections(Experiments.of([one]), table, FilterReflectionsParams(**params)).reflections
        return (kept["n_signal"] - 1).tolist()

    assert rows(polygon=SQUARE) == [0, 1, 3]
    assert rows(polygon=SQUARE, image_range=(1, 100)) == [0, 1]
    assert rows(polygon=SQUARE, n_signal=(2, 3)) == [1]
    assert rows(polygon=SQUARE, right=(0, 1, 0), up=(0, 0, 1), depth=(0.01, 1)) == [1]  # depth along x
    with pytest.raises(InputError, match=r"none of 5 .*outside the polygon: 5"):
        rows(polygon=SQUARE, crystal_frame=True)  # of no crystal
    with pytest.raises(InputError, match=r"give the \.expt file too"):
        filter_reflections(Experiments(), table, FilterReflectionsParams(polygon=SQUARE))


@pytest.mark.parametrize(
    "params",
    [
        {"polygon": (1, 2, 3, 4)},
        {"polygon": (1, 2, 3, 4, 5, 6, 7)},
        {"up": (2, 0, 0)},
        {"depth": (2, 1)},
        {"image_range": (3, 2)},
    ],
)
def test_regions_that_cannot_be_are_refused(params):
    with pytest.raises(ValueError, match=r"corners|plane|lower"):
        FilterReflectionsParams(**params)


def test_nothing_asked_and_nothing_left_are_told(table):
    with pytest.raises(InputError, match="told nothing"):
        filter_reflections(Experiments(), table, FilterReflectionsParams())
    with pytest.raises(InputError, match=r"none of 6 .*beyond 9 Å: 6"):
        filter_reflections(Experiments(), table, FilterReflectionsParams(d_min=9.0))
    with pytest.raises(InputError, match="needs the column partiality"):
        filter_reflections(
            Experiments(), table.without_columns("partiality"), FilterReflectionsParams(partiality_min=0.5)
        )
