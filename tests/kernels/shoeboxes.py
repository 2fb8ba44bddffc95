"""Made-up reflections for the kernels of integration, and plain numpy that works on whole frames instead of boxes."""

from types import SimpleNamespace

import numpy as np
from scipy.special import ndtr

from gnomon.kernels.background import estimate_background
from gnomon.kernels.crowd import crowd_of
from gnomon.kernels.frames import Block, list_large, load_frame
from gnomon.kernels.gather import COUNTS, Surroundings, gather
from gnomon.kernels.shoebox import UNSEEN, Boxes, Panels, Patches
from gnomon.kernels.summation import sum_reflections


def boxes_of(
    xyz, *, sigma=1.2, width=0.6, shear=0.0, turn=0.0, skew=0.0, tilt=(0.0, 0.0), radius=3.3, guard=1.3, outer=2.0,
    slab=1, panel=0, scan=(0, 12), depth=3.0,
):  # fmt: skip
    """Reflections at ``xyz`` (N, 3) px, px, frames; all else one value, or one a reflection.

    sigma: px, of c1 and c2 (or one for both); width: of the rocking curve, frames; turn: of c1 from the fast axis, rad;
    skew: of c2 from the perpendicular of c1, rad; outer: radius of the window; depth: half depth in widths.
    """
    xyz = np.asarray(xyz, float)
    n = len(xyz)
    sigma = np.broadcast_to(np.asarray(sigma, float).reshape(-1, 1) if np.ndim(sigma) < 2 else sigma, (n, 2))
    turn, skew, width, shear, radius, guard, slab = (
        np.broadcast_to(v, n).astype(float) for v in (turn, skew, width, shear, radius, guard, slab)
    )
    one = np.stack([np.cos(turn), np.sin(turn)], 1) / sigma[:, :1]
    two = np.stack([-np.sin(turn + skew), np.cos(turn + skew)], 1) / sigma[:, 1:]
    slope, tilt = np.stack([one, two], axis=1), np.broadcast_to(np.asarray(tilt, float), (n, 2))
    low = np.clip(np.floor(xyz[:, 2] - depth * width), *scan)
    high = np.clip(np.ceil(xyz[:, 2] + depth * width), *scan)
    reach = np.hypot(1, shear) * (1 + np.abs(tilt).sum(1) * 3 * np.abs(shear) * sigma.max(1))  # no slab is broader
    boxes = Boxes(
        xyz=xyz,
        bbox=np.column_stack([np.zeros((n, 4)), low, high]).astype(np.int32),  # the kernels use frames only
        panel=np.broadcast_to(panel, n).astype(np.int32),
        slope=slope,
        tilt=np.ascontiguousarray(tilt),
        rate=1 / width,
        shear=shear.copy(),
        radius=radius.copy(),
        guard=radius * guard,
        slab=slab.astype(np.int32),
        half=_half(slope, reach, radius * outer),
        core=_half(slope, reach, radius),
    )
    return boxes._replace(core=np.minimum(boxes.core, boxes.half))


def _half(slope, reach, radius):
    """(N, 2) int32: half the chord through the middle of an ellipse, and half its height, in pixels rounded up."""
    inverse = np.linalg.inv(slope)
    across = radius * reach / np.linalg.norm(slope[:, :, 0], axis=1)
    along = radius * reach * np.linalg.norm(inverse[:, 1], axis=1)
    return np.ceil(np.column_stack([across, along]) + 0.5).astype(np.int32)


def panels_of(*sizes, gain=1.0, pedestal=0.0, noise=0.0):
    """Panels of ``sizes`` (nx, ny) px, one after the other."""
    sizes = np.array(sizes, np.int64)
    ends = np.cumsum(sizes.prod(axis=1))
    n = len(sizes)
    return Panels(ends - sizes.prod(axis=1), sizes, *(np.full(n, float(value)) for value in (gain, pedestal, noise)))


