"""``gnomon watch``: spots and resolution of images while they are being measured."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, TextIO

from gnomon.cli.command import Command
from gnomon.errors import InputError, UsageError
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.process.watch.follow import Follow, Seen
    from gnomon.steps.spot_counts_per_image.summary import SweepCounts


def _params() -> type[Params]:
    from gnomon.process.watch.params import WatchParams

    class WatchFilesParams(WatchParams):
        """When to stop, how spots are found, and where the numbers go."""

        json_lines: bool = param(False, "print JSON, an object a line, instead of a table", name="json")
        json_file: str | None = param(None, "write JSON lines to this file as images arrive", name="output.json")

    return WatchFilesParams


def run(session: Session) -> None:
    """Follow the folder given, telling of each image as soon as it is whole."""
    from gnomon.io.images.growing import arrivals_of
    from gnomon.process.watch.follow import Follow
    from gnomon.process.watch.params import WatchParams

    if len(session.words) != 1:
        raise UsageError(
            f"watch follows one folder, got {len(session.words)} names; give the folder, or a template in quotes"
        )
    values = session.params.model_dump()
    as_json, path = values.pop("json_lines"), values.pop("json_file")
    follow = Follow(arrivals_of(session.words[0]), WatchParams(**values), session.workers)
    with ExitStack() as stack:
        file = stack.enter_context(_opened(path)) if path else None
        _tell(session, follow, as_json, file)


def _tell(session: Session, follow: Follow, as_json: bool, file: TextIO | None) -> None:
    """A line for each image, then the end, on the screen and in ``file``; its name where another sweep goes on."""
    from gnomon.report.watch import closing, closing_record, heading, record, row

    def say(text: str, line: str) -> None:
        if file is not None:
            print(line, file=file, flush=True)
        session.say(line if as_json else text)

    if not as_json:
        session.say(heading())
    told: list[Seen] = []
    sweep = ""
    try:
        for seen in follow:
            told.append(seen)
            path, number, counts = seen.image.path, seen.image.number, seen.counts
            before, sweep = sweep, seen.image.template
            named = f"{os.path.basename(path)}:\n" if before not in ("", sweep) else ""
            say(named + row(path, number, counts, seen.error), record(path, number, counts, seen.error, seen.behind))
    except KeyboardInterrupt:
        follow.ending = "interrupted"
    missing, damaged = follow.missing(), follow.damaged
    text = closing(follow.ending, _all(told), missing, damaged)
    say(f"\n{text}", closing_record(follow.ending, len(told), missing, damaged))
    live = [seen.behind for seen in told if seen.live]
    if live and not as_json:
        session.say(f"told {sorted(live)[len(live) // 2]:.2f} s after an image was written, at most {max(live):.2f} s")


def _all(told: list[Seen]) -> SweepCounts:
    """The images that could be judged."""
    from gnomon.steps.spot_counts_per_image.summary import SweepCounts

    judged = [(seen.image.number, seen.counts) for seen in told if seen.counts]
    return SweepCounts.of(0, [number for number, _ in judged], [counts for _, counts in judged])


def _opened(path: str) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {(error.strerror or str(error)).lower()}; choose another") from None


COMMAND = Command(
    name="watch",
    summary="follow a data collection: spots and resolution of images as they arrive",
    params=_params,
    run=run,
    needs=("paths",),
    reads=None,
    screen_is_data=True,
    usage="gnomon watch FOLDER|TEMPLATE|IMAGE|MASTER [images=N] [timeout=SECONDS] [name=value ...]",
    example="gnomon watch ../data/insulin_1_master.h5\ngnomon watch '../data/lyso_####.cbf' output.json=live.jsonl",
)
