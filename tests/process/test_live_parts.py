"""What live processing is made of: runs of images, its pace, the feed, and the advice."""

import threading
from dataclasses import replace

import pytest

from gnomon.process.live.advice import Situation, advice, wedges_to_do
from gnomon.process.live.events import Merged, Part, Trouble
from gnomon.process.live.feed import Feed
from gnomon.process.live.pace import Pace
from gnomon.process.live.runs import PATIENCE, Run, runs_of
from gnomon.steps.spot_counts_per_image.summary import ImageCounts

GOOD, EMPTY = ImageCounts(300, 280, 1e5, 2.0, False), ImageCounts(1, 1, 30.0, None, False)


def part(cluster="", completeness=0.81, multiplicity=3.0, sweeps=("a", "b", "c", "d")):
    return Part(cluster, sweeps, completeness, multiplicity, 0.99, 0.05, 12.0, 2.0)


def merged(*parts, sweeps=1):
    return Merged(100, sweeps, "P 1", (10.0, 10.0, 10.0, 90.0, 90.0, 90.0), parts, False, 1.0)


SITUATION = Situation(
    counts=(GOOD,) * 10,
    background=(1.0,) * 10,
    usual_background=1.0,
    degrees=50.0,
    share=0.95,
    merged=merged(part()),
    decay=1.0,
    sweeps=1,
    announced=None,
    completeness=95.0,
    multiplicity=3.0,
)


@pytest.mark.parametrize(
    ("numbers", "breaks", "over", "expected"),
    [
        ([], [], False, []),
        ([3, 1, 2], [], False, [Run(1, 3, False)]),
        ([1, 2, 3], [], True, [Run(1, 3, True)]),
        ([1, 2, 4], [], False, [Run(1, 2, False), Run(4, 4, False)]),
        ([1, 2, 4], [], True, [Run(1, 2, True), Run(4, 4, True)]),
        ([1, 2, *range(4, 3 + PATIENCE)], [], False, [Run(1, 2, True), Run(4, 2 + PATIENCE, False)]),
        ([1, 2, 3, 4], [3], False, [Run(1, 2, True), Run(3, 4, False)]),
    ],
)
def test_runs_end_at_gaps_that_last_and_where_headers_say_so(numbers, breaks, over, expected):
    assert runs_of(numbers, breaks, over=over) == expected


@pytest.mark.parametrize(("width", "goals"), [(0.5, [40, 70, 100]), (-1.0, [20, 35, 50]), (30.0, [1, 2, 3])])
def test_a_sweep_goes_on_at_fixed_images(width, goals):
    pace, reached, found = Pace.of(width), 7, []
    for _ in goals:
        reached = pace.next(7, reached)
        found.append(reached - 7)
    assert found == goals
    assert pace.next(7, 7 + goals[0] - 1) == 7 + goals[0]


def test_every_reader_of_the_feed_gets_all_in_order_from_where_it_was():
    feed, read = Feed(), []

    def reader():
        number = 0
        while not (feed.closed and not feed.since(number)):
            for entry in feed.wait(number, 5.0):
                number = entry.number
                read.append(entry)

    threads = [threading.Thread(target=reader) for _ in range(3)]
    for thread in threads:
        thread.start()
    numbers = [feed.publish(Trouble(str(i), "why")) for i in range(100)]
    feed.close()
    for thread in threads:
        thread.join(60)
    assert numbers == list(range(1, 101))
    assert [e.number for e in feed.since(97)] == [98, 99, 100]
    assert sorted(e.number for e in read) == sorted(3 * numbers)
    assert feed.wait(100, 0.0) == ()


@pytest.mark.parametrize(
    ("change", "do", "kind", "words"),
    [
        ({}, "go on", "collecting", "completeness 81 %, multiplicity 3.0"),
        ({"merged": merged(part(completeness=0.96))}, "stop", "complete", "96 %"),
        ({"merged": merged(part(completeness=0.96, multiplicity=2.9))}, "go on", "collecting", "2.9"),
        ({"counts": (EMPTY,) * 10}, "move", "no diffraction", "the last 10 images"),
        ({"counts": (EMPTY,) * 10, "background": (0.1,) * 10}, "stop", "blank", "shutter"),
        ({"counts": (replace(EMPTY, n_spots=90, ice=True),) * 10}, "move", "ice", "rings of ice"),
        ({"counts": (replace(GOOD, ice=True),) * 10}, "go on", "ice", "81 %"),
        ({"share": 0.4}, "go on", "second lattice", "40 %"),
        ({"share": None, "degrees": 65.0, "merged": None}, "move", "no lattice", "65 degrees"),
        ({"decay": 30.0}, "move", "damage", "30"),
    ],
)
def test_advice_names_the_reason(change, do, kind, words):
    found = advice(replace(SITUATION, **change))
    assert (found.do, found.kind) == (do, kind)
    assert words in found.why
    assert advice(replace(SITUATION, counts=(), share=None, degrees=5.0, merged=None)) is None


def test_wedges_are_told_with_their_clusters_and_how_many_more_would_do():
    three = [part(f"cluster_{k}", 0.95 - 0.07 * k, 4.0, tuple("abcd")) for k in range(3)]
    found = advice(replace(SITUATION, merged=merged(*three, sweeps=12), sweeps=12, announced=36))
    assert found.why.startswith("12 of 36 wedges, 3 clusters so far, completeness 81 %, multiplicity 4.0 of cluster_2")
    assert found.why.endswith("more wedges would do")


def test_wedges_to_come_are_counted_as_if_like_those_that_came():
    """Of four wedges that leave a fifth of the reflections each leaves the fourth root of it: seven leave 6 %."""
    assert wedges_to_do(part(completeness=0.8, multiplicity=4), 4, 0.94, 4.0) == pytest.approx(4 * 0.748, abs=0.01)
    assert wedges_to_do(part(completeness=0.8, multiplicity=4), 12, 0.94, 4.0) == pytest.approx(12 * 0.748, abs=0.03)
    assert wedges_to_do(part(completeness=0.99, multiplicity=2), 4, 0.94, 4.0) == pytest.approx(4.0)
    assert wedges_to_do(part(completeness=0.99, multiplicity=5), 4, 0.94, 4.0) == 0.0