def block_of(frames, panels, first, low=-100, high=10**6, bias=100, mask=None):
    """A Block of ``frames`` (k, n_pixels) int32, loaded panel by panel; mask: (n_pixels,) bool."""
    codes = np.empty(frames.shape, np.uint16)
    mask = np.ones(frames.shape[1], bool) if mask is None else mask
    at, counts = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for row, frame in enumerate(frames):
        for start, (nx, ny) in zip(panels.start, panels.size):
            part = slice(start, start + nx * ny)
            pixels, usable = (a[part].reshape(ny, nx) for a in (frame, mask))
            n = load_frame(pixels, usable, low, high, bias, codes[row, part])
            at.append(np.empty(n, np.int64))
            counts.append(np.empty(n, np.int32))
            list_large(pixels, codes[row, part], row * frames.shape[1] + start, at[-1], counts[-1])
    return Block(codes, first, bias, np.concatenate(at), np.concatenate(counts))


def slabs_of(boxes, i):
    """First and last (exclusive) frames of each slab of reflection i."""
    first, end = boxes.bbox[i, 4:]
    starts = np.arange(first, end, boxes.slab[i])
    return [(int(z), int(min(z + boxes.slab[i], end))) for z in starts]


def held_by(boxes, wanted):
    """Empty patches and surroundings with room for the ``wanted`` (N,) bool, counts and contested."""
    n = len(wanted)
    sizes = np.array([len(slabs_of(boxes, i)) * (2 * boxes.core[i] + 1).prod() for i in range(n)]) * wanted
    areas = 3 * (2 * boxes.half + 1).prod(axis=1) * wanted
    starts = [np.where(wanted, np.cumsum(s) - s, -1) for s in (sizes, areas)]
    return SimpleNamespace(
        patches=Patches(np.full(sizes.sum(), UNSEEN, np.int32), starts[0]),
        around=Surroundings(np.zeros(areas.sum(), np.int32), starts[1]),
        counts=np.zeros((n, len(COUNTS)), np.int32),
        contested=np.zeros(n, bool),
    )


def gathered(boxes, panels, frames, wanted=None, edges=None, order=None, **loading):
    """What is held of the ``wanted`` after all ``frames`` (nz, n_pixels) have passed in blocks that end at ``edges``.

    order: of parts of members, from the number of members; None for all at once.
    """
    n = len(boxes.panel)
    wanted = np.ones(n, bool) if wanted is None else wanted
    held, edges = held_by(boxes, wanted), [len(frames)] if edges is None else edges
    for first, end in zip([0, *edges], edges):
        live = np.flatnonzero((boxes.bbox[:, 4] < end) & (boxes.bbox[:, 5] > first))
        if not len(live):
            continue
        block = block_of(frames[first:end], panels, first, **loading)
        crowd = crowd_of(boxes, panels.size, live, first, end)
        members = np.flatnonzero(wanted[live])
        for part in [members] if order is None else order(members):
            gather(block, boxes, panels, crowd, part, held.patches, held.around, held.counts, held.contested)
    return held


def rocking_part(boxes, i, first, end):
    """Mean and standard deviation of a normal rocking curve between two frames, in sigma_m.

    Of a part that holds less than 1e-4 of it, the end that is nearer to its middle.
    """
    a, b = ((z - boxes.xyz[i, 2]) * boxes.rate[i] for z in (first, end))
    share = ndtr(b) - ndtr(a) if a < 0 else ndtr(-a) - ndtr(-b)
    if share < 1e-4:
        return (a if a > 0 else min(b, 0.0)), 0.0
    peak_a, peak_b = (np.exp(-0.5 * c * c) / np.sqrt(2 * np.pi) for c in (a, b))
    mean = (peak_a - peak_b) / share
    return mean, np.sqrt(max(1 + (a * peak_a - b * peak_b) / share - mean**2, 0.0))


def spot_at(boxes, i, first, end):
    """The middle (2,) px of reflection i on frames first..end, and the matrix (2, 2) from pixels to c1 and c2 there."""
    mean, deviation = rocking_part(boxes, i, first, end) if boxes.shear[i] else (0.0, 0.0)
    moved = np.linalg.solve(boxes.slope[i], [boxes.shear[i] * mean, 0.0])
    local = boxes.slope[i] / (1 + boxes.tilt[i] @ moved)
    local[0] /= np.hypot(1, boxes.shear[i] * deviation)
    return boxes.xyz[i, :2] + moved, local


