"""Follow images as they arrive, until the last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.errors import InputError
from gnomon.io.images.arrivals import Arrival, Arrivals
from gnomon.process.watch.look import Look
from gnomon.process.watch.params import WatchParams
from gnomon.steps.find_spots.looked_at import LookedAt
from gnomon.steps.spot_counts_per_image.summary import ImageCounts

_INTERVAL = 0.05  # s between polls, at least
_PATIENCE = 4  # times as long as a poll takes: a slow file system is not asked all the time
_BATCH = 4  # images a worker between polls


@dataclass(frozen=True)
class Seen:
    """One image that was read: its counts, or why there are none.

    ``behind``: s from its last write to its counts; ``live``: whether it was written after the start; ``looked_at``:
    its strong pixels, None where they have been dropped; ``look``: what read it, and can again.
    """

    image: Arrival
    counts: ImageCounts | None
    error: str
    behind: float
    live: bool
    looked_at: LookedAt | None
    look: Look


@dataclass
class Follow:
    """Iterate over it: every image once, as soon as it is whole; then :meth:`missing` and :attr:`damaged` say the rest.

    Images that cannot be read are tried again until the end. ``sleep`` is given the s to wait between polls.
    """

    arrivals: Arrivals
    params: WatchParams
    workers: Workers = SERIAL
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    seen: dict[str, list[int]] = field(default_factory=dict)  # template: numbers of images read
    ending: str = ""
    _refused: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)  # template, number: name, why
    _looks: dict[str, Look] = field(default_factory=dict)
    _born: float = field(default_factory=time.time)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __iter__(self) -> Iterator[Seen]:
        """Images in the order of arrival. Ends after ``params.images``, or ``params.timeout`` without a change.

        Silence lasts up to the last poll: what came since, while nobody looked, is not known.
        """
        queue: list[Arrival] = []
        active = polled = self.clock()
        while queue or not self._is_over(polled - max(active, self.arrivals.changed)):
            polled = self.clock()
            queue += self.arrivals.poll()
            polling = self.clock() - polled
            batch = queue[: _BATCH * self.workers.count]
            queue = queue[len(batch) :]
            for seen, image in zip(self.workers.map(self._look, batch), batch):  # the map first, so that it finishes
                if seen is None:
                    self.arrivals.put_back(image)
                    continue
                active = self.clock()
                self.seen.setdefault(image.template, []).append(image.number)
                yield seen
            if not queue:
                self.sleep(max(_INTERVAL - (self.clock() - polled), _PATIENCE * polling))

    @property
    def damaged(self) -> dict[str, str]:
        """The images that were never whole, and files that could not be opened: why, at the last attempt."""
        return {**dict(self._refused.values()), **self.arrivals.problems}

    def missing(self) -> dict[str, list[int]]:
        """Of each template, the numbers between its first and last image that were never seen.

        Where it is known how many there are, these begin at 1 if all seen fit in, else at the first seen.
        """
        told = {**dict.fromkeys(self.seen, self.params.images if len(self.seen) == 1 else None)}
        told |= {template: n for template, n in self.arrivals.announced.items() if n or template in self.seen}
        return {
            template: [n for n in _holes(self.seen.get(template, ()), n_images) if (template, n) not in self._refused]
            for template, n_images in told.items()
        }

    def expected(self) -> int | None:
        """How many images there will be in all, where the user or the files say so."""
        announced = self.arrivals.announced
        if self.params.images is not None or not set(self.seen) <= set(announced):
            return self.params.images
        numbers = [n for n in announced.values() if n is not None]
        return sum(numbers) if 0 < len(numbers) == len(announced) else None

    def _is_over(self, silence: float) -> bool:
        p, read, expected = self.params, sum(map(len, self.seen.values())), self.expected()
        if expected is not None and read >= expected:
            self.ending = f"all {expected} images have come"
        elif p.timeout is not None and silence > p.timeout:
            self.ending = f"nothing has come for {p.timeout:g} s"
        return bool(self.ending)

    def _look(self, image: Arrival) -> Seen | None:
        """What there is to say of the image; None where it is not whole yet."""
        try:
            look = self._look_of(image)
            pixels = look.read(image.number)
        except InputError as error:
            self._refused[image.template, image.number] = image.name, str(error)
            return None
        self._refused.pop((image.template, image.number), None)
        found = look.looked_at(pixels)
        try:
            counts, error_text = look.judge(found.strong), ""
        except InputError as error:
            counts, error_text = None, str(error)
        behind = time.time() - image.written
        return Seen(image, counts, error_text, behind, image.written > self._born, found, look)

    def _look_of(self, image: Arrival) -> Look:
        with self._lock:
            if image.template not in self._looks:
                self._looks[image.template] = Look(image, *self.arrivals.opened(image), self.params)
            return self._looks[image.template]


def _holes(numbers: Sequence[int], told: int | None) -> list[int]:
    first, last = min(numbers, default=1), max(numbers, default=0)
    if told is not None:
        first = 1 if last <= told else first
        last = max(last, first + told - 1)
    return sorted(set(range(first, last + 1)) - set(numbers))
