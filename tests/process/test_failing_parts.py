"""A stage that fails, for one data set, one cluster or for all data together, is named and costs nobody else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.linalg import LinAlgError

from gnomon.cli.commands.process import _sections
from gnomon.errors import InputError
from gnomon.models.names import data_set_names
from gnomon.process.many import _one_setting, many_crystals
from gnomon.process.params import ProcessParams
from gnomon.process.runner import Outcome, Runner, some_of
from gnomon.process.wedges import _ends
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.step import HERE, Result

SIZE = {"images": 10, "width": 1.0, "d_min": 3.5, "mean_intensity": 300.0, "basis": "true", "absorption": 0.0}


@pytest.fixture(scope="module")
def integrated():
    params = WedgesParams(species=("cow", "pig"), wedges=5, species_cc=0.8, seed=3, **SIZE)
    experiments, table, _ = integrated_wedges(params)
    return Result(experiments, table)


class Failing(Runner):
    """A runner whose scaling fails where it is given so many data sets, as no file that we have makes it."""

    def run(self, name, given, params, *said):
        if name == "scale" and self.fails(len(given[0])):
            raise self.error
        return super().run(name, given, params, *said)


def outcomes(integrated, fails, error):
    runner = Failing(HERE)
    object.__setattr__(runner, "fails", fails)
    object.__setattr__(runner, "error", error)
    return list(
        many_crystals(runner, integrated, ProcessParams(many=True, space_group="I213", d_min=3.5), settled=False)
    )


def test_clusters_are_found_and_scaled_where_all_together_cannot_be(integrated):
    found = outcomes(integrated, lambda n: n > 5, InputError("too few equivalents"))
    (failed,) = [o for o in found if o.failed]
    assert failed.part == ""
    assert failed.decisions[0].startswith("all data sets together cannot be scaled: too few equivalents")
    final = [o for o in found if o.final]
    assert [len(o.result.experiments) for o in final] == [5, 5]
    assert all(np.isfinite(o.result.summary.overall.r_meas) for o in final)


def test_the_page_says_nothing_of_a_stage_that_kept_what_it_was_given(integrated):
    """The result is that of the stage before, of which the page of this one knows nothing: it ended in a traceback."""
    kept = Outcome("symmetry", replace(integrated, summary=object()), "", ("left as indexed, because it is so",))
    assert [section.title for section in _sections([kept])] == ["Decisions"]


def test_one_cluster_that_fails_is_named_and_the_other_goes_on(integrated):
    calls = []

    def first_cluster(n):
        calls.append(n)
        return n == 5 and calls.count(5) == 1

    found = outcomes(integrated, first_cluster, LinAlgError("SVD did not converge"))
    (failed,) = [o for o in found if o.failed]
    assert failed.part == "cluster_0"
    assert "cluster_0 cannot be scaled by itself: an internal error, to be reported (LinAlgError" in failed.decisions[0]
    assert [o.part for o in found if o.final] == ["cluster_1"]


def test_where_nothing_can_be_scaled_it_is_an_error_with_the_reason(integrated):
    with pytest.raises(InputError, match="cannot be scaled by itself: nothing agrees"):
        outcomes(integrated, lambda n: True, InputError("nothing agrees"))


def test_two_data_sets_that_cannot_be_scaled_end_the_run(integrated):
    two = replace(integrated, experiments=integrated.experiments.with_items(list(integrated.experiments)[:2]))
    rows = integrated.reflections["id"] < 2
    two = replace(two, reflections=integrated.reflections.select(rows))
    with pytest.raises(InputError, match="nothing agrees"):
        outcomes(two, lambda n: True, InputError("nothing agrees"))


class Unsettled(Runner):
    """A runner whose cosym fails where one of these data sets is among what it is given, or a reference is."""

    def run(self, name, given, params, *said):
        if name == "cosym" and self.fails(given[0], params):
            raise InputError("no intensities beyond d_min=3")
        return super().run(name, given, params, *said)


def settled_without(integrated, fails, **known):
    runner = Unsettled(HERE)
    object.__setattr__(runner, "fails", fails)
    params = ProcessParams(many=True, space_group="I213", d_min=3.5, **known)
    return list(many_crystals(runner, integrated, params, settled=False))


def test_a_data_set_of_which_cosym_fails_is_left_out_and_the_others_go_on(integrated):
    bad = integrated.experiments[2].identifier
    found = settled_without(integrated, lambda experiments, _: bad in {e.identifier for e in experiments})
    assert found[0].stage == "cosym"
    assert "cow_03 is left out: no intensities beyond d_min=3" in found[0].decisions
    assert sorted(len(o.result.experiments) for o in found if o.final) == [4, 5]
    names = {e.identifier: name for e, name in zip(integrated.experiments, data_set_names(integrated.experiments))}
    assert _ends(found, names)["cow_03"] == "left out by cosym"


def test_a_reference_that_does_not_fit_costs_only_its_setting(integrated, tmp_path):
    other = tmp_path / "other.mtz"
    other.write_bytes(b"of another crystal")
    found = settled_without(integrated, lambda _, params: "reference" in params, reference=str(other))
    assert "without the reference, because no intensities beyond d_min=3" in found[0].decisions
    assert [len(o.result.experiments) for o in found if o.final] == [5, 5]


def test_where_cosym_fails_of_all_they_stay_as_indexed(integrated):
    found = settled_without(integrated, lambda *_: True)
    assert found[0].failed
    assert found[0].decisions[0].startswith("left as indexed")
    assert [len(o.result.experiments) for o in found if o.final] == [5, 5]


class Noted:
    """A store that finds nothing, and notes what it is to keep."""

    def __init__(self):
        self.kept = []

    def found(self, work, given):
        return None

    def keep(self, work, outcome):
        self.kept.append((work.given, len(outcome.result.experiments)))
        return outcome


def test_what_cosym_made_of_some_is_kept_and_what_it_left_as_indexed_is_not(integrated):
    bad, store = integrated.experiments[2].identifier, Noted()
    runner = Unsettled(HERE, store)
    params = ProcessParams(many=True, space_group="I213", d_min=3.5)
    object.__setattr__(runner, "fails", lambda experiments, _: bad in {e.identifier for e in experiments})
    three = some_of(replace(integrated, mark="ten"), [0, 1, 2])
    _one_setting(runner, three, params)
    object.__setattr__(runner, "fails", lambda *_: True)
    assert _one_setting(runner, three, params).result.mark == three.mark
    assert store.kept == [(three.mark, 2)]
