"""What spots tell of beam and detector, and what only the header does."""

from __future__ import annotations

import numpy as np

from gnomon.maths.geometry_fit.fit import predictable
from gnomon.maths.geometry_fit.judgement import judged
from gnomon.maths.geometry_fit.marquardt import linearised
from gnomon.maths.geometry_fit.model import model_of
from gnomon.maths.geometry_fit.observations import observations
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections

FREE_BELOW = 0.5  # of the prior standard deviation: a parameter that spots leave wider is known better from the header


def better_known_before(
    experiments: Experiments, reflections: Reflections, options: FitOptions
) -> tuple[tuple[int, ...], list[str]]:
    """Numbers and names of the parameters of detectors that the header determines better than the spots do.

    By the covariance of the fit linearised where it starts, each next to all others: of a narrow wedge the distance
    goes with the cell, and neither is told. They are taken out one after the other, the worst first: with one of
    two that go together held, the other is told. The beam's prior is narrow, and holds it by itself.
    """
    model = model_of(experiments, options)
    found = predictable(model, observations(experiments, reflections, options.spindle_cutoff))
    judgement = judged(model, found, np.zeros(len(model.sigma)), options)
    problem = Problem(model, judgement.weighed.select(judgement.used))
    normal = linearised(problem, np.zeros(len(model.sigma)))
    prior = model.sigma[: model.n_shared]
    held: list[int] = []
    n_beams = sum(len(beam.sigma) for beam in model.beams)
    names = [name for block in model.blocks for name in block.names]
    while len(held) < len(prior) - n_beams:
        extra = np.zeros(len(model.sigma))
        extra[held] = (1e6 / prior[held]) ** 2
        shared, _ = normal.plus_diagonal(extra).covariances()
        ratio = np.sqrt(np.diagonal(shared)) / prior
        ratio[:n_beams] = 0
        worst = int(np.argmax(ratio))
        if ratio[worst] < FREE_BELOW:
            break
        held.append(worst)
    return tuple(sorted(held)), [names[i] for i in sorted(held)]
