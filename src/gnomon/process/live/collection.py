"""A collection that runs: takes images as they are seen, and takes its sweeps further in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from gnomon.errors import InputError
from gnomon.models.experiment import Experiment
from gnomon.process.live.assembled import LiveSweep, assembled
from gnomon.process.live.events import Integrated, Lattice, Trouble
from gnomon.process.live.feed import Feed
from gnomon.process.live.merging import LiveMerge, merge_live
from gnomon.process.live.outlook import Outlook
from gnomon.process.live.pace import Pace
from gnomon.process.live.runs import Run, runs_of
from gnomon.process.live.sweep import Given, SweepState, advance
from gnomon.process.watch.follow import Seen
from gnomon.process.watch.look import Look
from gnomon.process.watch.params import WatchParams
from gnomon.step import Context, Data
from gnomon.steps.find_spots.looked_at import LookedAt
from gnomon.steps.import_.step import import_images

EVERY = 3.0
"""Seconds at least between merges on the way: what they show changes by a block of images at most."""


class _Images(Mapping[int, LookedAt]):
    """What was seen of a template's images; what was forgotten is looked at again."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._seen: dict[int, LookedAt | None] = {}

    def __getitem__(self, number: int) -> LookedAt:
        found = self._seen[number]
        return self.look.looked_at(self.look.read(number)) if found is None else found

    def __iter__(self) -> Iterator[int]:
        return iter(tuple(self._seen))

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, number: int, seen: LookedAt) -> None:
        """One more."""
        self._seen[number] = seen

    def forget(self, first: int, last: int) -> None:
        """The pixels of these images, which have been used."""
        self._seen |= {n: None for n in range(first, last + 1) if n in self._seen}


@dataclass
class _Template:
    """The images of one template, the sweeps they make, and how far these are."""

    name: str
    path: str
    images: _Images
    breaks: set[int] = field(default_factory=set)
    open: dict[int, SweepState] = field(default_factory=dict)  # by the first image
    closed: dict[tuple[int, int], LiveSweep] = field(default_factory=dict)  # by the first and the last
    imported: dict[int, Experiment] = field(default_factory=dict)  # by the first image, as far as it was taken
    stuck: set[tuple[int, int]] = field(default_factory=set)  # runs that cannot be imported, or are stills
    over: bool = False

    def runs(self) -> list[Run]:
        """The sweeps of the images so far."""
        return runs_of(self.images, self.breaks, over=self.over)

    def sweeps(self) -> list[LiveSweep]:
        """As far as they are known, in their order."""
        found = []
        for run in self.runs():
            done = self.closed.get((run.first, run.last))
            if done is None and run.first in self.imported:
                done = LiveSweep(self.imported[run.first], self.open[run.first])
            found += [done] if done else []
        return found


@dataclass(frozen=True)
class _Job:
    """A sweep to be taken further: its images up to ``last``, and whether that is the end of it."""

    template: _Template
    run: Run
    last: int
    closing: bool


