"""What is kept while images pass: an arena against a dictionary, and a pass over images made by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.errors import InputError
from gnomon.kernels.frames import Block
from gnomon.kernels.gather import COUNTS
from gnomon.kernels.shoebox import UNSEEN, Boxes, Panels
from gnomon.steps.integrate.gathering import GROWTH, MOST_HELD, Arena, Gathering, in_parts
from gnomon.steps.integrate.sweep import _check

N_ROWS = 40


@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 60)), max_size=40),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=150, deadline=None)
def test_an_arena_holds_what_a_dictionary_holds(steps, seed):
    rng = np.random.default_rng(seed)
    arena, held, most = Arena(N_ROWS, -7), {}, 0
    for hold, n, size in steps:
        if hold:
            rows = rng.permutation([i for i in range(N_ROWS) if i not in held])[:n].astype(np.int64)
            sizes = rng.integers(0, size + 1, len(rows))
            arena.hold(rows, sizes)
            for i, k in zip(rows, sizes):
                assert (arena.values[arena.start[i] : arena.start[i] + k] == -7).all()
                held[i] = rng.integers(0, 1000, k).astype(np.int32)
                arena.values[arena.start[i] : arena.start[i] + k] = held[i]
        else:
            rows = rng.permutation(list(held))[:n].astype(np.int64)
            arena.drop(rows)
            for i in rows:
                del held[i]
        for i in range(N_ROWS):
            if i in held:
                assert np.array_equal(arena.values[arena.start[i] :][: len(held[i])], held[i])
            else:
                assert arena.start[i] == -1
        most = max(most, sum(map(len, held.values())))
        assert len(arena.values) <= most * GROWTH + 1


def test_an_arena_that_is_used_again_does_not_grow():
    arena = Arena(1000, 0)
    for i in range(1000):
        arena.hold(np.array([i]), np.array([100]))
        if i >= 10:
            arena.drop(np.array([i - 10]))
    assert len(arena.values) < 11 * 100 * GROWTH + 1


PANELS = Panels(np.array([0]), np.array([[40, 30]]), np.ones(1), np.zeros(1), np.zeros(1))
N_FRAMES = 14


def boxes_at(xyz, depth):
    """Round spots of 1.1 px at ``xyz`` (N, 3) that are on ``depth`` frames before and after."""
    n = len(xyz)
    low, high = np.clip(np.floor(xyz[:, 2] - depth), 0, N_FRAMES), np.clip(np.ceil(xyz[:, 2] + depth), 0, N_FRAMES)
    return Boxes(
        xyz=xyz,
        bbox=np.column_stack([np.zeros((n, 4)), low, high]).astype(np.int32),
        panel=np.zeros(n, np.int32),
        slope=np.tile(np.eye(2) / 1.1, (n, 1, 1)),
        tilt=np.zeros((n, 2)),
        rate=np.full(n, 1.5),
        shear=np.zeros(n),
        radius=np.full(n, 3.2),
        guard=np.full(n, 4.0),
        slab=np.ones(n, np.int32),
        half=np.full((n, 2), 7, np.int32),
        core=np.full((n, 2), 4, np.int32),
    )


class FakeImages:
    """Frames of random counts; which of them were asked for."""

    def __init__(self, depth):
        self.depth, self.panels, self.asked = depth, PANELS, []
        self.codes = np.random.default_rng(0).poisson(4, (N_FRAMES, 1200)).astype(np.uint16)

    def block(self, first, end, workers):
        """As SweepImages.block."""
        assert 0 < end - first <= self.depth
        self.asked += range(first, end)
        return Block(self.codes[first:end], first, 0, np.empty(0, np.int64), np.empty(0, np.int32))


def passed(boxes, wanted, depth, ranges=((0, N_FRAMES),), workers=SERIAL, keep=False):
    """The gathering, its images, the rows in the order in which they were complete, and what was held of each then."""
    gathering, images = Gathering(boxes), FakeImages(depth)
    order, held = [], {}
    for frame, rows in gathering.over(images, ranges, wanted, workers):
        assert (boxes.bbox[rows, 5] <= frame).all()
        assert (np.diff(rows) > 0).all()
        for i in rows:
            size = (boxes.bbox[i, 5] - boxes.bbox[i, 4]) * 81
            patch = gathering.patches.values[gathering.patches.start[i] :][:size]
            around = gathering.surroundings.values[gathering.surroundings.start[i] :][: 3 * 225]
            held[i] = (patch.copy(), around.copy())
        if not keep:
            gathering.drop_surroundings(rows)
            gathering.drop(rows)
        order += rows.tolist()
    return gathering, images, order, held


@pytest.fixture(scope="module")
def crowd():
    """(boxes, wanted) of 120 reflections."""
    rng = np.random.default_rng(5)
    xyz = np.column_stack([rng.uniform(0, 40, 120), rng.uniform(0, 30, 120), rng.uniform(-1, N_FRAMES + 1, 120)])
    boxes = boxes_at(xyz, rng.choice([0.3, 0.6, 1.2, 9.0], 120))
    return boxes, (rng.uniform(size=120) < 0.8) & (boxes.bbox[:, 5] > boxes.bbox[:, 4])


@pytest.mark.parametrize("depth", [1, 2, 5, N_FRAMES])
@pytest.mark.parametrize("count", [1, 3])
def test_every_wanted_reflection_is_complete_once_with_all_its_pixels(crowd, depth, count):
    boxes, wanted = crowd
    gathering, images, order, held = passed(boxes, wanted, depth, workers=Workers(count))
    assert images.asked == list(range(N_FRAMES))
    assert sorted(order) == np.flatnonzero(wanted).tolist()
    assert (gathering.patches.start == -1).all()
    assert (gathering.surroundings.start == -1).all()
    foreground = gathering.counts[:, COUNTS.index("foreground")] + gathering.counts[:, COUNTS.index("off")]
    y, x = np.mgrid[-4:5, -4:5] + 0.5
    for i in np.flatnonzero(wanted):
        fraction = boxes.xyz[i, :2] % 1
        disc = (np.hypot(x - fraction[0], y - fraction[1]) / 1.1 <= 3.2).sum()
        assert foreground[i] == disc * (boxes.bbox[i, 5] - boxes.bbox[i, 4])
    again, _, _, whole = passed(boxes, wanted, N_FRAMES, keep=True)
    assert np.array_equal(gathering.counts, again.counts)
    assert np.array_equal(gathering.contested, again.contested)
    for i, (patch, around) in held.items():
        assert np.array_equal(patch, whole[i][0])
        assert np.array_equal(around, whole[i][1])
    assert (gathering.counts[~wanted] == 0).all()


def test_only_the_frames_of_the_ranges_are_read_and_others_own_their_pixels(crowd):
    boxes, wanted = crowd
    ranges = [(1, 4), (7, 12)]
    inside = np.any([(boxes.bbox[:, 4] >= a) & (boxes.bbox[:, 5] <= b) for a, b in ranges], axis=0) & wanted
    assert inside.sum() > 10
    _, images, order, held = passed(boxes, inside, 2, ranges)
    assert images.asked == [1, 2, 3, 7, 8, 9, 10, 11]
    assert sorted(order) == np.flatnonzero(inside).tolist()
    whole = passed(boxes, wanted, N_FRAMES, keep=True)[3]
    for i, (patch, around) in held.items():
        assert np.array_equal(patch, whole[i][0])
        assert np.array_equal(around, whole[i][1])


def test_frames_without_reflections_are_not_read():
    boxes = boxes_at(np.array([[20.0, 15.0, 10.0]]), np.array([1.0]))
    _, images, order, held = passed(boxes, np.ones(1, bool), 3)
    assert images.asked == [9, 10, 11]
    assert order == [0]
    assert (held[0][0] == UNSEEN).any()
    assert (held[0][0] > UNSEEN).any()


@pytest.mark.parametrize("workers", [SERIAL, Workers(3)])
def test_work_is_done_in_parts_whatever_the_workers(workers):
    seen = []
    in_parts(lambda part: seen.append(part.tolist()), np.arange(7), 3, workers)
    assert sorted(seen) == [[0, 1, 2], [3, 4, 5], [6]]
    in_parts(seen.append, np.arange(0), 3, workers)
    assert len(seen) == 3


@pytest.mark.parametrize("times", [[1, 0, 0], [1, 2, 0], [1, 1, 1], [0, 1, 0]])
def test_what_is_not_done_exactly_once_is_a_fault_of_the_program(times):
    wanted = np.array([True, True, False])
    _check(np.array([1, 1, 0]), wanted)
    with pytest.raises(RuntimeError, match="1 of 2 reflections were not integrated exactly once"):
        _check(np.array(times), wanted)


def test_boxes_that_no_memory_holds_are_refused():
    arena = Arena(2, 0)
    arena.hold(np.array([0]), np.array([1000]))
    for size in (MOST_HELD, 2**62):
        with pytest.raises(InputError, match=r"1 reflections and the next hold .* too wide; check index"):
            arena.hold(np.array([1, 1]), np.array([size, size]))
