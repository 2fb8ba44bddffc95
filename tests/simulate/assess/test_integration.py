"""Integrated counts are judged class by class."""

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.frame import match
from gnomon.simulate.assess.integration import integration_figures


@pytest.fixture(scope="module")
def integrated(truth):
    """All recorded reflections: sums of live pixels, fits of whole spots, honest sigmas."""
    r = truth.reflections
    noise = r.sigma * np.random.default_rng(5).normal(size=len(r.sigma))
    columns = {
        "id": np.zeros(len(r.hkl), int),
        "panel": np.zeros(len(r.hkl), int),
        "miller_index": r.hkl @ np.roll(np.eye(3, dtype=int), 1, axis=1),  # as the experiments name the axes
        "flags": np.full(len(r.hkl), np.uint64(Flag.INTEGRATED)),
        "xyzcal.px": r.xyz + np.array([0.3, -0.2, 0.1]),
        "intensity.sum.value": r.counts + noise,
        "intensity.sum.variance": r.sigma**2,
        "intensity.prf.value": r.counts + r.lost + noise,
        "intensity.prf.variance": r.sigma**2,
    }
    return Reflections(columns)


def test_every_reflection_meets_its_truth(truth, experiments, integrated):
    assert (match(truth, experiments, integrated) == np.arange(len(integrated))).all()
    elsewhere = integrated.with_columns({"xyzcal.px": integrated["xyzcal.px"] + 30})
    assert (match(truth, experiments, elsewhere) == -1).all()


@pytest.mark.parametrize("kind", ["sum", "prf"])
def test_honest_counts_get_one(truth, experiments, integrated, kind):
    figures = integration_figures(truth, experiments, integrated, kind)
    assert set(figures) == {"whole", "weak", "strong", "partial", "cut by gaps"}
    assert figures["whole"].n == figures["weak"].n + figures["strong"].n
    for name in ("whole", "weak", "strong"):
        assert figures[name].spread == pytest.approx(1, abs=0.08)
        assert figures[name].bias == pytest.approx(0, abs=0.08)
    assert figures["strong"].ratio == pytest.approx(1, abs=0.002)


def test_a_tenth_too_much_is_seen_in_its_class(truth, experiments, integrated):
    factor = np.where(truth.reflections.partiality < 0.98, 1.1, 1.0)
    more = integrated.with_columns({"intensity.prf.value": integrated["intensity.prf.value"] * factor})
    figures = integration_figures(truth, experiments, more, "prf")
    assert figures["partial"].ratio == pytest.approx(1.1, abs=0.03)
    assert figures["whole"].ratio == pytest.approx(1.0, abs=0.002)
