"""Stills among sweeps: the sweeps go on, the stills are named and kept."""

from types import SimpleNamespace

import numpy as np
import pytest
from diffract import instrument, still_of

from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.process.stages import without_stills
from gnomon.step import Result


def indexed(*items):
    experiments = Experiments.of(e.replace(identifier=f"e{i}") for i, e in enumerate(items))
    ids = np.repeat(np.arange(-1, len(items)), 3).astype(np.int32)
    return Result(experiments, Reflections({"id": ids}), SimpleNamespace(one_lattice=True))


def test_sweeps_go_on_and_stills_are_named():
    sweep = instrument()
    rest, (why,) = without_stills(indexed(still_of(sweep), sweep, still_of(sweep)))
    assert [e.identifier for e in rest.experiments] == ["e1"]
    np.testing.assert_array_equal(rest.reflections["id"], [0, 0, 0])
    assert rest.summary.one_lattice
    assert why.startswith("2 stills (still.cbf, still.cbf) kept as indexed")


def test_sweeps_alone_stay_as_they_are():
    given = indexed(instrument(), instrument())
    assert without_stills(given) == (given, ())


def test_stills_alone_end_with_what_was_kept_and_what_to_give():
    with pytest.raises(InputError, match=r"found only 2 stills .* kept as indexed .* oscillation="):
        without_stills(indexed(*[still_of(instrument())] * 2))
