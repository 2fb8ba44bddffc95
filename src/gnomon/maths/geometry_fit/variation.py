"""How one crystal turns and swells along its scan, as far as its spots tell.

Orientation and strains at checkpoints are random walks, and how far each wanders is what makes the spots likeliest:
the marginal likelihood, with the checkpoints integrated out (MacKay 1992, Neural Computation 4, 415; of linear models
the restricted likelihood of Patterson & Thompson 1971, Biometrika 58, 545). A walk that goes nowhere is a static
crystal, so that what is not there is not fitted, and the spacing of the checkpoints hardly matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.geometry_fit.crystal_block import CELL, CrystalBlock
from gnomon.maths.geometry_fit.fit import fit_geometry, predictable
from gnomon.maths.geometry_fit.judgement import judged
from gnomon.maths.geometry_fit.model import Model, model_of
from gnomon.maths.geometry_fit.normal_equations import assemble
from gnomon.maths.geometry_fit.observations import Observations, observations
from gnomon.maths.geometry_fit.options import Fit, FitOptions, Stiffness
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections

NEEDED = 5.0  # of the logarithm of the evidence over that of standing still: one in 1,000 crystals that do wanders so
WORTH_TURN, WORTH_CELL = 0.004, 0.02  # of the sum of squares, to be explained besides: modules out of place feign less
STEPS = np.geomspace(1e-8, 1e-1, 141)  # rad or strain, over the root of a degree, that are tried
MARGIN = 2  # images from the ends of a scan: one on which spots are cut, one on which the uncut are chosen
FEWEST = 30  # spots between, to ask whether a crystal turns or swells
SMALLEST = 1e-8  # the step of what is to stand still
ROUNDS = 4  # of judging and fitting: the static fit has judged before
PASSES = 2  # of evidence and fit: the first sees residuals that the second no longer has


@dataclass(frozen=True)
class Walk:
    """How far a quantity wanders, and by how much its logarithm of evidence exceeds that of standing still."""

    step: float  # over the root of a degree
    gain: float
    needed: float = NEEDED

    @property
    def is_there(self) -> bool:
        """Whether the gain is what is needed."""
        return self.gain > self.needed


@dataclass(frozen=True)
class Variation:
    """The walks of a crystal's orientation and cell, and the fit that follows what varies; None where nothing does."""

    turn: Walk
    strain: Walk
    turns: bool
    swells: bool
    fit: Fit | None

    @property
    def what(self) -> str:
        """What varies, in words."""
        return " and ".join(["orientation"] * self.turns + ["cell"] * self.swells)

    @property
    def stiffness(self) -> Stiffness:
        """Of what varies, and that of what does not."""
        return Stiffness(
            max(self.turn.step, SMALLEST) if self.turns else SMALLEST,
            max(self.strain.step, SMALLEST) if self.swells else SMALLEST,
        )


def fit_variation(
    experiment: Experiment, reflections: Reflections, options: FitOptions, asked: bool, known: Variation | None = None
) -> Variation:
    """What varies of one experiment's crystal, with beam and detector where they are.

    Orientation or cell vary where the evidence gains ``NEEDED`` by it, and as much again as explains a small part of
    the sum of squares; the orientation also where ``asked`` for. The mean of the cell stays. Where what varies, and
    how far, is ``known``, it is followed anew. Crystals are on the spindle here: angles tell turns.
    reflections: of this experiment, with ``id`` 0.
    """
    alone = Experiments.of([experiment.replace(crystal=experiment.needed_crystal.static())])
    only_crystal = replace(options, circles=False, beam_fixed=("all",), detector_fixed=("all",))
    varying = replace(only_crystal, rounds=ROUNDS, scan_varying=True, floors=False)
    if known is not None:
        return replace(known, fit=_followed(alone, reflections, varying, known))
    model = model_of(alone, varying)
    found = _away_from_ends(alone[0], predictable(model, observations(alone, reflections, options.spindle_cutoff)))
    block, p = model.crystals[0], np.zeros(len(model.sigma))
    for _ in range(PASSES):
        turn, strain = _walks(model, found, p, varying) if len(found) >= FEWEST else (Walk(0.0, 0.0), Walk(0.0, 0.0))
        turns = (turn.is_there or asked) and block.turns
        variation = Variation(turn, strain, turns, strain.is_there, None)
        if not variation.what:
            break
        fit = _followed(alone, reflections, varying, variation)
        variation, p = replace(variation, fit=fit), _all_parameters(block, fit.values)
    return variation


def _away_from_ends(experiment: Experiment, found: Observations) -> Observations:
    """The spots that tell whether a crystal turns: those two images or more from the ends of the images that count.

    What an end cuts errs in angle to one side, at the first images to the other than at the last; so do those that are
    left when cut ones are out. On images wider than a spot is long that looks like a crystal that turns by degrees.
    """
    z = found.px[:, 2]
    inside = [(z >= first - 1 + MARGIN) & (z <= last - MARGIN) for first, last in experiment.valid_ranges]
    return found.select(np.any(inside, axis=0))


