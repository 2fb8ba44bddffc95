"""From here on experiments know which of their images count: find_spots has no file of its own to say it in."""

from __future__ import annotations

import numpy as np

from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import STRETCH, in_words, with_valid_ranges, without
from gnomon.steps.index.task import Refined
from gnomon.summary import Decision


def only_where_it_diffracts(
    refined: Refined, spots: Reflections, sweep: np.ndarray
) -> tuple[Experiments, list[Decision]]:
    """The experiments with the images that find_spots saw good diffraction on, and what is left out.

    sweep: (N,) of each of the ``spots``. As they were where find_spots found none blank or bad, or another program the
    spots.
    """
    experiments = refined.indexed.experiments
    if STRETCH not in spots:
        return experiments, []
    ranges, decisions, each = {}, {}, RowsByExperiment(sweep)
    for number, k in enumerate(refined.indexed.sweep_of):
        blank = without([experiments[number].image_range], _stretches(spots[STRETCH][each[k]]))
        ranges[number] = without(experiments[number].valid_ranges, blank)
        if blank and ranges[number]:
            what = f"sweep {k}: {in_words(blank)} left out from refinement on"
            images = sum(last - first + 1 for first, last in blank)
            why = "find_spots found nothing or a fault there"
            decisions[k] = Decision(what, why, {"images": images}, link=": ")
    return with_valid_ranges(experiments, ranges), list(decisions.values())


def _stretches(column: np.ndarray) -> list[ImageRange]:
    """The different rows (first, last) of the column (n, 2) but 0, 0, which is of spots on blank images."""
    return [(int(a), int(b)) for a, b in np.unique(column, axis=0) if b > 0]
