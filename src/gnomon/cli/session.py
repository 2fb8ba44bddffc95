"""One run of a command: its inputs, its words on screen and in the log, and its output files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from shutil import get_terminal_size
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Generic, TextIO

from typing_extensions import TypeVar

import gnomon
from gnomon.cli.clock import now
from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED
from gnomon.cli.fitted import fitted
from gnomon.cli.machines import Machines, machines_for
from gnomon.cli.outputs import check_images, given_files, record_of
from gnomon.cli.plain_text import log_warnings, open_plain, shown
from gnomon.cli.progress import progress_shown
from gnomon.cli.record import Record, StepRecord
from gnomon.cli.typed import Typed, check_patterns, prefixed
from gnomon.distribute.executor import Inline
from gnomon.distribute.memory import give_back_large_blocks
from gnomon.distribute.workers import Workers, available_cpus
from gnomon.errors import InputError, UsageError
from gnomon.io.atomic import guard, identity_of, kept_aside
from gnomon.kernels import on_first_compile, on_unkept
from gnomon.models.experiment import Experiments
from gnomon.models.fewer_columns import fewer_columns
from gnomon.models.reflections import Reflections
from gnomon.params import Params
from gnomon.step import Context, Data, Result, checked

if TYPE_CHECKING:
    from gnomon.report.html.blocks import Section


P = TypeVar("P", bound=Params, default=Any)


@dataclass
class Session(Generic[P]):
    """What a command's ``run`` gets; ``say`` prints and logs, ``write`` leaves whole files or none."""

    command: str
    params: P
    words: Sequence[str]
    workers: Workers
    outputs: Mapping[str, str]
    log: TextIO
    record: Record
    typed: Sequence[str] = ()  # after the name of the command
    columns: str = "all"  # of .refl files
    machines: Machines | Inline = field(default_factory=Inline)
    images: Sequence[str] = ()  # among the words, where experiments are needed
    prefix: str | None = None  # of the names of files that are made up here
    loudness: int = 0  # of the screen: below zero it stays empty, above it has the time as the log has
    screen_is_data: bool = False  # read by programs
    written: list[str] = field(default_factory=list)  # names of files, by this session and those made from it
    _read: list[Experiments] = field(default_factory=list)  # of each file

    def say(self, text: str) -> None:
        """Print, and write the same to the log; a reader that went away (``| head``) does not stop the work."""
        text = shown(text)
        self._note(text)
        if self.loudness < 0:
            return
        if sys.stdout.isatty():
            text = fitted(text, get_terminal_size().columns)
        try:
            print(_stamped(text) if self.loudness > 0 else text, flush=True)
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (open until the program ends)

    def begin(self, changes: str) -> None:
        """Say what differs from the defaults; where programs read the screen the log alone has it."""
        self.record.on_step = self._tell_of_time
        if changes and self.screen_is_data:
            self._note(shown(changes))
        elif changes:
            self.say(changes)

    def _note(self, text: str) -> None:
        """Write to the log alone, with the time."""
        print(_stamped(text), file=self.log)
        with suppress(OSError):  # of a full disk the outputs will tell, or the end of the log
            self.log.flush()  # so that of a killed run it is known how far it came

    def _tell_of_time(self, step: StepRecord) -> None:
        """Note in the log what a step took."""
        of = f" ({step.part})" if step.part else ""
        self._note(f"{step.step}{of} took {step.wall:.1f} s, {step.cpu:.1f} s of CPU")

    def say_impossible(self, result: Result[Any, Any]) -> None:
        """Say what was taken out because it cannot be, if anything was."""
        for words in result.impossible:
            self.say(words)

    def tell_of_compiling(self) -> None:
        """Say why this run takes longer than the next."""
        from gnomon.kernels.ahead import start_helpers

        self.say("compiling kernels, once on this machine: this run takes longer")
        stage = "find_spots" if self.command in ("process", "demo") else self.command
        start_helpers(stage, self.workers.count - 1)

    def tell_of_compiling_again(self, reason: str) -> None:
        """Say why the next run will take as long."""
        self.say(
            f"compiled kernels cannot be kept ({reason}): every run compiles them; set NUMBA_CACHE_DIR to a folder"
        )

    def keep_record(self) -> None:
        """Write the record of the run beside its log."""
        if identity_of(self.log.name) is not None:  # no device
            self.record.write(record_of(self.log.name))

    def close(self) -> None:
        """End the run, and the cluster it had: what compiles later is no longer its news."""
        if isinstance(self.machines, Machines):
            self.machines.close()
        for path, kept in kept_aside().items():
            self.say(f"{path.name} was read here and is new now: what it was is kept as {kept}")
        on_first_compile.clear()
        on_unkept.clear()
        wall, cpu = self.record.spent
        self._note(f"ended after {wall:.1f} s, {cpu:.1f} s of CPU")
        self.log.close()

    @property
    def context(self) -> Context:
        """How steps are run: with a progress bar where standard error is a terminal, now and then a line elsewhere."""
        return Context(self.workers, self.machines, None if self.loudness < 0 else progress_shown())

    def files(self, *endings: str) -> list[str]:
        """The positional words that end so."""
        return [w for w in self.words if w.lower().endswith(endings)]

    @cached_property
    def unmerged(self) -> list[tuple[Experiments, Reflections]]:
        """The data sets of the unmerged MTZ and XDS files given; a merged MTZ beside other data is none of them.

        Raises InputError for one that cannot be used.
        """
        paths = self.files(*UNMERGED)
        if not paths:
            return []
        from gnomon.io.unmerged import is_merged_mtz, read_data_set

        alone = not self.files(*EXPERIMENTS) and all(map(is_merged_mtz, paths))
        return [read_data_set(path) for path in paths if alone or not is_merged_mtz(path)]

    def experiments(self) -> Experiments:
        """All ``.expt`` files given, one after the other; then those of unmerged MTZ and XDS files.

        Those of images where there are only such.

        Raises UsageError when there is none.
        """
        from gnomon.cli.reading import one_list
        from gnomon.io.expt import read_experiments

        paths = self.files(*EXPERIMENTS)
        if not paths and self.images:
            from gnomon.cli.importing import import_first

            self.say("images are given where experiments are needed: they are imported first")
            self._read[:] = [import_first(self, self.images)]
            return self._read[0]
        if not paths and not self.unmerged:
            raise UsageError(f"{self.command} needs an experiment file; give one that ends in .expt")
        self._read[:] = [read_experiments(path) for path in paths]
        experiments = one_list(self._read)
        check_images(self.outputs, experiments)
        guard(file for e in experiments if e.images for file in e.images.lookups)
        more = [e for part, _ in self.unmerged for e in part]
        return Experiments.of((*experiments, *more), experiments.history) if more else experiments

    def reflections(self, experiments: Experiments | None = None, empty: Collection[str] = ()) -> Reflections:
        """The ``.refl`` files given, one after the other, ids counted on; then the tables of unmerged files.

        They are checked against ``experiments``. empty: columns that are zero in tables that lack them, where another
        has them; others that not all have are left out.

        Raises UsageError when there is none, InputError where it belongs to other experiments.
        """
        from gnomon.cli.reading import belonging, one_after_another, one_table, sound_table
        from gnomon.io.pairs import check_pairs
        from gnomon.maths.intensities.unmerged_table import with_same_intensities

        paths, counts = self.files(*REFLECTIONS), [len(part) for part in self._read]
        more = with_same_intensities([table for _, table in self.unmerged])
        if not paths and (not more or counts):
            raise UsageError(f"{self.command} needs a reflection file; give one that ends in .refl")
        check_pairs(self._read, paths)
        paired = len(paths) > 1 and len(counts) == len(paths)
        first = [one_table(paths, counts if paired else (), empty)] if paths else []
        sizes = [sum(counts)] * len(first) + [len(e) for e, _ in self.unmerged]
        merged = one_after_another([*first, *more], sizes, empty)
        path = paths[0] if paths else self.files(*UNMERGED)[0]
        found = merged if experiments is None else belonging(merged, experiments, path)
        found, notes = sound_table(found, experiments or (), path)
        for note in notes:
            self.say(f"{path}: {note}")
        return found

    def write(self, result: Data, *, shoeboxes: bool = False) -> None:
        """Write the experiments and reflections that this command writes, with its line of history."""
        refl = self.outputs.get("refl")
        self.write_pair(result, (self.outputs.get("expt"), refl), shoeboxes=shoeboxes)

    def write_pair(
        self, result: Data, paths: tuple[str | None, str | None], *, shoeboxes: bool = False, told: bool = True
    ) -> tuple[Experiments, list[str]]:
        """The experiments as written, and the files: those of ``paths`` that are not None, and what goes with them.

        The experiments are written with a mark of the reflections. told: each file is said and noted.

        Without numbers that cannot be, whichever command made them; stages have looked, and told of them, before.
        """
        from gnomon.io.expt import write_experiments
        from gnomon.io.pairs import mark_of
        from gnomon.io.refl import write_reflections

        (expt, refl), mark = paths, ""
        if refl is not None and not (isinstance(result, Result) and result.impossible):
            result = checked(result if isinstance(result, Result) else Result(*result))
            self.say_impossible(result)
        if refl is not None:
            table, note = fewer_columns(result.reflections, self.columns)
            write_reflections(refl, table, shoeboxes=shoeboxes)
            if note:
                self.say(note)
            mark = mark_of(refl)
        experiments = self.stamped(result.experiments, mark)
        more = write_experiments(expt, experiments) if expt is not None else []
        files = [path for path in (expt, *more, refl) if path is not None]
        for path in files if told else ():
            self.wrote(path)
        return experiments if expt is not None else result.experiments, files

    def write_page(self, sections: Callable[[], Sequence[Section]]) -> None:
        """Write the HTML page of ``sections``, which are made only where a page is wanted; none of no sections."""
        made = sections() if "html" in self.outputs else ()
        if not made:
            return
        from gnomon.cli.provenance import provenance
        from gnomon.io.atomic import write_whole
        from gnomon.report.html.page import page

        when = now().strftime("%Y-%m-%d %H:%M UTC")
        typed = shorten(f"gnomon {self.command} {' '.join(self.typed)}", 400, placeholder=" ...")
        about = f"{typed} (gnomon {gnomon.__version__}, {when})"
        origin = provenance(self, given_files(self.words, self.params), when)
        write_whole(self.outputs["html"], page(f"gnomon {self.command}", [*made, origin], about))
        self.wrote(self.outputs["html"])

    def stamped(self, experiments: Experiments, mark: str = "") -> Experiments:
        """The experiments with this command's line of history; ``mark``: of what is written with them."""
        from gnomon.io.pairs import with_history_line

        return with_history_line(experiments, self.record.stamp, f"gnomon.{self.command}", mark)

    def prefixed(self, name: str) -> str:
        """The name of a file that nobody chose, behind the prefix that all have."""
        return prefixed(self.prefix, name)

    def write_json(self, made: Callable[[], Any]) -> None:
        """Write what is made as the output ``json``, if it is asked for."""
        path = self.outputs.get("json")
        if not path:
            return
        import json

        from gnomon.io.atomic import write_whole

        write_whole(path, json.dumps(made(), indent=1))
        self.wrote(path)

    def wrote(self, path: str) -> None:
        """Say that a file was written, and remember it."""
        self.remember(path)
        self.say_wrote(path)

    def remember(self, path: str) -> None:
        """Remember a file that was written, for the page and the record, without a word."""
        self.written.append(path)
        self.record.wrote(path)

    def say_wrote(self, path: str) -> None:
        """Say that a file was written, and how large it is."""
        size = os.path.getsize(path)
        self.say(f"wrote {path} ({size / 1e6:.1f} MB)" if size > 1e5 else f"wrote {path} ({size / 1e3:.1f} kB)")