def _followed(alone: Experiments, reflections: Reflections, options: FitOptions, variation: Variation) -> Fit:
    """The fit of what varies."""
    fixed = options.crystal_fixed if variation.swells else (*options.crystal_fixed, CELL)
    return fit_geometry(alone, reflections, replace(options, stiffness=variation.stiffness, crystal_fixed=fixed))


def _all_parameters(block: CrystalBlock, values: np.ndarray) -> np.ndarray:
    """The parameters of a block from those of one that has, at each checkpoint, the same or lacks the strains."""
    out = np.zeros((block.n_checkpoints, block.n_local))
    given = values.reshape(block.n_checkpoints, -1)
    out[:, : given.shape[1]] = given
    return out.ravel()


def _walks(model: Model, found: Observations, p: np.ndarray, options: FitOptions) -> tuple[Walk, Walk]:
    """The likeliest walks of orientation and of strains about the parameters ``p``."""
    block = model.crystals[0]
    judgement = judged(model, found, p, options)
    used = judgement.weighed.select(judgement.used)
    problem, state = Problem(model, used), model.at(p)
    prediction = problem.predict(state)
    residuals = problem.residuals(state, prediction)
    good = np.isfinite(residuals).all(axis=1)
    if not good.all():
        return _walks(model, found.select(np.isin(found.rows, used.rows[good])), p, options)
    normal = assemble(problem, state, prediction, residuals)
    noise = ((residuals / used.sigma) ** 2).sum() / max(3 * len(used) - block.n_local, 1)
    N, g = normal.own[0] / noise, (normal.gradient - normal.own[0] @ p) / noise
    assert block.smoother is not None
    spacing = block.smoother.spacing * abs(model.experiments[0].needed_scan.oscillation[1])
    turn, strain = _evidence(N, g, block, spacing)
    sum_of_squares = 3 * len(used)
    return (
        replace(turn, needed=NEEDED + WORTH_TURN * sum_of_squares / 2),
        replace(strain, needed=NEEDED + WORTH_CELL * sum_of_squares / 2),
    )


def _evidence(N: np.ndarray, g: np.ndarray, block: CrystalBlock, spacing: float) -> tuple[Walk, Walk]:
    """The walks of orientation and strains under the normal matrix ``N`` and gradient ``g`` of standing still."""
    n, k = block.n_checkpoints, block.n_local
    T = np.kron(np.tril(np.ones((n, n))), np.eye(k))  # checkpoints from the first and the steps
    N, g = T.T @ N @ T, T.T @ g
    place = np.arange(n * k).reshape(n, k)
    still, turns, strains = place[0], place[1:, : block.n_turns].ravel(), place[1:, block.n_turns :].ravel()
    turn = _likeliest(*_reduced(N, g, still, turns, np.zeros(k)), spacing)
    held = np.concatenate([np.zeros(k), np.full(len(turns), 1 / max(turn.step**2 * spacing, SMALLEST**2))])
    strain = _likeliest(*_reduced(N, g, np.concatenate([still, turns]), strains, held), spacing)
    return turn, strain


def _reduced(
    N: np.ndarray, g: np.ndarray, out: np.ndarray, kept: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Normal matrix and gradient of the parameters ``kept``; those at ``out``, of a ``prior``, are integrated out."""
    inner = N[np.ix_(out, out)] + np.diag(prior)
    inner += 1e-12 * np.diag(np.diagonal(inner))
    solved = np.linalg.solve(inner, np.column_stack([N[np.ix_(out, kept)], g[out]]))
    across = N[np.ix_(kept, out)]
    return N[np.ix_(kept, kept)] - across @ solved[:, :-1], g[kept] - across @ solved[:, -1]


def _likeliest(S: np.ndarray, g: np.ndarray, spacing: float) -> Walk:
    """The step with most evidence: 1/2 sum(v h^2 / (1 + v l) - ln(1 + v l)) over the eigenvalues l of ``S``.

    v is the variance of a step from checkpoint to checkpoint, h the gradient along the eigenvector.
    """
    if not len(S):
        return Walk(0.0, 0.0)
    values, vectors = np.linalg.eigh(S)
    values, h = np.maximum(values, 0), vectors.T @ g
    v = STEPS[:, None] ** 2 * spacing
    gain = 0.5 * (v * h**2 / (1 + v * values) - np.log1p(v * values)).sum(axis=1)
    best = int(np.argmax(gain))
    return Walk(float(STEPS[best]), float(gain[best])) if gain[best] > 0 else Walk(0.0, 0.0)
