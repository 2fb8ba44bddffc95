"""A pool is an ordered map: the same for any number of workers, lazy, and it lets errors through."""

import subprocess
import sys
import threading
import time

import pytest

from gnomon.distribute.workers import Workers, ahead


@pytest.mark.parametrize("count", [1, 2, 5])
def test_order_is_that_of_the_items(count):
    assert list(Workers(count).map(lambda x: x * x, range(50))) == [x * x for x in range(50)]


@pytest.mark.parametrize("count", [1, 3])
def test_errors_come_out_where_the_item_would(count):
    def fail_at_7(x: int) -> int:
        if x == 7:
            raise ValueError("seven")
        return x

    results = Workers(count).map(fail_at_7, range(20))
    assert [next(results) for _ in range(7)] == list(range(7))
    with pytest.raises(ValueError, match="seven"):
        next(results)


def test_few_results_wait_in_memory():
    taken = []

    def items():
        for i in range(100):
            taken.append(i)
            yield i

    results = Workers(2).map(lambda x: x, items(), ahead=2)
    next(results)
    assert len(taken) <= 5


def test_threads_are_used():
    barrier = threading.Barrier(2, timeout=60)
    assert len(list(Workers(2).map(lambda _: barrier.wait(), range(2)))) == 2


@pytest.mark.parametrize("count", [1, 3])
def test_workers_together_keep_what_is_theirs(count):
    kept = threading.local()

    def calls(_):
        kept.number = getattr(kept, "number", 0) + 1
        return kept.number

    with Workers(count).together() as lasting:
        assert lasting == Workers(count)
        numbers = [n for _ in range(20) for n in lasting.map(calls, range(5))]
    assert max(numbers) >= 100 / count  # threads that end after each map would have got to 5
    with pytest.raises(ValueError, match="three"), Workers(count).together() as lasting:
        list(lasting.map(fail_at_three, range(9)))


def fail_at_three(x):
    if x == 3:
        raise ValueError("three")


@pytest.mark.parametrize(
    "started",
    [lambda function: Workers(2).map(function, range(9)), lambda function: ahead(function, range(9), 2)],
    ids=["map", "ahead"],
)
def test_one_that_is_given_up_waits_for_nothing(started):
    """The garbage collector may give it up while another thread starts, and waiting would never end."""
    go_on, done = threading.Event(), []

    def wait_after_the_first(i):
        if i:
            go_on.wait(60)
        done.append(i)

    results = started(wait_after_the_first)
    next(results)
    closing = threading.Thread(target=results.close)
    closing.start()
    closing.join(20)
    waited = closing.is_alive()
    go_on.set()
    assert not waited
    assert len(done) < 9


def test_what_was_promised_is_given_after_the_last():
    def slow(i):
        time.sleep(0.02)
        return i

    assert [promised() for promised in list(ahead(slow, range(6), 2))] == list(range(6))


def test_an_error_is_told_when_the_others_have_ended():
    running = []

    def fail_at_0(i):
        if i == 0:
            raise ValueError("zero")
        running.append(i)
        time.sleep(0.2)
        running.remove(i)

    with pytest.raises(ValueError, match="zero"):
        list(Workers(3).map(fail_at_0, range(9)))
    assert running == []


READING = """
import threading, time
from gnomon.distribute.workers import ahead

begun = threading.Event()

def read(i):
    if i == 1:
        begun.set()
        time.sleep({seconds})
    print("read", i, flush=True)

kept = ahead(read, range(9), 2)
next(kept)
begun.wait()
"""


def test_the_end_of_the_program_waits_for_what_is_read():
    """A thread that is killed with HDF5's lock in its hands keeps the program from ending."""
    ended = subprocess.run([sys.executable, "-c", READING.format(seconds=0.2)], capture_output=True, text=True)
    assert ended.stdout.split("\n")[:2] == ["read 0", "read 1"]


def test_the_end_of_the_program_does_not_wait_for_ever():
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", READING.format(seconds=60)], timeout=50, check=True, capture_output=True)
    assert time.monotonic() - begun < 30
