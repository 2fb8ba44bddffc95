"""Where process begins: at the first stage that the data given have not been through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gnomon.maths.geometry_fit.one_lattice import lattice_groups
from gnomon.models.flags import Flag

if TYPE_CHECKING:
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections

SETTLES_THE_SETTING = ("symmetry", "cosym", "reindex", "scale")
"""Programs after which the data sets of one file share a space group and a setting, found or chosen."""


def start_of(experiments: Experiments, reflections: Reflections | None, in_one_setting: bool) -> str:
    """The name of the stage to begin at; whatever reflections hold already is not made again.

    in_one_setting: the data sets have been brought to one space group and setting, which are to stay.
    """
    if reflections is None:
        return "find_spots"
    if "miller_index" not in reflections or any(e.crystal is None for e in experiments):
        return "index"
    if not is_integrated(reflections):
        return "refine"
    return "scale" if in_one_setting else "symmetry"


def is_integrated(reflections: Reflections) -> bool:
    """Whether intensities have been measured, by summation or by profiles."""
    return "flags" in reflections and bool(np.any(reflections["flags"] & int(Flag.INTEGRATED)))


def is_settled(experiments: Experiments) -> bool:
    """Whether the history of one file says that its data sets share a space group and a setting."""
    programs = [line.split("|")[1].partition(".")[2] for line in experiments.history if line.count("|")]
    return any(program in SETTLES_THE_SETTING for program in programs)


def is_one_lattice(experiments: Experiments) -> bool:
    """Whether all experiments are of one crystal: indexed alike, turned and strained no more than by its mount."""
    return len(lattice_groups(experiments)) == 1
