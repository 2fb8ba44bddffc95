"""What was opened: stages of experiments with their reflections, from files of any kind, at any stage, in any mix."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.images.registry import looks_like_image
from gnomon.io.refl import read_reflections
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STEPS
from gnomon.step import Data

EXPERIMENT_FILES = (".expt", ".json")
REFLECTION_FILES = (".refl", ".pickle")
_STAGES = ("imported", "optimised", "strong", "indexed", "refined", "integrated", "symmetrized", "scaled")
"""How far data have come, as the names of files say."""


@dataclass(frozen=True)
class Table:
    """The reflections of one file; ``reflections.identifiers`` and ``id`` count as the stage's experiments.

    path: of the file; empty of what is in memory alone.
    """

    name: str
    reflections: Reflections
    path: str = ""


@dataclass(frozen=True)
class Stage:
    """Experiments, and the tables of reflections that belong to them; path as a table's."""

    name: str
    experiments: Experiments
    tables: tuple[Table, ...] = ()
    path: str = ""

    @cached_property
    def names(self) -> list[str]:
        """A name for each experiment."""
        return data_set_names(self.experiments)

    def experiment(self, number: int) -> Experiment:
        """One of them. Raises InputError where there is none of this number."""
        if not 0 <= number < len(self.experiments):
            raise InputError(f"experiment {number}: there are 0 to {len(self.experiments) - 1}")
        return self.experiments[number]

    def table(self, number: int) -> Reflections:
        """The reflections of one table. Raises InputError where there is none of this number."""
        if not 0 <= number < len(self.tables):
            raise InputError(f"table {number}: {self.name} has {len(self.tables) or 'no'} tables; give a .refl file")
        return self.tables[number].reflections


@dataclass
class Workspace:
    """The files that were named, opened when first looked at; the same object serves every thread.

    summaries: paths of ``gnomon.<command>.json`` that were named or lie in a folder that was.
    """

    words: Sequence[str]
    summaries: list[str] = field(default_factory=list)
    live: bool = False  # a collection runs, of which the server tells
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stages: tuple[Stage, ...] | None = None

    def __post_init__(self) -> None:
        """Check that each word is there. Raises InputError."""
        if not self.words:
            raise InputError("view needs something to show; give images, .expt and .refl files, or a folder of them")
        for word in self.words:
            if not os.path.exists(word) and "#" not in word:
                raise InputError(f"{word}: no such file or folder; mend its name")

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All that was opened, the latest stage of the data first. Raises InputError for what cannot be read."""
        with self._lock:
            if self._stages is None:
                self._stages = _opened(_files(self.words), self.summaries)
            return self._stages

    def stage(self, number: int) -> Stage:
        """One of them. Raises InputError where there is none of this number."""
        if not 0 <= number < len(self.stages):
            raise InputError(f"stage {number}: there are 0 to {len(self.stages) - 1}")
        return self.stages[number]

    def add(self, name: str, data: Data, expt: str = "", refl: str = "") -> int:
        """The number of a new stage: what a step made of others, in memory alone or in the files that are named."""
        with self._lock:
            assert self._stages is not None  # it was made of one of them
            table = Table(os.path.basename(refl) or name, data.reflections, refl)
            self._stages = (*self._stages, Stage(name, data.experiments, (table,), expt))
            return len(self._stages) - 1


def _files(words: Sequence[str]) -> list[str]:
    """The files named, and those in folders named that hold data: results where there are some, else images."""
    found: list[str] = []
    for word in words:
        if not os.path.isdir(word):
            found.append(word)
            continue
        names = sorted(os.path.join(word, name) for name in os.listdir(word))
        data = [name for name in names if name.lower().endswith((".expt", ".refl")) or _is_summary(name)]
        found += data or [name for name in names if looks_like_image(name)]
    if not found:
        raise InputError(f"{', '.join(words)}: no images, .expt or .refl files there; give a folder that has some")
    return found


def _is_summary(path: str) -> bool:
    name = os.path.basename(path)
    return name.startswith("gnomon.") and name.endswith(".json")


def _rank(name: str) -> int:
    """How far the data of a file have come; those of unknown names farthest, as ``cluster_0``."""
    return next((i for i, word in enumerate(_STAGES) if Path(name).name.startswith(word)), len(_STAGES))


def _opened(files: Sequence[str], summaries: list[str]) -> tuple[Stage, ...]:
    summaries += [path for path in files if _is_summary(path) and path not in summaries]
    expt = [path for path in files if path.lower().endswith(EXPERIMENT_FILES) and not _is_summary(path)]
    refl = [path for path in files if path.lower().endswith(REFLECTION_FILES)]
    images = [path for path in files if path not in expt and path not in refl and not _is_summary(path)]
    stages = [Stage(os.path.basename(path), read_experiments(path), path=path) for path in expt]
    if images:
        stages.append(Stage("images", STEPS["import"](images).experiments))
    tables = [Table(os.path.basename(path), read_reflections(path), path) for path in refl]
    whose = [_owner(table, stages) for table in tables]
    stages = [
        replace(stage, tables=tuple(t for t, owner in zip(tables, whose) if owner == i))
        for i, stage in enumerate(stages)
    ]
    return tuple(sorted(stages, key=lambda stage: -_rank(stage.name)))


def _owner(table: Table, stages: Sequence[Stage]) -> int:
    """The number of the stage that the table is of: of those it fits, the one named as it is, else
    the latest before it.

    Raises InputError where it fits none.
    """
    fitting = [i for i, stage in enumerate(stages) if _fits(table.reflections, stage.experiments)]
    if not fitting:
        needed = "give the .expt that was written with it" if stages else "give the .expt file too"
        raise InputError(f"{table.name} belongs to no experiments that were given; {needed}")
    stem, rank = Path(table.name).stem, _rank(table.name)
    ranks = [_rank(stage.name) for stage in stages]
    return min(fitting, key=lambda i: (Path(stages[i].name).stem != stem, ranks[i] > rank, abs(ranks[i] - rank), i))


def _fits(table: Reflections, experiments: Experiments) -> bool:
    known = {e.identifier for e in experiments if e.identifier}
    named = {name for name in table.identifiers.values() if name}
    if known and named:
        return named <= known
    return "id" not in table or int(table["id"].max(initial=-1)) < len(experiments)
