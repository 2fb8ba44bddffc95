"""Numbers that no measurement can have given do not leave a step."""

from __future__ import annotations

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.merged import Measured, MergedData
from gnomon.models.reflections import Reflections
from gnomon.models.similarity import Similarity
from gnomon.models.soundness import sound
from gnomon.models.unmerged import UnmergedData
from gnomon.step import Result, checked

BOTH = int(Flag.INTEGRATED_SUM | Flag.INTEGRATED_PRF)


def table(**changes):
    columns = {
        "flags": np.full(4, BOTH),
        "partiality": np.array([1.0, 0.5, 1.0, 0.2]),
        "intensity.sum.value": np.array([100.0, 50.0, 0.0, 5.0]),
        "intensity.sum.variance": np.array([110.0, 55.0, 4.0, 6.0]),
        "intensity.prf.value": np.array([101.0, 99.0, 1.0, 20.0]),
        "intensity.prf.variance": np.array([105.0, 210.0, 3.0, 160.0]),
    }
    return Reflections({**columns, **{name.replace("_", "."): np.array(v) for name, v in changes.items()}})


def test_a_sound_table_is_the_same_object():
    given = table()
    assert sound(given) == (given, {})


def test_a_fit_of_what_was_hardly_recorded_is_none():
    """As came out of blank images: -8e6 with a variance of 1e14."""
    given = table(intensity_prf_value=[101.0, -8e6, 1.0, 20.0], intensity_prf_variance=[105.0, 1e14, 3.0, 160.0])
    found, counts = sound(given)
    assert counts == {"intensity.prf": 1}
    assert found.has(Flag.INTEGRATED_PRF).tolist() == [True, False, True, True]
    assert found.has(Flag.INTEGRATED_SUM).all()
    assert (found["intensity.prf.value"][1], found["intensity.prf.variance"][1]) == (0.0, -1.0)


def test_what_is_no_number_is_none():
    found, counts = sound(table(intensity_sum_value=[np.nan, 50.0, 0.0, np.inf]))
    assert counts == {"intensity.sum": 2}
    assert found.has(Flag.INTEGRATED_SUM).tolist() == [False, True, True, False]
    assert np.isfinite(found["intensity.sum.value"]).all()


def test_a_partiality_below_zero_takes_its_intensities_along():
    found, counts = sound(table(partiality=[1.0, -0.0009, 1.0, 0.2]))
    assert counts == {"partiality": 1, "intensity.sum": 1, "intensity.prf": 1}
    assert not found.has(Flag.INTEGRATED_SUM)[1]


def test_every_step_says_what_it_took_out():
    result = checked(Result(Experiments(), table(partiality=[1.0, -0.0009, 1.0, 0.2]), {"reasons": []}))
    assert any("1 rows have an impossible partiality" in words for words in result.impossible)
    assert not checked(Result(Experiments(), table(), {})).impossible


def merged(**changes):
    values = {
        "intensity": np.array([10.0, 20.0, -1.0]),
        "sigma": np.array([1.0, 2.0, 1.0]),
        "count": np.array([3, 2, 1]),
        "amplitude": np.array([3.2, np.nan, 0.4]),
        "amplitude_sigma": np.array([0.2, np.nan, 0.2]),
    }
    mean = Measured(**{**values, **{k: np.array(v) for k, v in changes.items()}})
    return MergedData(
        np.array([[1, 0, 0], [2, 0, 0], [3, 0, 0]]), np.array([50, 50, 50, 90, 90, 90.0]), "P 1", 1.0, mean
    )


def test_merged_means_that_cannot_be_are_not_measured():
    assert not checked(Result(Experiments(), Reflections(), {}, merged())).impossible
    given = merged(sigma=[1.0, 0.0, 1.0], amplitude=[3.2, np.nan, np.inf])
    found = checked(Result(Experiments(), Reflections(), {}, given))
    mean = found.product.mean
    assert mean.count.tolist() == [3, 0, 1]
    assert np.isnan(mean.intensity).tolist() == [False, True, False]
    assert np.isnan(mean.amplitude).tolist() == [False, True, True]
    assert found.impossible == (
        "1 merged intensities are impossible: given as not measured",
        "1 amplitudes of intensities are impossible: left out",
    )


def test_observations_that_cannot_be_are_not_exported():
    rows = {
        "experiment": np.zeros(3, int), "hkl": np.eye(3, dtype=int), "image": np.ones(3, int), "xyz": np.zeros((3, 3)),
        "phi": np.zeros(3), "intensity": np.array([5.0, 6.0, 7.0]), "sigma": np.array([1.0, np.inf, 1.0]),
        "scale": np.array([1.0, 1.0, 0.0]),
    }  # fmt: skip
    data = UnmergedData(Experiments(), np.array([50, 50, 50, 90, 90, 90.0]), "P 1", 1.0, True, **rows)
    found = checked(Result(Experiments(), Reflections(), {}, data))
    assert found.product.intensity.tolist() == [5.0]
    assert (len(found.product.hkl), len(found.product.cell)) == (1, 6)
    assert found.impossible == ("2 observations are impossible: not exported",)


def test_correlations_that_cannot_be_are_not_known():
    cc = np.array([[1.0, np.nan], [1.2, 1.0]])
    found = checked(Result(Experiments(), Reflections(), {}, Similarity(cc, np.eye(2))))
    assert found.product.cc.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert found.product.cosines.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert found.impossible == ("2 elements of the correlation matrix are impossible: given as 0",)
