"""What a command is: a summary, its parameters, its files, and what it does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gnomon.cli.patterns import is_pattern
from gnomon.errors import UsageError
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


EXPERIMENTS = (".expt", ".json")
REFLECTIONS = (".refl", ".h5", ".pickle")
UNMERGED = (".mtz", ".hkl")
"""Endings of files that hold both."""

_IMAGE = re.compile(
    r"\.(cbf|img|smv|nxs|h5|mccd|mar\d{3,4}|osc|sfrm|rodhypix|tiff?|edf|mrcs?|ser|\d{3,6})(\.(gz|bz2|xz|zst))?$", re.I
)
_LIKE_A_PATH = re.compile(r"[./\\*?\[#]")
"""What a name or a pattern of images, or a folder that is somewhere else, has in it, and a parameter has not."""


class NoParams(Params):
    """A command without parameters of its own."""


class RunParams(Params):
    """How a command runs, and how much of it is written; it does not change what is found."""

    nproc: int | None = param(None, "worker threads; all CPUs if not given", name="mp.nproc", ge=1)
    max_memory: float = param(
        600.0, "memory that images may take, besides tables", unit="MB", name="mp.max_memory", gt=0
    )
    prefix: str | None = param(
        None, "what the names of all files begin with that get no name here: run1 makes run1_indexed.expt, out/ "
        "out/indexed.expt", name="output.prefix",
    )  # fmt: skip
    log: str | None = param(None, "the log file; gnomon.<command>.log if not given", name="output.log")
    cluster: str | None = param(
        None, "machines that work on sweeps: local (processes here), the address of a dask scheduler (tcp://...), or a "
        "batch system: slurm, pbs, lsf, sge, htcondor..."
    )  # fmt: skip
    cluster_workers: int | None = param(
        None, "processes of cluster=local (all CPUs if not given), or jobs of a batch system (one)",
        name="cluster.workers", ge=1,
    )  # fmt: skip
    cluster_options: str | None = param(
        None, "what jobs ask for, name:value,name:value as dask-jobqueue has them: queue:short,walltime:01:00:00",
        name="cluster.options",
    )  # fmt: skip
    cluster_folder: str | None = param(
        None, "folder that all machines see, for what they are given; the working folder if not given",
        name="cluster.folder",
    )  # fmt: skip
    columns: Literal["all", "scaling", "merging"] = param(
        "all",
        "of the .refl file: all, those that scale and what follows it need (half the size), or those that merge and "
        "export need of scaled data (a third)",
        name="output.columns",
    )


@dataclass(frozen=True)
class Command:
    """``run`` does the work with a Session; ``outputs`` are (kind, default file name), options ``output.<kind>``.

    With ``output.<kind>=None`` that file is not written; where the default is None only if asked for. An empty name
    is made up from the input's.
    """

    name: str
    summary: str
    params: Callable[[], type[Params]]
    run: Callable[[Session], object]  # what it returns is for other commands
    needs: tuple[str, ...] = ()  # expt, refl, paths
    reads: tuple[str, ...] | None = (
        *EXPERIMENTS,
        *REFLECTIONS,
        *UNMERGED,
    )  # endings of its words; None: it looks itself
    outputs: tuple[tuple[str, str | None], ...] = ()
    output_names: Mapping[str, str] = field(default_factory=dict)
    """Other names of outputs, as another program has them: the kind of each."""
    steps: tuple[str, ...] = ()
    """Steps whose parameters it takes by their full names: the field ``steps`` of its own has them."""
    usage: str = ""
    example: str = ""
    aliases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Other names it goes by, with the values of parameters that such a name stands for."""
    screen_is_data: bool = False
    """Whether programs read what it prints, so that nothing else may stand there."""

    def check_words(self, words: Sequence[str]) -> None:
        """Check that each word names a file of a kind that is read, or can name one. Raises UsageError."""
        for word in words:
            if self.reads is None:
                if not (_LIKE_A_PATH.search(word) or os.path.exists(word)):
                    what = "neither a file, nor a folder, nor name=value"
                    raise UsageError(f"{word!r} is {what}; leave it out, or mend its name")
            elif not (word.lower().endswith(self.reads) or is_pattern(word) or self.is_image(word)):
                kinds = f"no file that {self.name} reads ({', '.join(self.reads)})" if self.reads else "no parameter"
                raise UsageError(f"{word!r} is {kinds} and no name=value; leave it out, or mend its name")

    def is_image(self, word: str) -> bool:
        """Whether the word names an image, by its ending, where experiments are read, which are made of it then."""
        if self.reads is None or EXPERIMENTS[0] not in self.reads or not _IMAGE.search(word):
            return False
        if word.lower().endswith(".h5"):  # of DIALS' tables too
            return word.lower().endswith("master.h5") or self.needs == ("expt",)
        return not word.lower().endswith(self.reads)

    @property
    def output_options(self) -> list[tuple[str, str, str | None]]:
        """(dotted name, kind, default file name) of each output."""
        words = {"expt": "experiments", "refl": "reflections"}
        return [(f"output.{words.get(kind, kind)}", kind, name) for kind, name in self.outputs]