def coordinates(boxes, panels, i, first, end):
    """(2, ny, nx): c1 and c2 at the centres of all pixels of its panel."""
    middle, local = spot_at(boxes, i, first, end)
    nx, ny = panels.size[boxes.panel[i]]
    y, x = np.mgrid[:ny, :nx] + 0.5
    return np.einsum("ij,jyx->iyx", local, np.stack([x - middle[0], y - middle[1]]))


def window_at(boxes, panels, i, first, end, half):
    """(nx,) and (ny,) arrays broadcast to (ny, nx): row and column in the window of ``half``, and whether inside."""
    middle, local = spot_at(boxes, i, first, end)
    nx, ny = panels.size[boxes.panel[i]]
    y, x = np.mgrid[:ny, :nx]
    lean = -(local[:, 0] @ local[:, 1]) / (local[:, 0] @ local[:, 0])
    row = y - int(np.floor(middle[1])) + half[1]
    column = x - np.floor(middle[0] + lean * (y + 0.5 - middle[1])).astype(int) + half[0]
    return row, column, (row >= 0) & (row <= 2 * half[1]) & (column >= 0) & (column <= 2 * half[0])


def expected(boxes, panels, i, intensity, n_frames, fine=8):
    """(n_frames, n_pixels) counts of spot i, by brute force: drifting through fine steps of the rotation.

    Pixels hold the density at their centres times their area, as sigma is that of spots as pixels see them.
    """
    out = np.zeros((n_frames, int(panels.size.prod(axis=1).sum())))
    nx, ny = panels.size[boxes.panel[i]]
    start = panels.start[boxes.panel[i]]
    image = out[:, start : start + nx * ny].reshape(n_frames, ny, nx)
    reach = (6 + 4 * abs(boxes.shear[i])) * np.abs(np.linalg.inv(boxes.slope[i])).sum(axis=1)
    (x0, y0), (x1, y1) = (np.clip(boxes.xyz[i, :2] + way * reach, 0, [nx, ny]).astype(int) for way in (-1, 1))
    y, x = np.mgrid[y0:y1, x0:x1] + 0.5
    c = np.einsum("ij,jyx->iyx", boxes.slope[i], np.stack([x - boxes.xyz[i, 0], y - boxes.xyz[i, 1]]))
    area = abs(np.linalg.det(boxes.slope[i])) / (2 * np.pi)
    edges = np.arange(n_frames * fine + 1) / fine
    share = np.diff(ndtr((edges - boxes.xyz[i, 2]) * boxes.rate[i]))
    for k in np.flatnonzero(share > 1e-9):
        drift = boxes.shear[i] * (edges[k] + 0.5 / fine - boxes.xyz[i, 2]) * boxes.rate[i]
        image[k // fine, y0:y1, x0:x1] += share[k] * area * np.exp(-0.5 * ((c[0] - drift) ** 2 + c[1] ** 2))
    return intensity * out


def filled(boxes, panels, intensity, level, seed, n_frames=12):
    """(n_frames, n_pixels) int32: spots of ``intensity`` on ``level`` counts a pixel and frame, with Poisson noise."""
    rate = np.full((n_frames, int(panels.size.prod(axis=1).sum())), float(level))
    for i in range(len(boxes.panel)):
        rate += expected(boxes, panels, i, intensity, n_frames)
    return np.random.default_rng(seed).poisson(rate).astype(np.int32)


def summed(boxes, panels, held, plane=False, minimum=10, tuning=1.345):
    """Counts by name, and the arrays total, background and moments."""
    n = len(boxes.panel)
    which = np.arange(n)
    total, background, moments = np.zeros((n, 4)), np.zeros((n, 6)), np.zeros((n, 6))
    estimate_background(boxes, panels, held.around, which, tuning, minimum, plane, held.counts, background)
    sum_reflections(boxes, panels, held.patches, which, background, held.counts, total, moments)
    return dict(zip(COUNTS, held.counts.T)), total, background, moments
