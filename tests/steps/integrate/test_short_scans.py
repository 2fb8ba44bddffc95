"""Scans so short that their ends cut the spots: widths stay those of the crystal, and nothing hangs."""

import time
from dataclasses import replace

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.step import integrate

from .conftest import SMALL, matched

PARAMS = IntegrateParams(d_min=SMALL.d_min)


def short(experiments, strong, first, n, width=0.5, identifier="short"):
    """The experiment of n images from ``first`` on, and the spots that a spot finder sees there."""
    (one,) = experiments
    scan = replace(one.scan, image_range=(first, first + n - 1), oscillation=((first - 1) * width, width))
    z, zeta_sigma = strong["xyzcal.px"][:, 2], SMALL.mosaicity / width
    seen = (z > first - 1 - 1.3 * zeta_sigma) & (z < first - 1 + n + 1.3 * zeta_sigma)
    spots = strong.select(seen)
    bbox = spots["bbox"].copy()
    bbox[:, 4:] = np.clip(bbox[:, 4:], first - 1, first - 1 + n)
    bbox[:, 5] = np.maximum(bbox[:, 5], bbox[:, 4] + 1)
    return experiments.with_items([one.replace(scan=scan, identifier=identifier)]), spots.with_columns({"bbox": bbox})


@pytest.mark.parametrize("n", [1, 2, 3, 5, 10])
def test_few_images_have_the_widths_of_the_crystal(simulated, n):
    _, experiments, strong = simulated
    result = integrate(*short(experiments, strong, 8, n), PARAMS)
    (stats,) = result.summary.experiments
    assert stats.sigma_m == pytest.approx(SMALL.mosaicity, rel=0.5 if n == 1 else 0.15)
    assert stats.causes["tangential"] == pytest.approx(SMALL.mosaicity, rel=0.4)
    assert result.reflections.has(Flag.INTEGRATED_PRF).sum() > 0.6 * stats.predicted
    assert any("cut nearly all spots" in line for line in result.summary.sentences) == (n == 1)


def test_a_single_image_takes_no_longer_than_its_spots_do(simulated):
    _, experiments, strong = simulated
    inputs = short(experiments, strong, 8, 1)
    integrate(*inputs, PARAMS)  # compiles
    began = time.process_time()
    integrate(*inputs, PARAMS)
    assert time.process_time() - began < 2


def test_the_parts_that_a_single_image_has_are_right(simulated):
    truth, experiments, strong = simulated
    table = integrate(*short(experiments, strong, 8, 1), PARAMS.changed(sigma_m=SMALL.mosaicity)).reflections
    rows, at = matched(table, truth)
    table, true = table.select(rows), truth.reflections
    good = table.has(Flag.INTEGRATED_PRF) & (table["partiality"] > 0.4) & (true.lost[at] < 1e-3 * true.counts[at])
    whole = (true.intensity * true.factor)[at][good]
    assert good.sum() > 30
    assert table["intensity.prf.value"][good].sum() / whole.sum() == pytest.approx(1, abs=0.04)


def test_a_sweep_of_one_image_takes_its_rocking_width_from_the_other_sweeps(simulated):
    _, experiments, strong = simulated
    single, spots = short(experiments, strong, 12, 1, identifier="single")
    both = experiments.with_items([experiments[0], single[0]])
    spots = spots.with_columns({"id": np.ones(len(spots), int)})
    together = type(strong).concatenate([strong, spots]).with_identifiers({0: experiments[0].identifier, 1: "single"})
    result = integrate(both, together, PARAMS)
    a, b = result.summary.experiments
    assert b.sigma_m == pytest.approx(a.sigma_m, rel=0.03)
    assert any("rocking width of the other sweeps on the detector" in line for line in result.summary.sentences)
