"""``gnomon watch``: images while they are being measured, from spots to merged data."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, TextIO

from gnomon.cli.command import Command
from gnomon.errors import InputError, UsageError
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.process.live.collection import Collection
    from gnomon.process.live.events import SeenImage
    from gnomon.process.live.feed import Entry, Feed
    from gnomon.process.live.merging import LiveMerge
    from gnomon.process.watch.follow import Follow, Seen
    from gnomon.step import Data
    from gnomon.steps.spot_counts_per_image.summary import SweepCounts


def _params() -> type[Params]:
    from gnomon.process.watch.params import WatchParams

    class WatchFilesParams(WatchParams):
        """When to stop, how spots are found, and where the numbers go."""

        json_lines: bool = param(False, "print JSON, an object a line, instead of a table", name="json")
        view: bool = param(False, "show it in the browser as well: prints the address of a page")
        json_file: str | None = param(None, "write JSON lines to this file as images arrive", name="output.json")

    return WatchFilesParams


def run(session: Session) -> None:
    """Follow the folder given, telling of each image as soon as it is whole, and of what comes of them."""
    from gnomon.io.images.growing import arrivals_of
    from gnomon.kernels import on_first_compile
    from gnomon.process.live.collection import Collection
    from gnomon.process.live.feed import Feed
    from gnomon.process.watch.follow import Follow
    from gnomon.process.watch.params import WatchParams

    if len(session.words) != 1:
        raise UsageError(
            f"watch follows one folder, got {len(session.words)} names; give the folder, or a template in quotes"
        )
    values = session.params.model_dump()
    as_json, path, view = values.pop("json_lines"), values.pop("json_file"), values.pop("view")
    if as_json:
        on_first_compile.clear()  # a program reads the screen
    params, feed = WatchParams(**values), Feed()
    follow = Follow(arrivals_of(session.words[0]), params, session.workers)
    context = replace(session.context, progress=None)  # its bar would stand in the table
    collection = Collection(params, context, feed, follow.expected) if params.process else None
    with ExitStack() as stack:
        file = stack.enter_context(_opened(path)) if path else None
        say = _Teller(session, file, feed, as_json=as_json)
        if view:
            stack.enter_context(_page(session, feed))
        told = _followed(follow, collection, feed, say)
        if collection is not None:
            collection.end()
            say.until_closed()
        _close(follow, told, say)
    found = None if collection is None else collection.result()
    if found is not None:
        _write(session if not as_json else replace(session, loudness=-1), *found)


@contextmanager
def _page(session: Session, feed: Feed) -> Iterator[None]:
    """While it lasts the collection is shown on a page; its address is said, by a program that reads along unseen."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise InputError("view needs starlette and uvicorn; install them: python -m pip install 'gnomon-xtal[view]'")
    from gnomon.web.live import RunningWorkspace, live_routes
    from gnomon.web.serve import served_beside

    def say(address: str) -> None:
        print(address, file=sys.stderr, flush=True)  # the screen may be a program's

    with served_beside(RunningWorkspace(session.words), say, live_routes(feed)):
        yield


class _Teller:
    """Says lines on the screen and in a file, as text or as JSON, and what is new in the feed between them."""

    def __init__(self, session: Session, file: TextIO | None, feed: Feed, *, as_json: bool) -> None:
        self._session, self._file, self._feed, self.as_json, self._number = session, file, feed, as_json, 0

    def __call__(self, text: str, line: str) -> None:
        """One line: its text, and its JSON."""
        if self._file is not None:
            print(line, file=self._file, flush=True)
        self._session.say(line if self.as_json else text)

    def only_words(self, text: str) -> None:
        """What JSON does not have."""
        if not self.as_json:
            self._session.say(text)

    def news(self) -> None:
        """What is new in the feed."""
        self._tell(self._feed.since(self._number))

    def until_closed(self) -> None:
        """What comes, until nothing more will."""
        while True:
            closed = self._feed.closed
            entries = self._feed.wait(self._number, 1.0)
            self._tell(entries)
            if closed and not entries:
                return

    def _tell(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self._number = entry.number
            words = entry.event.in_words()
            if words:
                self(words, json.dumps(entry.event.record))


def _seen_image(seen: Seen) -> SeenImage:
    """The image, as the page has it."""
    from gnomon.process.live.events import SeenImage

    template, number, c = seen.image.template, seen.image.number, seen.counts
    if c is None:
        return SeenImage(template, number, None, None, None, False, seen.error)
    return SeenImage(template, number, c.n_spots, c.n_spots_no_ice, c.d_min, c.ice, seen.error)


def _followed(follow: Follow, collection: Collection | None, feed: Feed, say: _Teller) -> list[Seen]:
    """All images, each told as it came; the name of one where another sweep goes on."""
    from gnomon.report.watch import heading, record, row

    say.only_words(heading())
    told: list[Seen] = []
    sweep = ""
    try:
        for seen in follow:
            told.append(replace(seen, looked_at=None))  # its pixels are the collection's
            path, number, counts = seen.image.path, seen.image.number, seen.counts
            before, sweep = sweep, seen.image.template
            named = f"{os.path.basename(path)}:\n" if before not in ("", sweep) else ""
            say(named + row(path, number, counts, seen.error), record(path, number, counts, seen.error, seen.behind))
            feed.publish(_seen_image(seen))
            if collection is not None:
                collection.take(seen)
            say.news()
    except KeyboardInterrupt:
        follow.ending = "interrupted"
    return told


def _close(follow: Follow, told: list[Seen], say: _Teller) -> None:
    """Why it ended, and which images never came."""
    from gnomon.report.watch import closing, closing_record

    missing, damaged = follow.missing(), follow.damaged
    text = closing(follow.ending, _all(told), missing, damaged)
    say(f"\n{text}", closing_record(follow.ending, len(told), missing, damaged))
    live = sorted(seen.behind for seen in told if seen.live)
    if live:
        say.only_words(f"told {live[len(live) // 2]:.2f} s after an image was written, at most {live[-1]:.2f} s")


def _write(session: Session, data: Data, merge: LiveMerge) -> None:
    """Leave the files that the single commands would: integrated, scaled, exported and merged data."""
    from gnomon.cli.commands.process import compare, finish_all
    from gnomon.cli.kept import of_part

    replace(session, command="integrate").write_pair(data, (session.outputs.get("expt"), session.outputs.get("refl")))
    for outcome in merge.outcomes:
        session.record.step(outcome.stage, outcome.parameters, outcome.result.summary, outcome.part)
    final = [outcome for outcome in merge.outcomes if outcome.final]
    for outcome in final:
        paths = of_part(outcome.part, "scaled.expt"), of_part(outcome.part, "scaled.refl")
        replace(session, command="scale").write_pair(outcome.result, paths)
    finish_all(session, final)
    compare(session, list(merge.outcomes))


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
    summary="follow a data collection: from spots of images as they arrive to merged data",
    params=_params,
    run=run,
    needs=("paths",),
    reads=None,
    outputs=(
        ("expt", "integrated.expt"),
        ("refl", "integrated.refl"),
        ("unmerged_mtz", "scaled.mtz"),
        ("mtz", "merged.mtz"),
    ),
    usage="gnomon watch FOLDER|TEMPLATE|IMAGE|MASTER [images=N] [timeout=SECONDS] [name=value ...]",
    screen_is_data=True,
    example="gnomon watch ../data/insulin_1_master.h5\ngnomon watch '../data/lyso_####.cbf' output.json=live.jsonl",
)