class Collection:
    """What comes of a collection.

    :meth:`take` each image as it is seen and :meth:`end` it; :meth:`result` waits for what comes of it. On the way
    ``feed`` is told. What comes of it depends on the images alone, not on when they came.
    """

    def __init__(
        self, params: WatchParams, context: Context, feed: Feed, expected: Callable[[], int | None] = lambda: None
    ) -> None:
        """expected: how many images there will be in all, where that is known."""
        self._params, self._context, self._feed = params, context, feed
        self._templates: dict[str, _Template] = {}
        self._outlook = Outlook(params, expected, feed)
        self._changed = threading.Condition()
        self._ended = self._working = False
        self._merged_blocks, self._merged_at, self._merge_took = 0, 0.0, 0.0
        self._before: LiveMerge | None = None
        self._final: tuple[Data, LiveMerge] | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="live", daemon=True)
        self._thread.start()

    def take(self, seen: Seen) -> None:
        """One more image."""
        image = seen.image
        with self._changed:
            template = self._templates.get(image.template)
            if template is None:
                for before in self._templates.values():
                    before.over = True  # the next sweep has begun
                template = _Template(image.template, image.path, _Images(seen.look))
                self._templates[image.template] = template
            assert seen.looked_at is not None  # fresh from the follower
            template.images.add(image.number, seen.looked_at)
            self._changed.notify_all()
        self._outlook.take(seen)

    def end(self) -> None:
        """No more will come."""
        with self._changed:
            self._ended = True
            for template in self._templates.values():
                template.over = True
            self._changed.notify_all()

    @property
    def busy(self) -> bool:
        """Whether there is something to be made of the images so far."""
        with self._changed:
            return self._thread.is_alive() and (self._working or self._job() is not None)

    def result(self) -> tuple[Data, LiveMerge] | None:
        """The integrated data and what was merged of them, when all is done; None where there is none."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._final

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._ended or self._job() is not None or self._is_time(), 1.0)
                    job, ended = self._job(), self._ended
                    self._working = job is not None
                if job is not None:
                    self._advance(job)
                    self._working = False
                elif ended:
                    break
                elif self._is_time():
                    self._merge(final=False)
            self._merge(final=True)
        except BaseException as error:  # whoever asks for the result is told
            self._error = error
        finally:
            self._feed.close()

    def _job(self) -> _Job | None:
        """The first sweep that can be taken further."""
        for template in self._templates.values():
            for run in template.runs():
                if (run.first, run.last) in template.closed or (run.first, run.last) in template.stuck:
                    continue
                width = template.images.look.experiment.needed_scan.oscillation[1]
                reached = template.open[run.first].reached if run.first in template.open else run.first - 1
                goal = Pace.of(width).next(run.first - 1, reached) if width else run.last
                if goal < run.last:
                    return _Job(template, run, goal, closing=False)
                if run.complete:
                    return _Job(template, run, run.last, closing=True)
        return None

    def _advance(self, job: _Job) -> None:
        """Take a sweep further, and tell of it."""
        template, first = job.template, job.run.first
        experiment = self._imported(job)
        if experiment is None:
            return
        before = template.open.get(first, SweepState(first, first - 1))
        given = Given(experiment, template.images, self._params.finding(), self._params.known(), self._context)
        state = advance(before, given, closing=job.closing)
        with self._changed:
            if job.closing:
                template.closed[first, job.last] = LiveSweep(experiment, state)
                template.images.forget(first, job.last)
            else:
                template.open[first], template.imported[first] = state, experiment
                window = Pace.of(experiment.needed_scan.oscillation[1]).window
                template.images.forget(first, job.last - window)
        self._tell(template.name, experiment, before, state)

    def _imported(self, job: _Job) -> Experiment | None:
        """The sweep's images as import has them; None where they are none, or those of several sweeps."""
        template, (first, last) = job.template, (job.run.first, job.last)
        params = self._params.correcting().changed(image_range=(first, last))
        try:
            found = import_images([template.name], params).experiments
        except InputError as error:
            self._feed.publish(Trouble(f"images {first} to {last} of {template.name} are only counted", str(error)))
            template.stuck.add((first, job.run.last))
            return None
        if found[0].is_still:
            template.stuck.add((first, job.run.last))
            return None
        if len(found) > 1:
            with self._changed:
                template.breaks.update(e.image_range[0] for e in found[1:])
            return None
        return found[0]

    def _tell(self, name: str, experiment: Experiment, before: SweepState, state: SweepState) -> None:
        degrees = abs(experiment.needed_scan.oscillation[1]) * experiment.needed_scan.n_images
        self._outlook.follow(name, degrees, None if state.model is None else state.share)
        if state.model is None:
            self._feed.publish(Lattice(name, state.reached, round(degrees, 3), None, 0.0, state.why))
        elif state.found_at != before.found_at:
            cell = tuple(round(float(x), 3) for x in state.model.needed_crystal.cell)
            self._feed.publish(Lattice(name, state.reached, round(degrees, 3), cell, round(state.share, 4)))
        if state.blocks and (len(state.blocks) > len(before.blocks) or state.why):
            rows = sum(len(block.table) for block in state.blocks)
            block = state.blocks[-1]
            self._feed.publish(Integrated(name, block.first, block.last, rows, round(state.share, 4), state.why))
        self._outlook.advise()

    def _sweeps(self) -> list[LiveSweep]:
        return [sweep for template in self._templates.values() for sweep in template.sweeps()]

    def _blocks(self) -> int:
        return sum(len(sweep.state.blocks) for sweep in self._sweeps())

    def _is_time(self) -> bool:
        """Whether there is something new to be merged, and time for it before the last image."""
        if self._blocks() == self._merged_blocks or time.monotonic() - self._merged_at < EVERY:
            return False
        left = self._outlook.seconds_left
        return left is None or left > self._merge_took

    def _merge(self, *, final: bool) -> None:
        started = time.monotonic()
        with self._changed:
            sweeps, blocks = self._sweeps(), self._blocks()
        data = assembled(sweeps)
        if len(data.experiments):
            try:
                done = merge_live(data, self._params.known(), self._context, final=final, before=self._before)
                self._feed.publish(done.told)
                self._outlook.merged(done)
                self._before = done
                self._final = (data, done) if final else None
            except InputError as error:
                what = "nothing is merged" if final else "nothing is merged yet"
                self._feed.publish(Trouble(what, str(error)))
        self._merged_blocks, self._merged_at = blocks, time.monotonic()
        self._merge_took = self._merged_at - started
