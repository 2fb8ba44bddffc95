"""Scales that step: found where they are, of the right size, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.pipeline import STAGES
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale.corrections import find_steps
from gnomon.steps.scale.observations import prepare
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import _group

SWEEP = {
    "species": ("cow",), "wedges": 1, "image_size": (487, 619), "distance": 120.0, "d_min": 2.5, "images": 60,
    "width": 1.0, "basis": "true",
}  # fmt: skip


def sweep(**changes):
    experiments, table, _ = integrated_wedges(WedgesParams(**{**SWEEP, **changes}))
    return experiments, table


def steps_in(experiments, table):
    params = ScaleParams()
    observations, _ = prepare(experiments, table, _group(experiments, params), params)
    return find_steps(experiments, observations)


def test_a_tenfold_drop_for_five_degrees_is_divided_out():
    experiments, table = sweep(dimmed=((25, 29, 0.1),))
    plain = STAGES["scale"](*sweep())
    found = STAGES["scale"](experiments, table)
    words = [w for w in found.summary.sentences if "step to" in w]
    assert [w.split("at image ")[1].split(";")[0] for w in words] == ["25", "30"]
    # the dimmed images count a tenth of the photons: noise three times that of the others in a twelfth of the data
    assert found.summary.overall.r_meas < 1.3 * plain.summary.overall.r_meas
    z = table["xyzcal.px"][:, 2]
    g, used = found.reflections["inverse_scale_factor"], found.reflections.has(Flag.SCALED)
    inside, outside = used & (z > 25) & (z < 28), used & (z < 23) & (z > 15)
    assert np.median(g[inside]) / np.median(g[outside]) == pytest.approx(0.1, rel=0.05)


def test_a_step_to_half_that_stays():
    (step,) = steps_in(*sweep(dimmed=((31, 60, 0.5),)))
    assert step.first == 31
    assert step.factor == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize(
    "changes",
    [
        {"mean_intensity": 200.0, "absorption": 1.0},
        {"mean_intensity": 1.0},
        {"mean_intensity": 0.3, "background": 3.0},
        {"decay_b": 60.0},
        {"fluctuation": 0.05},
        {"images": 100, "width": 0.1},
    ],
    ids=str,
)
def test_what_changes_smoothly_or_is_weak_has_no_step(changes):
    for seed in range(2):
        assert steps_in(*sweep(seed=seed, **changes)) == []


def test_a_flicker_of_one_image_is_no_step_and_its_data_are_left_out():
    changes = {"mean_intensity": 20.0, "images": 40, "d_min": 3.0}
    plain = STAGES["scale"](*sweep(**changes))
    found = STAGES["scale"](*sweep(dimmed=((30, 30, 3.0),), **changes))
    (words,) = (w for w in found.summary.sentences if "image" in w)
    assert "image 30 left out" in words
    assert found.experiments[0].valid_ranges == ((1, 29), (31, 40))
    for name in ("r_meas", "cc_half"):
        assert getattr(found.summary.overall, name) == pytest.approx(getattr(plain.summary.overall, name), rel=0.02)
    assert found.summary.error_model.a == pytest.approx(plain.summary.error_model.a, abs=0.02)
