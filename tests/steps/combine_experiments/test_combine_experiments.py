"""Combining: what is the same becomes one object, everything else stays as it was."""

from dataclasses import replace

import numpy as np
import pytest
from diffract import crystal, instrument

from gnomon.errors import InputError
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.report.combine_experiments import describe
from gnomon.steps.combine_experiments.params import CombineExperimentsParams
from gnomon.steps.combine_experiments.step import combine_experiments
from tests.plain_values import assert_plain

COUNTS = (5, 30, 10, 20, 15, 7)


def moved(detector: Detector, distance: float) -> Detector:
    frames = detector.frames.copy()
    frames[:, 2, 2] -= distance
    return detector.with_frames(frames)


@pytest.fixture
def six():
    """Three sweeps of two lattices, each sweep read from a file of its own: equal models, different objects."""
    rng = np.random.default_rng(3)
    items = []
    for sweep in range(3):
        one = instrument().replace(images=ImageSet(template=f"/data/x{sweep}_####.cbf"), identifier="")
        items += [one.replace(crystal=crystal((50, 60, 70, 90, 90, 90), rng)) for _ in range(2)]
    ids = np.repeat(np.arange(6), COUNTS)
    signal = np.where(ids == 3, 900.0, 25.0)
    d = np.concatenate([np.linspace(2.0, 8.0, n) for n in COUNTS])
    table = Reflections(
        {
            "id": ids,
            "imageset_id": np.zeros(len(ids), int),
            "d": d,
            "intensity.sum.value": np.where(d > 2.5, signal, np.where(ids == 3, 100.0, 0.0)),
            "intensity.sum.variance": np.full(len(ids), 25.0),
        }
    )
    return Experiments.of(items), table


def combine(given, **params):
    return combine_experiments(*given, CombineExperimentsParams(**params))


def test_equal_models_become_one_object(six):
    result = combine(six)
    counts = {name: len(result.experiments.groups_sharing(name)) for name in ("beam", "detector", "goniometer")}
    assert counts == {"beam": 1, "detector": 1, "goniometer": 1}
    assert [rows for _, rows in result.experiments.groups_sharing("images")] == [[0, 1], [2, 3], [4, 5]]
    assert [rows for _, rows in result.experiments.groups_sharing("scan")] == [[0, 1], [2, 3], [4, 5]]
    assert len(result.experiments.groups_sharing("crystal")) == 6


def test_different_models_stay_apart(six):
    beam = Beam(wavelength=1.001)
    e = six[0].with_items([six[0][0], six[0][1].replace(beam=beam), *six[0].items[2:]])
    e = e.with_items([*e.items[:5], e[5].replace(detector=moved(e[5].detector, 0.2))])
    result = combine((e, six[1]))
    assert [rows for _, rows in result.experiments.groups_sharing("beam")] == [[0, 2, 3, 4, 5], [1]]
    assert [rows for _, rows in result.experiments.groups_sharing("detector")] == [[0, 1, 2, 3, 4], [5]]


def test_a_beam_that_varies_along_its_scan_is_not_shared(six):
    drifting = replace(six[0][0].beam, s0_at_scan_points=np.zeros((181, 3)))
    e = six[0].with_items([six[0][0].replace(beam=drifting), *six[0].items[1:]])
    assert len(combine((e, six[1])).experiments.groups_sharing("beam")) == 2


def test_identifiers_are_unique_and_repeat(six):
    one, two = combine(six), combine(six)
    names = [e.identifier for e in one.experiments]
    assert len(set(names)) == 6
    assert names == [e.identifier for e in two.experiments]
    assert one.reflections.identifiers == dict(enumerate(names))
    twins = six[0].map(lambda e: e.replace(identifier="twin"))
    assert combine((twins, six[1])).experiments[0].identifier == "twin"


def test_image_sets_are_numbered_anew(six):
    result = combine(six)
    np.testing.assert_array_equal(result.reflections["imageset_id"], result.reflections["id"] // 2)


def test_a_reference_replaces_models_only_if_alike_or_told_to(six):
    far = six[0].with_items([*six[0].items[:5], six[0][5].replace(detector=moved(six[0][5].detector, 1.0))])
    with pytest.raises(InputError, match=r"detector of experiment 5 differs .*compare_models=false"):
        combine((far, six[1]), detector=0)
    forced = combine((far, six[1]), detector=5, compare_models=False)
    assert {e.detector.key for e in forced.experiments} == {far[5].detector.key}
    with pytest.raises(InputError, match=r"beam=9: there are 6 experiments"):
        combine(six, beam=9)


def test_the_average_detector_is_the_mean_of_the_different_ones(six):
    far = six[0].with_items([*six[0].items[:5], six[0][5].replace(detector=moved(six[0][5].detector, 1.0))])
    shared = combine((far, six[1])).experiments
    result = combine((shared, six[1]), average_detector=True)
    frame = result.experiments[0].detector.frames[0]
    np.testing.assert_allclose(frame[2, 2], -200.5)
    np.testing.assert_allclose(frame[:, :2].T @ frame[:, :2], np.eye(2), atol=1e-12)
    with pytest.raises(InputError, match="exclude each other"):
        combine(six, average_detector=True, detector=0)


def test_reflections_of_nobody_are_left_out(six):
    table = six[1].with_columns({"id": np.where(np.arange(len(six[1])) < 3, -1, six[1]["id"])})
    result = combine((six[0], table))
    assert len(result.reflections) == sum(COUNTS) - 3
    assert "3 reflections of no experiment left out" in describe(result.summary)
    assert_plain(result.summary)


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"n_subset": 2, "n_subset_method": "n_refl"}, [30, 20]),
        ({"n_subset": 1, "n_subset_method": "significance_filter", "n_bins": 5}, [20]),
        ({"min_reflections_per_experiment": 10}, [30, 10, 20, 15]),
        ({"max_reflections_per_experiment": 10}, [5, 10, 7]),
    ],
)
def test_experiments_are_chosen_by_their_reflections(six, params, kept):
    result = combine(six, **params)
    np.testing.assert_array_equal(np.bincount(result.reflections["id"]), kept)
    assert_plain(result.summary)
    assert len(result.experiments) == len(kept)


def test_a_random_choice_repeats_and_follows_the_seed(six):
    chosen = [combine(six, n_subset=3, seed=seed).summary.n_reflections for seed in (0, 0, 1, 2, 3)]
    assert chosen[0] == chosen[1]
    assert len({tuple(c) for c in chosen}) > 1


def test_the_significance_filter_cuts_where_intensity_fades(six):
    result = combine(six, significance_filter=True, n_bins=10)
    d = result.reflections["d"]
    assert d[result.reflections["id"] != 3].min() > 2.4
    assert d[result.reflections["id"] == 3].min() == 2.0


def test_nothing_left_is_told(six):
    with pytest.raises(InputError, match=r"found 5 to 30"):
        combine(six, min_reflections_per_experiment=99)
    with pytest.raises(InputError, match="no experiment"):
        combine((Experiments(), Reflections()))


def test_sweeps_of_several_lattices_are_named(six):
    single = six[0].with_items(six[0].items[:5])
    result = combine((single, six[1].select(six[1]["id"] < 5)))
    text = describe(result.summary)
    assert "5 experiments from 3 sweeps: 1 beam, 1 detector" in text
    assert "1 lattice (1): x2" in text
    assert "2 lattices (2): x0, x1" in text
