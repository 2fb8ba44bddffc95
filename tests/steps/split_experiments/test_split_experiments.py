"""Splitting: parts hold what they should, and combined again they are the whole."""

import numpy as np
import pytest
from diffract import crystal, instrument

from gnomon.errors import InputError
from gnomon.models.beam import Beam
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.split_experiments.params import SplitExperimentsParams
from gnomon.steps.split_experiments.step import split_experiments
from tests.plain_values import assert_plain


@pytest.fixture
def five():
    rng = np.random.default_rng(0)
    one, other = instrument(), instrument(distance=300.0)
    beams = [Beam(wavelength=w) for w in (1.0, 0.9, 1.00005, 0.9, 1.1)]
    items = [
        (one if i < 3 else other).replace(beam=beam, identifier=f"e{i}", crystal=crystal((50, 60, 70, 90, 90, 90), rng))
        for i, beam in enumerate(beams)
    ]
    ids = np.array([4, 0, 1, -1, 2, 2, 3, 0])
    return Experiments.of(items), Reflections({"id": ids, "panel": np.arange(8)}, {i: f"e{i}" for i in range(5)})


def members(given, **params):
    return [list(part.summary.members) for part in split_experiments(*given, SplitExperimentsParams(**params))]


def test_one_experiment_a_part(five):
    parts = split_experiments(*five, SplitExperimentsParams())
    assert_plain(parts[0].summary)
    assert [e.identifier for part in parts for e in part.experiments] == ["e0", "e1", "e2", "e3", "e4"]
    assert [part.reflections["panel"].tolist() for part in parts] == [[1, 7], [2], [4, 5], [6], [0]]
    assert all((part.reflections["id"] == 0).all() for part in parts)
    assert [part.reflections.identifiers for part in parts] == [{0: f"e{i}"} for i in range(5)]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"by_detector": True}, [[0, 1, 2], [3, 4]]),
        ({"by_wavelength": True}, [[1, 3], [0, 2], [4]]),
        ({"chunk_size": 3}, [[0, 1, 2], [3, 4]]),
        ({"chunk_size": 2}, [[0, 1], [2, 3], [4]]),
        ({"chunk_sizes": (1, 4)}, [[0], [1, 2, 3, 4]]),
    ],
)
def test_parts_as_asked(five, params, found):
    assert members(five, **params) == found


def test_without_reflections_the_experiments_alone_are_split(five):
    parts = split_experiments(five[0], Reflections(), SplitExperimentsParams(by_detector=True))
    assert [len(part.experiments) for part in parts] == [3, 2]
    assert not any(part.reflections for part in parts)


def test_what_excludes_each_other_or_does_not_add_up_is_told(five):
    with pytest.raises(InputError, match="by_detector and chunk_size"):
        members(five, by_detector=True, chunk_size=2)
    with pytest.raises(InputError, match="add up to 3, there are 5"):
        members(five, chunk_sizes=(1, 2))
