"""What combine_experiments made one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class CombinedSweep:
    """The experiments on one set of images."""

    name: str = figure("name of the first of them")
    members: tuple[int, ...] = figure("numbers of the experiments")
    n_reflections: tuple[int, ...] = figure("reflections of each")


@dataclass(frozen=True, kw_only=True)
class CombineExperimentsSummary(Summary):
    """The combined list."""

    names: tuple[str, ...] = figure("names of the data sets")
    n_reflections: tuple[int, ...] = figure("reflections of each")
    sweeps: tuple[CombinedSweep, ...] = figure("one for each set of images")
    models: Mapping[str, int] = figure("different beams, detectors, goniometers, scans and crystals")
