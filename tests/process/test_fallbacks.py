"""What process does where a stage fails on its input: what an expert would try next, and it says so."""

from types import SimpleNamespace

import pytest

from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.process.params import ProcessParams
from gnomon.process.runner import Runner
from gnomon.process.stages import found_spots, indexed, refined, scaled, symmetrized
from gnomon.step import HERE, Result

GIVEN = Result(Experiments(), Reflections(), SimpleNamespace(sentences=()))


class Stage:
    """A stage that raises InputError for the parameters that ``fails`` names, and keeps what it was asked."""

    def __init__(self, fails=lambda params: False, summaries=()):
        self.asked, self._fails, self._summaries = [], fails, list(summaries)

    def __call__(self, experiments, reflections=None, *, context=None, **params):
        self.asked.append(params)
        if self._fails(params):
            raise InputError(f"attempt {len(self.asked)} found too little")
        summary = self._summaries.pop(0) if self._summaries else SimpleNamespace(sentences=("its own reason",))
        return Result(experiments, reflections, summary)

    def params_class(self, **params):
        return params

    def describe(self, result):
        return "words"


@pytest.fixture
def stage(monkeypatch):
    """Put a stage in the place of one of the chain's; it is given back."""

    def put(name, **how):
        made = Stage(**how)
        monkeypatch.setitem(Runner.run.__globals__["STAGES"], name, made)
        return made

    return put


def test_weak_images_are_searched_with_a_lower_threshold(stage):
    made = stage("find_spots", fails=lambda params: "sigma_strong" not in params)
    done = found_spots(Runner(HERE), GIVEN)
    assert made.asked == [{}, {"sigma_strong": 2.0, "min_spot_size": 2}]
    assert done.decisions == (
        "a lower threshold for weak images, because with defaults: attempt 1 found too little", "its own reason",
    )  # fmt: skip
    assert done.parameters["sigma_strong"] == 2.0


def test_the_first_failure_is_told_where_nothing_helps(stage):
    stage("find_spots", fails=lambda params: True)
    with pytest.raises(InputError, match="attempt 1"):
        found_spots(Runner(HERE), GIVEN)


def test_sweeps_that_one_crystal_does_not_explain_are_indexed_each_by_itself(stage):
    made = stage("index", fails=lambda params: params.get("joint") is not False)
    done = indexed(Runner(HERE), GIVEN, ProcessParams(space_group="I213"))
    assert [p.get("joint") for p in made.asked] == [None, False]
    assert all(p["space_group"] == "I213" for p in made.asked)
    assert done.decisions[0] == "each sweep by itself, because with defaults: attempt 1 found too little"


def test_geometry_from_indexing_is_kept_where_refinement_fails(stage):
    stage("refine", fails=lambda params: True)
    done = refined(Runner(HERE), GIVEN)
    assert done.decisions == ("the geometry from indexing is kept, because attempt 1 found too little",)
    assert done.result.experiments is GIVEN.experiments
    assert done.parameters is None


def test_a_group_that_cannot_be_had_leaves_the_data_as_indexed(stage):
    made = stage("symmetry", fails=lambda params: True)
    done = symmetrized(Runner(HERE), GIVEN, ProcessParams(space_group="P43212"))
    assert made.asked == [{"space_group": "P43212"}]
    assert done.decisions == ("left as indexed, because attempt 1 found too little",)


def summary(suggested, cc_half=0.9):
    shells = (SimpleNamespace(d_min=2.0, cc_half=cc_half),)
    return SimpleNamespace(sentences=(), shells=shells, suggested_d_min=suggested)


@pytest.mark.parametrize(
    ("suggested", "given", "limits", "words"),
    [
        (2.3, None, [None, 2.3], "cut at 2.30 Å, where the fitted CC1/2 falls to 0.3"),
        (2.01, None, [None], "all data kept, to 2.00 Å: CC1/2 is 0.90 in the last shell"),
        (None, None, [None], "all data kept, to 2.00 Å: CC1/2 is 0.90 in the last shell"),
        (2.3, 2.1, [2.1], "resolution as asked, 2.10 Å"),
    ],
)
def test_the_resolution_is_cut_where_the_edge_is_noise(stage, suggested, given, limits, words):
    made = stage("scale", summaries=[summary(suggested), summary(None)])
    done = scaled(Runner(HERE), GIVEN, ProcessParams(d_min=given))
    assert [p.get("d_min") for p in made.asked] == limits
    assert done.decisions == (words,)


def test_no_equivalents_no_correlation(stage):
    stage("scale", summaries=[summary(None, float("nan"))])
    done = scaled(Runner(HERE), GIVEN, ProcessParams())
    assert done.decisions == ("all data kept, to 2.00 Å: too few equivalents for CC1/2",)
