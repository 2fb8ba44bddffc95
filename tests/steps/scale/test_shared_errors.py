"""What crystals differ by is no counting error: it does not grow where one is exposed to a twentieth of the dose."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import b_matrix, d_spacing
from gnomon.maths.intensities.merging import Groups, others
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.intensities import spread
from gnomon.step import Result
from gnomon.steps.scale.error_model import SharedErrors
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

from .planted import CELL, N_IMAGES, experiments

CRYSTALS, MEAN, UNDER, DIM = 7, 400.0, 30.0, 0.05
THETA = 8 * np.pi**2 * 0.03**2  # atoms move by .03 Å along each axis


def crystals(n: int) -> Experiments:
    """Sweeps as planted, each of a crystal of its own."""
    return Experiments.of(e.replace(crystal=Crystal(b_matrix(CELL), " P 2ac 2ab")) for e in experiments(n))


def differing(seed: int, theta: float) -> tuple[Reflections, np.ndarray]:
    """Counts of crystals, the last of them dim, whose F differ so that I does with the variance theta I S / d^2; truth.

    F of each is sqrt(1 - s^2 / S) F + dF, with <|dF|^2> = s^2 = theta S / 2 d^2, which leaves the mean intensity S.
    """
    rng = np.random.default_rng(seed)
    unique = possible_indices(CELL, "P212121", 3.0)
    d, true = d_spacing(unique, CELL), rng.exponential(MEAN, len(unique))
    moved = theta / (2 * d**2)
    moves = rng.normal(size=(2, CRYSTALS, len(unique))) * np.sqrt(MEAN * moved / 2)
    own = (np.sqrt((1 - moved) * true) + moves[0]) ** 2 + moves[1] ** 2
    which = np.repeat(np.arange(len(unique)), rng.integers(6, 12, len(unique)))
    crystal = rng.integers(0, CRYSTALS, len(which))
    dose = np.where(crystal == CRYSTALS - 1, DIM, 1.0)
    counts = rng.poisson(dose * own[crystal, which])
    z, s1 = rng.uniform(0, N_IMAGES, len(which)), rng.normal(size=(len(which), 3))
    under = UNDER * dose
    value = counts + rng.poisson(under) - under
    columns = {
        "miller_index": unique[which] * rng.choice([-1, 1], len(which))[:, None],
        "id": crystal,
        "flags": np.full(len(which), Flag.INTEGRATED_SUM | Flag.PREDICTED, np.uint64),
        "s1": s1 / np.linalg.norm(s1, axis=1, keepdims=True),
        "xyzobs.px.value": np.column_stack([z, z, z]),
        "intensity.sum.value": value,
        "intensity.sum.variance": np.abs(value) + under,
    }
    return Reflections(columns, {i: str(i) for i in range(CRYSTALS)}), true[which]


def pulls(result: Result, truth: np.ndarray) -> np.ndarray:
    """(N,) deviations from the truth over sigma."""
    table = result.reflections
    g = table["inverse_scale_factor"]
    value, sigma = table["intensity.scale.value"] / g, np.sqrt(table["intensity.scale.variance"]) / g
    factor = np.sum(value * truth / sigma**2) / np.sum((truth / sigma) ** 2)
    return np.asarray((value - factor * truth) / sigma)


@pytest.mark.parametrize("theta", [0.0, THETA])
def test_sigmas_hold_for_a_dim_crystal_among_bright_ones_that_differ(theta: float) -> None:
    table, truth = differing(1, theta)
    result = scale(crystals(CRYSTALS), table, ScaleParams(d_min=3.0))
    terms, model = result.summary.variance_terms, result.summary.error_model
    assert terms["between crystals"] == pytest.approx(theta, rel=0.12, abs=0.004)
    assert model.a == pytest.approx(1, abs=0.03)  # 1.35 when taken for shot noise
    pull, dim = pulls(result, truth), table["id"] == CRYSTALS - 1
    assert spread(pull[~dim]) == pytest.approx(1, abs=0.03)
    assert spread(pull[dim]) == pytest.approx(1, abs=0.05)


def test_one_crystal_does_not_differ_from_itself() -> None:
    table, _ = differing(2, 0.0)
    terms = scale(experiments(CRYSTALS), table, ScaleParams()).summary.variance_terms
    assert "between crystals" not in terms


def test_the_variance_of_a_difference_knows_who_shares_an_error() -> None:
    rng = np.random.default_rng(0)
    crystal, weight, n = np.array([0, 0, 1, 2, 2, 2]), rng.uniform(0.5, 3, 6), 20000
    label = np.repeat(np.arange(n), 6)
    groups = Groups(np.zeros((n, 3), int), label, np.zeros(n, bool))
    value = rng.normal(size=(n, 3))[:, crystal].reshape(-1)
    weights = np.tile(weight, n)
    found = (value - others(groups, value, weights)[0]).reshape(n, 6).var(axis=0)
    assert found == pytest.approx(SharedErrors(groups, np.tile(crystal, n)).of_differences(weights)[:6], rel=0.05)
