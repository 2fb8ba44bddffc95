"""One run of a command: its inputs, its words on screen and in the log, and its output files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any, TextIO

import gnomon
from gnomon.cli.progress import progress_bar
from gnomon.distribute.memory import give_back_large_blocks
from gnomon.distribute.workers import Workers, available_cpus
from gnomon.kernels import on_first_compile
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.params import Params
from gnomon.step import InputError, Progress, Result

if TYPE_CHECKING:
    from gnomon.report.html.blocks import Section


@dataclass
class Session:
    """What a command's ``run`` gets; ``say`` prints and logs, ``write`` leaves whole files or none."""

    command: str
    params: Params
    words: Sequence[str]
    workers: Workers
    outputs: Mapping[str, str]
    log: TextIO
    typed: Sequence[str] = ()  # after the name of the command
    _counts: list[int] = field(default_factory=list)  # experiments in each file read

    def say(self, text: str) -> None:
        """Print, and write the same to the log; a reader that went away (``| head``) does not stop the work."""
        print(text, file=self.log)
        try:
            print(text, flush=True)
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (open until the program ends)

    def tell_of_compiling(self) -> None:
        """Say why this run takes longer than the next."""
        self.say("compiling kernels, once on this machine: this run takes longer")

    def close(self) -> None:
        """End the run: what compiles later is no longer its news."""
        on_first_compile.clear()
        self.log.close()

    @property
    def progress(self) -> Progress:
        """A progress bar where standard error is a terminal, silence elsewhere."""
        return progress_bar

    def files(self, *endings: str) -> list[str]:
        """The positional words that end so."""
        return [w for w in self.words if w.lower().endswith(endings)]

    @cached_property
    def unmerged(self) -> list[tuple[Experiments, Reflections]]:
        """The data sets of the unmerged MTZ and XDS files given; a merged MTZ beside other data is none of them.

        Raises InputError for one that cannot be used.
        """
        paths = self.files(".mtz", ".hkl")
        if not paths:
            return []
        from gnomon.io.unmerged import is_merged_mtz, read_data_set

        alone = not self.files(".expt", ".json") and all(map(is_merged_mtz, paths))
        return [read_data_set(path) for path in paths if alone or not is_merged_mtz(path)]

    def experiments(self) -> Experiments:
        """All ``.expt`` files given, one after the other; then those of unmerged MTZ and XDS files.

        Raises InputError when there is none.
        """
        from gnomon.cli.reading import one_list

        paths = self.files(".expt", ".json")
        if not paths and not self.unmerged:
            raise InputError(f"{self.command} needs an experiment file; give one that ends in .expt")
        experiments, self._counts = one_list(paths)
        more = [e for part, _ in self.unmerged for e in part]
        return Experiments.of((*experiments, *more), experiments.history) if more else experiments

    def reflections(self, experiments: Experiments | None = None) -> Reflections:
        """The ``.refl`` files given, one after the other, ids counted on; then the tables of unmerged files.

        They are checked against ``experiments``.

        Raises InputError when there is none, or it belongs to other experiments.
        """
        from gnomon.cli.reading import belonging, one_after_another, one_table
        from gnomon.maths.unmerged_table import with_same_intensities

        paths = self.files(".refl", ".h5")
        more = with_same_intensities([table for _, table in self.unmerged])
        if not paths and (not more or self._counts):
            raise InputError(f"{self.command} needs a reflection file; give one that ends in .refl")
        paired = len(paths) > 1 and len(self._counts) == len(paths)
        first = [one_table(paths, self._counts if paired else ())] if paths else []
        merged = one_after_another(
            [*first, *more], [sum(self._counts)] * len(first) + [len(e) for e, _ in self.unmerged]
        )
        return merged if experiments is None else belonging(merged, experiments, paths[0] if paths else "the file")

    def write(self, result: Result, *, shoeboxes: bool = False) -> None:
        """Write the experiments and reflections that this command writes, with its line of history."""
        from gnomon.io.expt import write_experiments
        from gnomon.io.refl import write_reflections

        if "expt" in self.outputs:
            more = write_experiments(self.outputs["expt"], self.stamped(result.experiments))
            for path in (self.outputs["expt"], *more):
                self.wrote(path)
        if "refl" in self.outputs:
            write_reflections(self.outputs["refl"], result.reflections, shoeboxes=shoeboxes)
            self.wrote(self.outputs["refl"])

    def write_page(self, sections: Callable[[], Sequence[Section]]) -> None:
        """Write the HTML page of ``sections``, which are made only where a page is wanted; none of no sections."""
        made = sections() if "html" in self.outputs else ()
        if not made:
            return
        from gnomon.io.atomic import write_whole
        from gnomon.report.html.page import page

        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        typed = shorten(f"gnomon {self.command} {' '.join(self.typed)}", 400, placeholder=" ...")
        about = f"{typed} (gnomon {gnomon.__version__}, {when})"
        write_whole(self.outputs["html"], page(f"gnomon {self.command}", made, about))
        self.wrote(self.outputs["html"])

    def stamped(self, experiments: Experiments) -> Experiments:
        """The experiments with this command's line of history."""
        stamp = f"{datetime.now(UTC).isoformat(timespec='seconds')}|gnomon.{self.command}|{gnomon.__version__}"
        return replace(experiments, history=(*experiments.history, stamp))

    def wrote(self, path: str) -> None:
        """Say that a file was written."""
        size = os.path.getsize(path)
        self.say(f"wrote {path} ({size / 1e6:.1f} MB)" if size > 1e5 else f"wrote {path} ({size / 1e3:.1f} kB)")


def open_log(path: str) -> TextIO:
    """The log file, opened for writing; InputError where its folder cannot be written to."""
    try:
        return Path(path).open("w", encoding="utf-8")
    except OSError as error:
        folder = os.path.dirname(os.path.abspath(path))
        raise InputError(
            f"cannot write {path}: {(error.strerror or str(error)).lower()} in {folder}; work in a folder of your own"
        ) from error


def make_session(command: Any, params: Params, run: Any, words: Sequence[str], outputs: Mapping[str, str]) -> Session:
    """The session of one run, its log opened."""
    log = open_log(run.log or f"gnomon.{command.name}.log")
    print(f"gnomon {gnomon.__version__} {command.name} {' '.join(sys.argv[2:])}".rstrip(), file=log)
    give_back_large_blocks()
    workers = Workers(run.nproc or available_cpus(), run.max_memory)
    session = Session(command.name, params, words, workers, outputs, log, sys.argv[2:])
    on_first_compile[:] = [session.tell_of_compiling]
    return session
