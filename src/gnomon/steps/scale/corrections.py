"""What is divided out of intensities because no smooth scale follows it: steps of the scale, and partials.

A scale steps from one image to the next where a crystal is half out of the beam. Mean normalised intensities, image by
image, show where and about by how much (Wilson 1949, Acta Cryst. 2, 318); equivalents on both sides of a step then show
its size. A factor for each stretch between steps is divided out before smooth scales are fitted, and put back into the
inverse scales.

Reflections cut by the ends of the scan are too high by I / partiality where partialities are wrong; equivalents that
were recorded whole show by how much.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.intensities.merging import kept_means
from gnomon.maths.intensities.normalised import expected_intensity
from gnomon.models.by_experiment import RowsByExperiment, rows_of_each
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.scale.error_model import expected_moments
from gnomon.steps.scale.model import Setup
from gnomon.steps.scale.observations import Observations, blend
from gnomon.steps.scale.scaling import State, merged_so_far, with_variance
from gnomon.summary import Decision

REFLECTIONS_A_GROUP = 200
"""Reflections whose mean intensity is known to 7 %: so many images are looked at together as hold them."""
GROUPS_BESIDE = 3
"""Groups of images on each side of a step that show it."""
LEAST_STEP, SURE_STEP = float(np.log(1.5)), 7.0
"""A step is a change of scale by half, and by so many standard errors: curves follow the rest."""
_LARGEST_E2 = 10.0
"""Of an intensity over its mean: what is stronger counts as this."""
STEP_CYCLES = 3
"""Rounds of smooth scales and sizes of steps: each changes the other."""
_WHOLE_FROM = 0.99  # below this a reflection counts as partial
_FEWEST_PARTIALS = 20  # partials that can tell an excess
_MOST_EXCESS = 0.75
"""No program's partials are off by more: DIALS 3.12's, by 25 to 30 % at one half, are the worst known."""
_USUAL_EXCESS = 0.2  # what is usual: gnomon's partials have an excess of 0, others' up to 0.5
_CLIP = 2.5  # sigma
_EXCESS_CYCLES, _CONVERGED = 20, 0.01  # of the standard error
_LEAST_FACTOR = 0.2  # what is recorded is never all error
_PARTIALITY_RANGES = 8  # of partiality


@dataclass(frozen=True)
class ScaleStep:
    """A step of the scale of one experiment, from image ``first`` on, by the ``factor`` on intensities."""

    experiment: int
    first: int
    factor: float


def find_steps(experiments: Experiments, observations: Observations) -> list[ScaleStep]:
    """The steps of all experiments, in their order and that of images."""
    value = blend(observations, 0.0).value
    found = []
    for number, rows in enumerate(rows_of_each(observations.experiment, len(experiments))):
        experiment = experiments[number]
        if not experiment.is_still and len(rows) >= 2 * GROUPS_BESIDE * REFLECTIONS_A_GROUP:
            held = np.clip(value[rows] / expected_intensity(observations.d[rows], value[rows]), -1.0, _LARGEST_E2)
            found += _steps_of(number, experiment, observations.z[rows], held)
    return found


def _steps_of(number: int, experiment: Experiment, z: np.ndarray, held: np.ndarray) -> list[ScaleStep]:
    """The steps of one experiment, whose observations at ``z`` (N,) have normalised intensities ``held`` (N,)."""
    first, n = experiment.image_range[0], experiment.needed_scan.n_images
    image = np.clip(np.floor(z).astype(int) + 1 - first, 0, n - 1)
    moments = np.array([np.bincount(image, held**power, n) for power in range(3)])
    counts = moments[0]
    size = max(1, int(np.ceil(REFLECTIONS_A_GROUP / max(np.median(counts[counts > 0]), 1))))
    starts = np.arange(0, n, size)
    groups = np.add.reduceat(moments, starts, axis=1)
    change = np.array([_change_at(groups, k) for k in range(len(starts))])
    steps = []
    while np.abs(change).max(initial=0.0) > 0:
        k = int(np.argmax(np.abs(change)))
        steps.append(ScaleStep(number, first + int(starts[k]), float(np.exp(change[k]))))
        change[max(k - GROUPS_BESIDE + 1, 0) : k + GROUPS_BESIDE] = 0.0  # what is seen of the same step from its sides
    return sorted(steps, key=lambda step: step.first)


def _change_at(groups: np.ndarray, k: int) -> float:
    """The logarithm of the mean from group ``k`` on over that before, 0 where it is no step.

    groups: (3, n) numbers, sums and sums of squares.
    """
    sides = groups[:, max(k - GROUPS_BESIDE, 0) : k].sum(axis=1), groups[:, k : k + GROUPS_BESIDE].sum(axis=1)
    if min(side[0] for side in sides) < REFLECTIONS_A_GROUP or min(k, groups.shape[1] - k) < 2:
        return 0.0
    means, errors = zip(*(_mean_and_error(*side) for side in sides))
    if min(means) <= 0:
        return 0.0
    change = float(np.log(means[1] / means[0]))
    error = float(np.hypot(errors[0] / means[0], errors[1] / means[1]))
    return change if abs(change) > max(LEAST_STEP, SURE_STEP * error) else 0.0


def _mean_and_error(number: float, total: float, squares: float) -> tuple[float, float]:
    """The mean and its standard error."""
    mean = total / number
    return mean, float(np.sqrt(max(squares / number - mean**2, 0.0) / number))


def without_steps(observations: Observations, steps: list[ScaleStep]) -> Observations:
    """The observations with the factors of their stretches divided out, and kept in ``step``."""
    factor, of_experiment = np.ones(len(observations)), RowsByExperiment(observations.experiment)
    for step in steps:
        rows = of_experiment[step.experiment]
        factor[rows] *= np.where(observations.z[rows] >= step.first - 1, step.factor, 1.0)
    return replace(
        observations,
        profile=observations.profile / factor,
        profile_variance=observations.profile_variance / factor**2,
        summed=observations.summed / factor,
        summed_variance=observations.summed_variance / factor**2,
        gain=observations.gain / factor,
        step=observations.step * factor,
    )


def straddling(reflections: Reflections, observations: Observations, steps: list[ScaleStep]) -> np.ndarray:
    """(N,) bool: observations of which parts were recorded on both sides of a step: they have no one scale."""
    found = np.zeros(len(observations), bool)
    if "bbox" in reflections:
        z, of_experiment = reflections["bbox"][observations.row, 4:], RowsByExperiment(observations.experiment)
        for step in steps:
            edge, rows = step.first - 1, of_experiment[step.experiment]
            found[rows] |= (z[rows, 0] < edge) & (z[rows, 1] > edge)
    return found


def with_refined_steps(setup: Setup, state: State, steps: list[ScaleStep]) -> tuple[Setup, State, list[ScaleStep]]:
    """Observations and state with what equivalents on both sides of each step still say of its size; the steps so."""
    observations = setup.observations
    mean = merged_so_far(setup, state).mean[observations.groups.label]
    several = ~state.outlier & (observations.groups.counts > 1)[observations.groups.label]
    weight = np.where(several, 1 / state.variance, 0.0)
    rest, of_experiment = [], RowsByExperiment(observations.experiment)
    for step in steps:
        own = of_experiment[step.experiment]
        w, m, scaled, z = weight[own], mean[own], state.scaled[own], observations.z[own]
        reach = _reach(setup.experiments[step.experiment])
        ratios = []
        for side in (-1, 1):
            away = side * (z - (step.first - 1))
            rows = (away > 0) & (away <= reach)
            below = np.sum((w * m**2)[rows])
            ratios.append(np.sum((w * scaled * m)[rows]) / below if below > 0 else 1.0)
        rest.append(replace(step, factor=float(np.clip(ratios[1] / max(ratios[0], 1e-3), 0.2, 5.0))))
    corrected = without_steps(observations, rest)
    state = replace(state, intensities=blend(corrected, state.intensities.i_mid))
    setup = replace(setup, observations=corrected)
    product = [replace(step, factor=step.factor * more.factor) for step, more in zip(steps, rest)]
    return setup, with_variance(setup, state), product


def _reach(experiment: Experiment) -> float:
    """Images on each side of a step whose equivalents tell its size: two degrees, but two images at least."""
    return max(2.0, 2.0 / abs(experiment.needed_scan.oscillation[1]))


def step_reasons(steps: list[ScaleStep], names: list[str], n_astride: int) -> list[Decision]:
    """One for each step, and how many observations lie astride one."""
    decisions = [
        Decision(
            f"data set {names[step.experiment]}: intensities step to {step.factor:.2f} of what they were at image "
            f"{step.first}; the scale is cut there",
            evidence={"data set": names[step.experiment], "image": step.first, "factor": step.factor},
        )
        for step in steps
    ]
    if n_astride:
        what = f"{n_astride} observations were recorded on both sides of a step: left out"
        decisions.append(Decision(what, evidence={"observations": n_astride}))
    return decisions


@dataclass(frozen=True)
class Excess:
    """I / partiality is too high by 1 + e (1 - partiality): e as partials show it, its standard error, and as taken."""

    found: float
    error: float

    @property
    def taken(self) -> float:
        """Shrunk to none as it gets unsure, and at most 0.75 either way.

        The posterior mean under a normal prior about 0 of width 0.2: found * 0.2^2 / (0.2^2 + error^2).
        """
        return float(np.clip(self.found / (1 + (self.error / _USUAL_EXCESS) ** 2), -_MOST_EXCESS, _MOST_EXCESS))

    @property
    def decisions(self) -> list[Decision]:
        """What is said where no more than the most was divided out."""
        if abs(self.taken) < _MOST_EXCESS:
            return []
        what = (
            f"partial reflections of one half are off by {self.found / 2:+.0%} from whole equivalents, of which only "
            f"{self.taken / 2:+.0%} was divided out"
        )
        reason = "partialities this wrong should not be believed; see integrate"
        return [Decision(what, reason, {"found": self.found, "error": self.error, "taken": self.taken}, link=": ")]


def excess_of_partials(setup: Setup, state: State) -> Excess:
    """The excess of partials over whole equivalents; 0 with an error of 0 where fewer than 20 can tell.

    Least squares of I / (partiality (1 + e (1 - partiality))) - <I of whole ones> along the expected intensity, with
    the errors of both. The intensity is expected from all equivalents with weights 1 / variance, whose mean is
    independent of differences among them: so noise does not drag the slope down. Deviates beyond 2.5 are clipped.
    """
    observations = setup.observations
    partial = (observations.partiality < _WHOLE_FROM) & ~state.outlier
    whole = ~partial & ~state.outlier
    known = observations.compared.sum(whole.astype(float)) > 0
    rows = np.flatnonzero(partial & known[observations.compared.label])
    if len(rows) < _FEWEST_PARTIALS:
        return Excess(0.0, 0.0)
    rows, excess = rows[np.argsort(observations.partiality[rows], kind="stable")], 0.0
    for _ in range(_EXCESS_CYCLES):
        slope, deviate, scatter = _deviates_of_partials(setup, state, (rows, whole), excess)
        information, towards = slope**2, slope * deviate
        error = scatter / np.sqrt(information.sum())
        before, excess = excess, float(np.clip(excess + towards.sum() / information.sum(), -1.5, 2.0))
        if abs(excess - before) < _CONVERGED * error:
            break
    return Excess(excess, float(np.hypot(error, _lack_of_fit(information, towards))))


def _deviates_of_partials(
    setup: Setup, state: State, which: tuple[np.ndarray, np.ndarray], excess: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Slope of each deviate against the excess, clipped deviates, (n,) each, and their scatter, in sigmas.

    which: partial rows (n,), and the whole ones (N,) bool.
    """
    (rows, whole), observations = which, setup.observations
    groups, cut = observations.compared, 1 - observations.partiality
    factor = np.where(whole, 1.0, np.maximum(1 + excess * cut, _LEAST_FACTOR))
    value, variance = state.scaled / factor, state.variance / factor**2
    everything = kept_means(groups, value, variance, ~state.outlier)
    expected = expected_moments(everything, groups.mean(observations.d))[0]
    mean, at = kept_means(groups, value, variance, whole), groups.label[rows]
    sigma = np.sqrt(variance[rows] + mean.variance[at])
    deviate = (value[rows] - mean.mean[at]) / sigma
    scatter = float(np.median(np.abs(deviate)) / 0.6745)  # the variances may not be right yet
    slope = cut[rows] * expected[at] / factor[rows] / sigma
    return slope, np.clip(deviate, -_CLIP * scatter, _CLIP * scatter), scatter