def _stamped(text: str) -> str:
    """The text with the time of day (UTC) before its first letter."""
    start = len(text) - len(text.lstrip("\n"))
    return f"{text[:start]}{now():%H:%M:%S} {text[start:]}" if text[start:] else text


def open_log(path: str) -> TextIO:
    """The log file, opened for writing; InputError where its folder cannot be written to."""
    try:
        return open_plain(path)
    except OSError as error:
        folder = os.path.dirname(os.path.abspath(path))
        raise InputError(
            f"cannot write {path}: {(error.strerror or str(error)).lower()} in {folder}; work in a folder of your own"
        ) from error


def _log_for(typed: Typed) -> TextIO:
    """The log; none where a command that writes nothing else stands in a folder that cannot be written to."""
    try:
        return open_log(typed.log)
    except InputError:
        if typed.command.outputs or typed.run.log:
            raise
        return open_plain(os.devnull)


def make_session(typed: Typed, loudness: int = 0) -> Session:
    """The session of one run, its log opened; loudness: of the screen, as in :class:`Session`."""
    command, params, run, words = typed.command, typed.params, typed.run, typed.words
    check_patterns(typed)
    cpus = available_cpus()
    machines = machines_for(run, run.nproc or cpus)
    log = _log_for(typed)
    log_warnings(log)
    when = now().strftime("%Y-%m-%d %H:%M:%S UTC")
    print(f"gnomon {gnomon.__version__} {command.name} {' '.join(sys.argv[2:])}".rstrip(), when, sep="\n", file=log)
    give_back_large_blocks()
    workers = Workers(run.nproc or cpus, run.max_memory)
    record = Record(command.name, sys.argv[2:], params, run, given_files(words, params))
    session = Session(
        command.name, params, words, workers, typed.wanted, log, record, sys.argv[2:], run.columns, machines,
        images=tuple(filter(command.is_image, words)), prefix=run.prefix, loudness=loudness,
        screen_is_data=command.screen_is_data,
    )  # fmt: skip
    if isinstance(machines, Machines):
        machines.say = session.say
    on_first_compile[:] = [session.tell_of_compiling]
    on_unkept[:] = [session.tell_of_compiling_again]
    return session
