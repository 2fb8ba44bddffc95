"""The entry point: finds the command, parses, runs, and turns every failure into one clear line."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import gnomon
from gnomon.cli.arguments import Option, build, options_of, parse
from gnomon.cli.command import Command, RunParams
from gnomon.cli.interrupts import WATCHER
from gnomon.cli.outputs import check_outputs, given_files, names_of_outputs
from gnomon.cli.plain_text import shown
from gnomon.cli.registry import commands
from gnomon.errors import ClusterError, InputError
from gnomon.io.atomic import guarded
from gnomon.params import Params

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_BLAS_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def _find_command(name: str) -> tuple[Command, Mapping[str, Any]]:
    """The command of this name, and the values that the name stands for where it is another one's alias."""
    known = commands()
    wanted = name.replace("-", "_").removeprefix("gnomon.").removeprefix("dials.")
    for command in known:
        if wanted == command.name or wanted in command.aliases:
            return command, command.aliases.get(wanted, {})
    import difflib

    near = difflib.get_close_matches(wanted, [name for c in known for name in (c.name, *c.aliases)], n=1)
    advice = f"did you mean {near[0]}?" if near else "gnomon --help lists the commands"
    raise InputError(f"unknown command {name!r}; {advice}")


def _parse_and_run(argv: Sequence[str]) -> None:
    command, meant = _find_command(argv[0])
    params_class = command.params()
    options = [*options_of(params_class, "params"), *options_of(RunParams, "run")]
    options += [Option(name, "output", kind, str | None) for name, kind, _ in command.output_options]
    options += [Option(f"input.{key}", "input", key, tuple[str, ...]) for key in ("experiments", "reflections")]
    arguments = parse(argv[1:], options)
    if arguments.help:
        from gnomon.cli.help import command_help

        print(command_help(command))
        return
    by_group = {
        group: {key: value for (g, key), value in arguments.values.items() if g == group}
        for group in ("params", "run", "input", "output")
    }
    words = [*arguments.words, *(path for paths in by_group["input"].values() for path in paths)]
    command.check_words(words)
    params, run = build(params_class, {**meant, **by_group["params"]}), build(RunParams, by_group["run"])
    outputs = {**dict(command.outputs), **by_group["output"]}
    wanted = {kind: path for kind, path in outputs.items() if path is not None}
    given = given_files(words, params)
    check_outputs(*names_of_outputs(command, wanted, by_group["output"], params, run), given)
    with guarded(given):
        _run(command, params, run, words, wanted)


def _run(command: Command, params: Params, run: RunParams, words: Sequence[str], outputs: Mapping[str, str]) -> None:
    """One run, from the opening of its log to the end of it."""
    from gnomon.cli.session import make_session

    session = make_session(command, params, run, words, outputs)
    try:
        command.run(session)
        session.keep_record()
    except BaseException:
        with suppress(OSError):  # a disk too full for the log hides no other failure
            traceback.print_exc(file=session.log)
            session.close()
        raise
    session.close()


def _one_line(error: BaseException) -> str:
    """What to tell the user about a failure."""
    if isinstance(error, (InputError, ClusterError)):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; no output was written by the unfinished step"
    if isinstance(error, MemoryError):
        return "out of memory; give fewer images or nproc=1"
    if isinstance(error, OSError) and error.errno in _FULL:
        return f"the disk is full ({str(error.strerror).lower()}); make room or work in another folder"
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror.lower()}"
    return f"internal error: {type(error).__name__}: {error} (the traceback is in the log file; please report it)"


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; exits with 0, or with 1 after one line on standard error."""
    words = list(sys.argv[1:] if argv is None else argv)
    for name in _BLAS_THREADS:  # more would cost CPU time in products this small
        os.environ[name] = "1"  # whatever the user has set: sums in another order would change digits of the results
    try:
        if not words or words[0] in ("-h", "--help", "help"):
            from gnomon.cli.help import overview

            print(overview(commands(), gnomon.__version__))
        elif words[0] == "--version":
            print(f"gnomon {gnomon.__version__}")
        else:
            _parse_and_run(words)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except (Exception, KeyboardInterrupt) as error:
        message = shown(" ".join(_one_line(error).split()))
        print(f"gnomon: {message}", file=sys.stderr)
        if isinstance(error, KeyboardInterrupt):
            _leave_threads()
        sys.exit(1)


def _leave_threads() -> None:
    """Ends the program where threads are not done in a second: one may wait for a file that never comes."""
    until = time.monotonic() + 1
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        if thread.name == WATCHER:
            continue
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(1)