def _lack_of_fit(information: np.ndarray, towards: np.ndarray) -> float:
    """By how much the excess differs (jackknife) among ranges of partiality: its error, if 1 + e (1 - p) is no law."""
    parts = np.array_split(np.arange(len(information)), _PARTIALITY_RANGES)
    without = [
        (towards.sum() - towards[p].sum()) / max(information.sum() - information[p].sum(), 1e-300) for p in parts
    ]
    return float(np.sqrt((_PARTIALITY_RANGES - 1) * np.var(without)))


def calibrate_partials(setup: Setup, state: State) -> tuple[Setup, State, Excess]:
    """The observations and state with that excess, as far as it is sure, divided out; and the excess."""
    excess, observations = excess_of_partials(setup, state), setup.observations
    if excess.taken == 0:
        return setup, state, excess
    factor = 1 / (1 + excess.taken * (1 - observations.partiality))
    corrected = replace(
        observations,
        profile=observations.profile * factor,
        profile_variance=observations.profile_variance * factor**2,
        summed=observations.summed * factor,
        summed_variance=observations.summed_variance * factor**2,
        gain=observations.gain * factor,
    )
    intensities = replace(
        state.intensities, value=state.intensities.value * factor, variance=state.intensities.variance * factor**2
    )
    setup = replace(setup, observations=corrected)
    return setup, with_variance(setup, replace(state, intensities=intensities)), excess
