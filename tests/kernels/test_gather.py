"""Gathering box by box against whole frames with an owner for each pixel, however the scan is cut into blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shoeboxes import boxes_of, coordinates, filled, gathered, held_by, panels_of, slabs_of, window_at

from gnomon.kernels.gather import COUNTS, NEAR_FRAME
from gnomon.kernels.shoebox import BAD, LOST_BY, OVERLOAD, OWN, UNSEEN

FRAMES = 9
PANELS = panels_of((60, 47), (33, 40))
LOADING = {"low": -5, "high": 200_000, "bias": 3}  # so counts of -5 and -4 are listed as large ones are


def crowded(rng, n=40):
    """Boxes of all kinds, half of them in clusters, many of them cut by an edge of a panel or of the scan."""
    panel = rng.integers(0, 2, n)
    size = PANELS.size[panel]
    xyz = np.column_stack([rng.uniform(-4, 1, (n, 2)) + (size + 5) * rng.uniform(size=(n, 2)), rng.uniform(-1, 10, n)])
    xyz[n // 2 :] = xyz[: n - n // 2] + rng.normal(0, [4, 4, 1], (n - n // 2, 3))
    panel[n // 2 :] = panel[: n - n // 2]
    return boxes_of(
        xyz, sigma=rng.uniform(0.5, 1.7, (n, 2)), width=rng.uniform(0.2, 2.5, n), turn=rng.uniform(-2, 2, n),
        skew=rng.uniform(-0.3, 0.3, n), shear=rng.normal(0, 1.5, n) * (rng.uniform(size=n) < 0.7),
        tilt=rng.normal(0, 2e-3, (n, 2)), slab=rng.integers(1, 4, n), panel=panel, radius=rng.uniform(1.5, 3.5, n),
        scan=(0, FRAMES),
    )  # fmt: skip


def pixels(rng):
    """(FRAMES, n_pixels) counts, some negative, too large for two bytes, above and below the trusted range; a mask."""
    n = int(PANELS.size.prod(axis=1).sum())
    frames = rng.poisson(3.0, (FRAMES, n)).astype(np.int32) - 2
    for value in (-6, -5, -4, 65_529, 65_530, 65_535, 150_000, 200_000, 200_001):
        frames[rng.uniform(size=frames.shape) < 0.005] = value
    return frames, rng.uniform(size=n) > 0.01


def on_whole_frames(boxes, wanted, frames, mask):
    """What ``gathered`` holds, from planes of owners of whole frames."""
    held = held_by(boxes, wanted)
    count = dict(zip(COUNTS, held.counts.T))
    for z in range(FRAMES):
        for p, (nx, ny) in enumerate(PANELS.size):
            live = np.flatnonzero((boxes.panel == p) & (boxes.bbox[:, 4] <= z) & (boxes.bbox[:, 5] > z))
            if not len(live):
                continue
            place = slice(PANELS.start[p], PANELS.start[p] + nx * ny)
            data, bad = (a.reshape(ny, nx) for a in (frames[z, place], ~mask[place] | (frames[z, place] < -5)))
            over = (data > 200_000) & ~bad
            slabs = {i: next(s for s in slabs_of(boxes, i) if s[0] <= z < s[1]) for i in live}
            far = np.array([(coordinates(boxes, PANELS, i, *slabs[i]) ** 2).sum(axis=0) for i in live])
            inside = far <= boxes.radius[live, None, None] ** 2
            ring = (far <= boxes.guard[live, None, None] ** 2) & ~inside
            c3 = (z + 0.5 - boxes.xyz[live, 2]) * boxes.rate[live]
            owner = np.where(inside.any(axis=0), np.where(inside, far + c3[:, None, None] ** 2, np.inf).argmin(0), -1)
            for k in np.flatnonzero(wanted[live]):
                i, others = live[k], np.arange(len(live)) != k
                held.contested[i] |= (inside[k] & inside[others].any(axis=0)).any()
                add_foreground(boxes, i, slabs[i], held, data, inside[k], bad, over, inside[k] & (owner != k), count)
                beyond = ~inside[k] & ~ring[k]
                near = ring[others].any(axis=0)
                add_surroundings(boxes, i, slabs[i], held, data, beyond, bad | over, owner >= 0, near, count)
    return held


def add_foreground(boxes, i, slab, held, data, inside, bad, over, lost, count):
    core = boxes.core[i]
    row, column, within = window_at(boxes, PANELS, i, *slab, core)
    assert (within | ~inside).all()
    start = held.patches.start[i] + slabs_of(boxes, i).index(slab) * (2 * core + 1).prod()
    at = start + row * (2 * core[0] + 1) + column
    values = held.patches.values
    kinds = np.select([bad, over], [BAD, OVERLOAD], UNSEEN)
    for where, y, kind, theirs in zip(at[inside], data[inside], kinds[inside], lost[inside]):
        if kind != UNSEEN:
            values[where] = min(values[where], kind)
        elif values[where] >= UNSEEN:
            values[where] = y if values[where] == UNSEEN else values[where] + y
            if theirs and values[where] >= OWN:
                values[where] -= LOST_BY
    count["foreground"][i] += inside.sum()
    count["valid"][i] += (inside & ~bad & ~over).sum()
    count["bad"][i] += (inside & bad).sum()
    count["overloaded"][i] += (inside & over).sum()
    count["lost"][i] += (inside & lost & ~bad & ~over).sum()
    count["off"][i] += beyond_the_panel(boxes, i, slab) - inside.sum()


def beyond_the_panel(boxes, i, slab):
    """Pixels of the foreground were the panel without end."""
    wide = boxes._replace(panel=np.zeros_like(boxes.panel), xyz=boxes.xyz + np.array([100, 100, 0]))
    return ((coordinates(wide, panels_of((300, 300)), i, *slab) ** 2).sum(axis=0) <= boxes.radius[i] ** 2).sum()


def add_surroundings(boxes, i, slab, held, data, beyond, bad, owned, near, count):
    half = boxes.half[i]
    row, column, within = window_at(boxes, PANELS, i, *slab, half)
    area = (2 * half + 1).prod()
    planes = held.around.values[held.around.start[i] :][: 3 * area].reshape(3, area)
    at, use = row * (2 * half[0] + 1) + column, within & beyond & ~bad & ~owned
    for plane, where, frame in ((0, use & ~near, 1), (1, use & near, NEAR_FRAME)):
        planes[plane, at[where]] += data[where]
        planes[2, at[where]] += frame
    count["background"][i] += (within & beyond).sum()
    count["background_bad"][i] += (within & beyond & bad).sum()
    count["valid"][i] += (within & beyond & ~bad).sum()


def check_same(held, other):
    assert np.array_equal(held.patches.values, other.patches.values)
    assert np.array_equal(held.around.values, other.around.values)
    for name, one, two in zip(COUNTS, held.counts.T, other.counts.T):
        assert np.array_equal(one, two), name
    assert np.array_equal(held.contested, other.contested)


@pytest.mark.parametrize("seed", range(6))
def test_boxes_hold_what_whole_frames_with_owners_hold(seed):
    rng = np.random.default_rng(seed)
    boxes, (frames, mask) = crowded(rng), pixels(rng)
    wanted = rng.uniform(size=len(boxes.panel)) < 0.8
    held = gathered(boxes, PANELS, frames, wanted, mask=mask, **LOADING)
    check_same(held, on_whole_frames(boxes, wanted, frames, mask))
    assert 0.2 < held.contested[wanted].mean() < 1
    for name in COUNTS[:3] + COUNTS[4:]:
        assert held.counts[wanted, COUNTS.index(name)].sum() > 0, name
    assert (held.counts[~wanted] == 0).all()


@given(seed=st.integers(0, 10**6), edges=st.sets(st.integers(1, FRAMES - 1)), parts=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_blocks_of_frames_and_parts_and_order_of_members_do_not_matter(seed, edges, parts):
    rng = np.random.default_rng(seed)
    boxes, (frames, mask) = crowded(rng), pixels(rng)
    whole = gathered(boxes, PANELS, frames, mask=mask, **LOADING)
    cut = gathered(
        boxes, PANELS, frames, edges=[*sorted(edges), FRAMES], mask=mask, **LOADING,
        order=lambda members: np.array_split(rng.permutation(members), parts),
    )  # fmt: skip
    check_same(whole, cut)


def test_as_near_to_two_is_the_first_ones():
    boxes = boxes_of([[20.0, 20.0, 4.0], [23.0, 20.0, 4.0]])
    frames = np.ones((FRAMES, int(PANELS.size.prod(axis=1).sum())), np.int32)
    held = gathered(boxes, PANELS, frames)
    first, second = held.counts[:, COUNTS.index("lost")]
    assert second > first > 0  # the column between them, x = 21, is as near to both
    assert len(set(held.counts[:, COUNTS.index("foreground")])) == 1
    again = gathered(boxes._replace(xyz=boxes.xyz[::-1].copy()), PANELS, frames)
    assert again.counts[:, COUNTS.index("lost")].tolist() == [first, second]


def test_a_lone_spot_has_its_disc_and_a_guard_ring():
    boxes = boxes_of([[20.3, 25.1, 6.2]])
    frames = np.ones((12, int(PANELS.size.prod(axis=1).sum())), np.int32)
    held = gathered(boxes, PANELS, frames)
    assert not held.contested.any()
    cx, cy = boxes.core[0]
    dy, dx = np.mgrid[-cy : cy + 1, -cx : cx + 1]
    far = np.hypot(20 + dx + 0.5 - 20.3, 25 + dy + 0.5 - 25.1) / 1.2
    patch = held.patches.values.reshape(-1, 2 * cy + 1, 2 * cx + 1)
    assert (patch[:, far < 3.29] == 1).all()
    assert (patch[:, far > 3.31] == UNSEEN).all()
    hx, hy = boxes.half[0]
    dy, dx = np.mgrid[-hy : hy + 1, -hx : hx + 1]
    far = np.hypot(20 + dx + 0.5 - 20.3, 25 + dy + 0.5 - 25.1) / 1.2
    free = held.around.values.reshape(3, 2 * hy + 1, 2 * hx + 1)
    assert (free[:, far < 4.28] == 0).all()
    assert (free[1] == 0).all()
    assert (free[[0, 2]][:, far > 4.3] == boxes.bbox[0, 5] - boxes.bbox[0, 4]).all()


def test_contested_pixels_go_to_the_nearest():
    boxes = boxes_of([[20.0, 25.0, 6.0], [24.0, 25.0, 6.0], [50.0, 10.0, 6.0]])
    held = gathered(boxes, PANELS, filled(boxes, PANELS, 500.0, 1.0, 3))
    assert held.contested.tolist() == [True, True, False]
    cx, cy = boxes.core[0]
    patch = held.patches.values[: held.patches.start[1]].reshape(-1, 2 * cy + 1, 2 * cx + 1)[2]
    lost = np.flatnonzero((patch[cy] > UNSEEN) & (patch[cy] < OWN)) - cx + 20
    assert lost.tolist() == list(range(lost[0], 24))
    assert lost[0] == 22  # pixel 21 is as far from both, of the second no nearer
