"""What is known of a collection as a whole, and the advice that follows; told where it changes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from gnomon.process.live.advice import FEWEST, RECENT, Situation, advice, decay_along
from gnomon.process.live.events import Advice, Merged
from gnomon.process.live.feed import Feed
from gnomon.process.live.merging import LiveMerge
from gnomon.process.watch.follow import Seen
from gnomon.process.watch.params import WatchParams
from gnomon.steps.spot_counts_per_image.summary import ImageCounts

USUAL = 200
"""Images whose backgrounds tell what is usual."""
RATE = 20
"""Images whose times of arrival tell how fast they come."""


class Outlook:
    """Takes images and what comes of them; safe in many threads."""

    def __init__(self, params: WatchParams, expected: Callable[[], int | None], feed: Feed) -> None:
        self._params, self._expected, self._feed = params, expected, feed
        self._recent: deque[tuple[ImageCounts, float]] = deque(maxlen=FEWEST)
        self._backgrounds: deque[float] = deque(maxlen=USUAL)
        self._times: deque[float] = deque(maxlen=RATE)
        self._sweep, self._n, self._templates = "", 0, 0
        self._degrees: dict[str, float] = {}
        self._share: dict[str, float | None] = {}
        self._merged: Merged | None = None
        self._decay = 0.0
        self._told: Advice | None = None
        self._lock = threading.RLock()

    @property
    def seconds_left(self) -> float | None:
        """Until the last image, as they come; None where it is not known how many there will be, or how fast."""
        expected = self._expected()
        with self._lock:
            if expected is None or len(self._times) < 2:
                return None
            each = (self._times[-1] - self._times[0]) / (len(self._times) - 1)
            return max(expected - self._n, 0) * each

    def take(self, seen: Seen) -> None:
        """One more image."""
        with self._lock:
            self._n += 1
            self._times.append(time.monotonic())
            if seen.image.template != self._sweep:
                self._sweep = seen.image.template
                self._templates += 1
                width = abs(seen.look.experiment.needed_scan.oscillation[1])
                n = max(FEWEST, round(RECENT / width) if width else FEWEST)
                self._recent = deque(maxlen=n)
            if seen.counts is None or seen.looked_at is None:
                return
            self._recent.append((seen.counts, seen.looked_at.whole.background))
            self._backgrounds.append(seen.looked_at.whole.background)
            full = len(self._recent) == self._recent.maxlen
        if full:
            self.advise()

    def follow(self, sweep: str, degrees: float, share: float | None) -> None:
        """How far a sweep is taken, and the share of its spots on its lattice."""
        with self._lock:
            self._degrees[sweep], self._share[sweep] = degrees, share

    def merged(self, done: LiveMerge) -> None:
        """What is merged."""
        with self._lock:
            self._merged, self._decay = done.told, decay_along(done.scaled)
        self.advise()

    def advise(self) -> None:
        """Tell the advice where it is another one than before."""
        with self._lock:
            found = advice(self._situation())
            if found is None or (self._told is not None and _same(found, self._told)):
                return
            self._told = found
            self._feed.publish(found)

    def _situation(self) -> Situation:
        full = len(self._recent) == self._recent.maxlen
        return Situation(
            counts=tuple(counts for counts, _ in self._recent) if full else (),
            background=tuple(background for _, background in self._recent) if full else (),
            usual_background=float(np.median(self._backgrounds)) if self._backgrounds else 0.0,
            degrees=self._degrees.get(self._sweep, 0.0),
            share=self._share.get(self._sweep),
            merged=self._merged,
            decay=self._decay,
            sweeps=self._templates,
            announced=self._params.sweeps,
            completeness=self._params.completeness,
            multiplicity=self._params.multiplicity,
        )


def _same(one: Advice, other: Advice) -> bool:
    """Whether nobody needs to be told again: the same words, or the same fault with another number of images."""
    faults = ("blank", "ice", "no diffraction", "no lattice", "damage")
    return one == other or (one.kind == other.kind and one.kind in faults)
