"""Scales that step from one image to the next, which no smooth curve follows: a crystal half out of the beam.

Mean normalised intensities, image by image, tell where and about by how much (Wilson 1949, Acta Cryst. 2, 318);
equivalents on both sides of a step then tell its size. A factor for each stretch between steps is divided out before
smooth scales are fitted, and put back into the inverse scales.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.normalised import expected_intensity
from gnomon.models.by_experiment import RowsByExperiment, rows_of_each
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.scale.intensities import blend
from gnomon.steps.scale.observations import Observations
from gnomon.steps.scale.scaling import State, merged_so_far, with_variance
from gnomon.steps.scale.setup import Setup
from gnomon.summary import Decision

GROUP = 200
"""Reflections whose mean intensity is known to 7 %: so many images are looked at together as hold them."""
BESIDE = 3
"""Groups of images on each side of a step that show it."""
LEAST, SURE = float(np.log(1.5)), 7.0
"""A step is a change of scale by half, and by so many standard errors: curves follow the rest."""
_LARGEST_E2 = 10.0
"""Of an intensity over its mean: what is stronger counts as this."""
STEP_CYCLES = 3
"""Rounds of smooth scales and sizes of steps: each changes the other."""


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
        if not experiment.is_still and len(rows) >= 2 * BESIDE * GROUP:
            held = np.clip(value[rows] / expected_intensity(observations.d[rows], value[rows]), -1.0, _LARGEST_E2)
            found += _steps_of(number, experiment, observations.z[rows], held)
    return found


def _steps_of(number: int, experiment: Experiment, z: np.ndarray, held: np.ndarray) -> list[ScaleStep]:
    """The steps of one experiment, whose observations at ``z`` (N,) have normalised intensities ``held`` (N,)."""
    first, n = experiment.image_range[0], experiment.needed_scan.n_images
    image = np.clip(np.floor(z).astype(int) + 1 - first, 0, n - 1)
    moments = np.array([np.bincount(image, held**power, n) for power in range(3)])
    counts = moments[0]
    size = max(1, int(np.ceil(GROUP / max(np.median(counts[counts > 0]), 1))))
    starts = np.arange(0, n, size)
    groups = np.add.reduceat(moments, starts, axis=1)
    change = np.array([_change(groups, k) for k in range(len(starts))])
    steps = []
    while np.abs(change).max(initial=0.0) > 0:
        k = int(np.argmax(np.abs(change)))
        steps.append(ScaleStep(number, first + int(starts[k]), float(np.exp(change[k]))))
        change[max(k - BESIDE + 1, 0) : k + BESIDE] = 0.0  # what is seen of the same step from its sides
    return sorted(steps, key=lambda step: step.first)


def _change(groups: np.ndarray, k: int) -> float:
    """The logarithm of the mean from group ``k`` on over that before, 0 where it is no step.

    groups: (3, n) numbers, sums and sums of squares.
    """
    sides = groups[:, max(k - BESIDE, 0) : k].sum(axis=1), groups[:, k : k + BESIDE].sum(axis=1)
    if min(side[0] for side in sides) < GROUP or min(k, groups.shape[1] - k) < 2:
        return 0.0
    means, errors = zip(*(_mean(*side) for side in sides))
    if min(means) <= 0:
        return 0.0
    change = float(np.log(means[1] / means[0]))
    error = float(np.hypot(errors[0] / means[0], errors[1] / means[1]))
    return change if abs(change) > max(LEAST, SURE * error) else 0.0


def _mean(number: float, total: float, squares: float) -> tuple[float, float]:
    """The mean and its standard error."""
    mean = total / number
    return mean, float(np.sqrt(max(squares / number - mean**2, 0.0) / number))


def stepped(observations: Observations, steps: list[ScaleStep]) -> Observations:
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


def sharpened(setup: Setup, state: State, steps: list[ScaleStep]) -> tuple[Setup, State, list[ScaleStep]]:
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
    corrected = stepped(observations, rest)
    state = replace(state, intensities=blend(corrected, state.intensities.i_mid))
    setup = replace(setup, observations=corrected)
    product = [replace(step, factor=step.factor * more.factor) for step, more in zip(steps, rest)]
    return setup, with_variance(setup, state), product


def _reach(experiment: Experiment) -> float:
    """Images on each side of a step whose equivalents tell its size: two degrees, but two images at least."""
    return max(2.0, 2.0 / abs(experiment.needed_scan.oscillation[1]))


def in_words(steps: list[ScaleStep], names: list[str], n_astride: int) -> list[Decision]:
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
