"""cosym with bad data sets among good ones: they have no say in the Laue group, and are named."""

import pytest

from gnomon.report.cosym import describe
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym

P31 = {"species": ("good",), "wedges": 20, "images": 20, "width": 0.5, "basis": "primitive", "d_min": 3.2}
P31 |= {"distance": 120.0, "image_size": (487, 619), "cell": (42, 42, 50, 90, 90, 120), "space_group": "P31"}


def run(**changes):
    experiments, table, truth = integrated_wedges(WedgesParams(**{**P31, **changes}))
    return cosym(experiments, table, CosymParams()), truth


@pytest.mark.parametrize(
    ("good", "bad", "n"),
    [
        (18, "others", 12),
        (20, "misindexed", 5),
        pytest.param(20, "others", 3, marks=pytest.mark.slow),
        pytest.param(20, "noise", 12, marks=pytest.mark.slow),
    ],
)
def test_the_laue_group_is_that_of_the_good_ones(good, bad, n):
    result, truth = run(wedges=good, **{bad: n})
    summary = result.summary
    assert summary.laue_group == "P -3"
    assert summary.laue_confidence > 0.95
    named = {row.name for row in summary.disagreeing}
    assert named == {name for name in truth.names if not name.startswith("good")}
    assert len(result.experiments) == good + n  # nothing is lost: clusters will tell them apart
    told = "\n".join(summary.sentences)
    assert all(f"{name} has no say in symmetry" in told for name in named)
    assert all(name in describe(summary) for name in named)


def test_several_kinds_at_once():
    summary = run(wedges=12, others=3, misindexed=2, noise=2)[0].summary
    assert summary.laue_group == "P -3"
    assert len(summary.disagreeing) == 7


@pytest.mark.parametrize(
    "changes",
    [
        {"decay_b": 25.0, "wedges": 12},
        {"species": ("cow", "pig"), "wedges": 6},
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param({"images": 8}, marks=pytest.mark.slow),
    ],
)
def test_good_data_sets_are_not_named(changes):
    summary = run(**changes)[0].summary
    assert summary.disagreeing == ()
    assert summary.laue_group == "P -3"
