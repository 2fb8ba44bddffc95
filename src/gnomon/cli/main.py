"""The entry point: finds the command, parses, runs, and turns every failure into one clear line."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import gnomon
from gnomon.cli.arguments import parse
from gnomon.cli.command import Command
from gnomon.cli.equivalents import line_for
from gnomon.cli.outputs import check_outputs, given_files, names_of_outputs
from gnomon.cli.plain_text import shown
from gnomon.cli.registry import commands
from gnomon.cli.typed import Typed, options_for, resolve
from gnomon.errors import ClusterError, InputError, UsageError
from gnomon.io.atomic import guarded

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_BLAS_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def find_command(name: str, words: Sequence[str] = ()) -> tuple[Command, Mapping[str, Any]]:
    """The command of this name, and the values that the name stands for where it is another one's alias.

    Raises UsageError for no such command, with the line to type where another program's has a counterpart here.
    """
    known = commands()
    wanted = name.replace("-", "_").removeprefix("gnomon.").removeprefix("dials.")
    for command in known:
        if wanted == command.name or wanted in command.aliases:
            return command, command.aliases.get(wanted, {})
    if line := line_for(wanted, words, [command.name for command in known]):
        raise UsageError(f"there is no command {wanted}; here it is `gnomon {line}`")
    import difflib

    near = difflib.get_close_matches(wanted, [name for c in known for name in (c.name, *c.aliases)], n=1)
    advice = f"did you mean {near[0]}?" if near else "gnomon --help lists the commands"
    raise UsageError(f"unknown command {name!r}; {advice}")


def _parse_and_run(argv: Sequence[str]) -> None:
    command, meant = find_command(argv[0], argv[1:])
    arguments = parse(argv[1:], options_for(command))
    if arguments.help:
        from gnomon.cli.help import command_help

        print(command_help(command))
        return
    typed = resolve(command, arguments, meant)
    if arguments.show:
        _show(typed, arguments.attributes)
        return
    given = given_files(typed.words, typed.params)
    check_outputs(*names_of_outputs(typed), given)
    with guarded(given):
        _run(typed, arguments.loudness)


def _show(typed: Typed, attributes: int) -> None:
    """Print what the command is set to, in the form of a file of parameters. Reads and writes nothing."""
    from gnomon.cli.settings import as_phil, other_words, settings_of

    print("\n".join([*other_words(typed.words), as_phil(settings_of(typed), attributes)]))


def _run(typed: Typed, loudness: int) -> None:
    """One run, from the opening of its log to the end of it."""
    from gnomon.cli.session import make_session
    from gnomon.cli.settings import modified, settings_of

    session = make_session(typed, loudness)
    try:
        session.begin(modified(settings_of(typed), typed.words))
        typed.command.run(session)
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


BAD_DATA, BAD_USAGE = 1, 2
INTERNAL = 70
"""EX_SOFTWARE of BSD's sysexits."""
INTERRUPTED = 128 + signal.SIGINT
"""As shells have it."""


def exit_code(error: BaseException) -> int:
    """What the program ends with after this failure: 1 bad data or no room, 2 usage, 70 a fault of ours, 130 Ctrl-C."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, UsageError):
        return BAD_USAGE
    told = isinstance(error, InputError | ClusterError | MemoryError | OSError)
    return BAD_DATA if told else INTERNAL


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; exits with 0, or as :func:`exit_code` says after one line on standard error."""
    words = list(sys.argv[1:] if argv is None else argv)
    for name in _BLAS_THREADS:  # more would cost CPU time in products this small
        os.environ[name] = "1"  # whatever the user has set: sums in another order would change digits of the results
    try:
        if words[:1] == ["help"] and len(words) > 1:
            words = [words[1], "--help"]
        if not words or words[0] in ("-h", "--help", "help"):
            from gnomon.cli.help import overview

            print(overview(commands(), gnomon.__version__))
        elif words[0] == "completion":
            from gnomon.cli.completion import completion

            print(completion(words[1:], commands()))
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
        sys.exit(exit_code(error))


def _leave_threads() -> None:
    """Ends the program where threads are not done in a second: one may wait for a file that never comes.

    Those of which nobody waits for the end, as of a server that a test runs, hold up nothing.
    """
    until = time.monotonic() + 1
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        if thread.daemon:
            continue
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
