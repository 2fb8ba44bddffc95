"""The background of a reflection: robust Poisson rates and planes, from sums over frames."""

from __future__ import annotations

import math

import numpy as np

from gnomon.kernels.gather import NEAR_FRAME
from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import middle_column, middle_row, slab_count, slab_ellipse


@kernel
def expected_psi(mean, tuning):
    """E psi((Y - mean) / sqrt(mean)) of Huber's psi, clipped at ``tuning``, for a Poisson variable Y.

    The correction that makes the robust estimate unbiased: Cantoni & Ronchetti 2001, J. Am. Stat. Assoc. 96, 1022.
    """
    root = math.sqrt(mean)
    first = max(0, int(mean - 8 * root))
    last = int(mean + 8 * root) + 12
    probability = math.exp(first * math.log(mean) - mean - math.lgamma(first + 1.0))
    total = 0.0
    for k in range(first, last):
        total += probability * min(max((k - mean) / root, -tuning), tuning)
        probability *= mean / (k + 1)
    return total


@kernel
def middle_of(values):
    """The median of ``values`` (n,): Hoare 1961, Commun. ACM 4, 321. It compiles in a tenth of np.median's 1.5 s."""
    kept, wanted = values.copy(), len(values) // 2
    low, high = 0, len(kept) - 1
    while low < high:
        pivot, i, j = kept[wanted], low, high
        while i <= j:
            while kept[i] < pivot:
                i += 1
            while pivot < kept[j]:
                j -= 1
            if i <= j:
                kept[i], kept[j] = kept[j], kept[i]
                i, j = i + 1, j - 1
        low, high = i if j < wanted else low, j if wanted < i else high
    below = kept[wanted]
    if len(kept) % 2 == 0:
        below = kept[0]
        for k in range(1, wanted):
            below = max(below, kept[k])
    return 0.5 * (below + kept[wanted])


@kernel
def _expected(mean, tuning, distinct, psi, per_sigma):
    """Fill ``psi`` with E psi, and ``per_sigma`` with 1 / sigma, of the sum of as many frames as ``distinct`` says."""
    for n in distinct:
        psi[n] = expected_psi(mean * n, tuning)
        per_sigma[n] = 1 / math.sqrt(mean * n)


@kernel
def _distinct(frames):
    """The different numbers in ``frames`` (n,), ascending."""
    seen = np.zeros(np.max(frames) + 1, np.bool_)
    for n in frames:
        seen[n] = True
    return np.flatnonzero(seen)


@kernel
def _first_rate(counts, frames):
    """The rate of the pixels below twice the median rate (and two counts more)."""
    rates = counts / frames
    middle = middle_of(rates)
    total, kept = 0.0, 0
    for y, n in zip(counts, frames):
        if y <= 2 * middle * n + 2:
            total += y
            kept += n
    return total / max(kept, 1)


@kernel
def robust_rate(counts, frames, tuning):
    """The rate a frame of Poisson counts under a few outliers: Huber's M-estimator with Fisher consistency.

    counts: (n,), each the sum over ``frames`` (n,), whole numbers of 1 or more. Solves
    sum sqrt(n_k) [psi((y_k - n_k b) / sqrt(n_k b)) - E psi] = 0 by Newton steps from the rate of the pixels below twice
    the median: Cantoni & Ronchetti 2001, J. Am. Stat. Assoc. 96, 1022, eq. 2, for the mean n_k b; for one frame each
    Parkhurst et al. 2016, J. Appl. Cryst. 49, 1912. 0 where nothing was counted.
    """
    rate, exposure = _first_rate(counts, frames), frames.sum()
    if rate <= 0:
        return max(0.0, counts.sum() / max(exposure, 1))
    distinct = _distinct(frames)
    psi, per_sigma, root = np.zeros((3, distinct[-1] + 1))
    root[distinct] = np.sqrt(distinct)
    for _ in range(50):
        _expected(rate, tuning, distinct, psi, per_sigma)
        total, inside = 0.0, 0.0
        for y, n in zip(counts, frames):
            r = (y - n * rate) * per_sigma[n]
            if abs(r) < tuning:
                inside += n
            total += root[n] * (min(max(r, -tuning), tuning) - psi[n])
        step = math.sqrt(rate) * total / max(inside, 0.5 * exposure)
        rate = max(rate + step, 0.2 * rate)
        if abs(step) < 1e-3 * math.sqrt(rate / exposure):
            break
    return rate


@kernel
def _normal_cumulative(x):
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


@kernel
def _clipped_mean(centre, width, tuning):
    """E of a normal variable of this centre and width, clipped at ``tuning`` either way."""
    low, high = (-tuning - centre) / width, (tuning - centre) / width
    below, above = _normal_cumulative(low), _normal_cumulative(high)
    bell = (math.exp(-0.5 * low * low) - math.exp(-0.5 * high * high)) / math.sqrt(2.0 * math.pi)
    return tuning * (1.0 - above - below) + centre * (above - below) + width * bell


@kernel
def expected_psi_with_noise(mean, noise, tuning):
    """E psi(X / sigma) for X the sum of a Poisson variable less its ``mean`` and a normal one of variance ``noise``,
    above 0; sigma² = mean + noise. 0 for a mean that is not positive, by symmetry.
    """
    if mean <= 0:
        return 0.0
    root, sigma = math.sqrt(mean), math.sqrt(mean + noise)
    first = max(0, int(mean - 8 * root))
    last = int(mean + 8 * root) + 12
    probability = math.exp(first * math.log(mean) - mean - math.lgamma(first + 1.0))
    total = 0.0
    for k in range(first, last):
        total += probability * _clipped_mean((k - mean) / sigma, math.sqrt(noise) / sigma, tuning)
        probability *= mean / (k + 1)
    return total


@kernel
def noisy_rate(counts, frames, noise, tuning):
    """The rate a frame of counts to each frame of which readout adds a variance ``noise``, above 0: as robust_rate.

    The same equation with the variance n_k (b + noise), from the median on. The rate may be below zero, as one near it
    is by chance as often as above: else those of weak backgrounds would be too high on average.
    """
    rate, exposure = middle_of(counts / frames), frames.sum()
    distinct = _distinct(frames)
    psi = np.zeros(distinct[-1] + 1)
    for _ in range(50):
        sigma = math.sqrt(max(rate, 0.0) + noise)
        for n in distinct:
            psi[n] = expected_psi_with_noise(rate * n, noise * n, tuning)
        total, inside = 0.0, 0.0
        for y, n in zip(counts, frames):
            r = (y - n * rate) / (sigma * math.sqrt(n))
            if abs(r) < tuning:
                inside += n
            total += math.sqrt(n) * (min(max(r, -tuning), tuning) - psi[n])
        step = sigma * total / max(inside, 0.5 * exposure)
        rate += step
        if abs(step) < 1e-3 * sigma / math.sqrt(exposure):
            break
    return rate


@kernel
def _solve(normal, right):
    """Replace ``right`` (n,) by the x of normal x = right; normal: (n, n), positive definite, overwritten.

    Elimination; np.linalg.solve would take 2.4 s to compile, and import scipy.linalg.
    """
    n = len(right)
    for i in range(n):
        for j in range(i + 1, n):
            ratio = normal[j, i] / normal[i, i]
            right[j] -= ratio * right[i]
            for k in range(i, n):
                normal[j, k] -= ratio * normal[i, k]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            right[i] -= normal[i, k] * right[k]
        right[i] /= normal[i, i]


@kernel
def robust_plane(counts, frames, at, noise, tuning, start):
    """(3,): rate and slopes of b = b0 + b1 x + b2 y: slopes by reweighted least squares (Huber weights).

    counts, frames: (n,) as in :func:`robust_rate`; at: (n, 2) offsets from the middle; noise: variance that readout
    adds to each frame; start: the robust rate, which
    the plane keeps at the mean offset (Huber weights alone would lower it for skew counts), and which stays the
    answer when the plane would be negative inside the window.
    """
    answer, row, normal, fresh = np.zeros(3), np.ones(3), np.empty((3, 3)), np.empty(3)
    answer[0] = start
    for _ in range(10):
        normal[:] = 0.0
        fresh[:] = 0.0
        for k in range(counts.size):
            row[1], row[2] = at[k, 0], at[k, 1]
            model = max(answer[0] + row[1] * answer[1] + row[2] * answer[2], 0.1 * start + 1e-6)
            r = (counts[k] - frames[k] * model) / math.sqrt(frames[k] * (model + noise))
            weight = min(1.0, tuning / max(abs(r), 1e-12)) / (model + noise)
            for i in range(3):
                fresh[i] += weight * row[i] * counts[k]
                for j in range(3):
                    normal[i, j] += weight * frames[k] * row[i] * row[j]
        for i in range(1, 3):  # pixels of one column have no slope across
            normal[i, i] += 1e-9 * normal[0, 0]
        _solve(normal, fresh)
        change = abs(fresh[0] - answer[0])
        for i in range(3):
            answer[i] = fresh[i]
        if change < 1e-4 * (start + 1e-6):
            break
    return _through(answer, frames, at, start)


@kernel
def _through(plane, frames, at, start):
    """The plane with the rate ``start`` at the mean offset; flat where it would be negative somewhere."""
    reach, exposure = 0.0, frames.sum()
    plane[0] = start
    for i in range(2):
        mean, most = 0.0, 0.0
        for k in range(len(frames)):
            mean += at[k, i] * frames[k] / exposure
            most = max(most, abs(at[k, i]))
        plane[0] -= plane[i + 1] * mean
        reach += abs(plane[i + 1]) * most
    if plane[0] < reach:
        plane[:] = 0.0
        plane[0] = start
    return plane


@kernel
def from_spot(boxes, i, offset):
    """Fill ``offset`` (rows,) with how far right of the middle of the spot the middle pixel of each row of the window
    is, and give how far below it the first row is: pixels, mean over slabs, whose windows wander by whole pixels.
    """
    hy, n, down = boxes.half[i, 1], slab_count(boxes, i) if boxes.shear[i] != 0.0 else 1, 0.0
    offset[:] = 0.0
    for s in range(n):
        mine = slab_ellipse(boxes, i, s)
        top = middle_row(mine) - hy
        down += (top + 0.5 - mine.y) / n
        for y in range(2 * hy + 1):
            offset[y] += (middle_column(mine, top + y) + 0.5 - mine.x) / n
    return down


@kernel
def pixels_of_surroundings(values, start, half, offset, down, gain, pedestal, wanted, counts, frames, at):
    """How many pixels are filled into ``counts`` (photons), ``frames`` and ``at`` (from the middle of the spot).

    Of all that belonged to nobody; and of those in guard rings of neighbours where the others are fewer than
    ``wanted`` (the lesser evil).
    """
    width, height = 2 * half[0] + 1, 2 * half[1] + 1
    area, n, free = width * height, 0, 0
    planes = values[start : start + 3 * area]
    for p in range(area):
        free += planes[2 * area + p] % NEAR_FRAME
    near = free < wanted
    for p in range(area):
        seen = planes[2 * area + p]
        frame, count = seen % NEAR_FRAME, planes[p]
        if near:
            frame, count = frame + seen // NEAR_FRAME, count + planes[area + p]
        if frame > 0:
            counts[n], frames[n] = (count - frame * pedestal) / gain, frame
            at[n, 1] = p // width + down
            at[n, 0] = p % width - half[0] + offset[p // width]
            n += 1
    return n


@kernel
def _misfit(counts, frames, at, model):
    """Mean square error a frame of counts about the plane ``model`` (3,), and the mean rate."""
    square, total, exposure = 0.0, 0.0, 0.0
    for k in range(len(counts)):
        level = model[0] + model[1] * at[k, 0] + model[2] * at[k, 1]
        square += (counts[k] - frames[k] * level) ** 2 / frames[k]
        total += counts[k]
        exposure += frames[k]
    return square / len(counts), total / exposure


@kernel
def estimate_background(boxes, panels, surroundings, which, tuning, minimum, plane, counts, background):
    """Fill rows ``which`` of ``background`` (N, 6): rate under the spot, slopes, dispersion, mean square error, and
    the variance that readout adds.

    From the ``surroundings`` of reflections whose frames are all there; in photons a pixel and frame. The column
    background_used (3) of ``counts`` stays 0 where fewer than ``minimum`` pixels of frames are free. plane: bool,
    slopes too. tuning: Huber's constant, sigma.
    """
    most = 1
    for i in which:
        most = max(most, (2 * boxes.half[i, 0] + 1) * (2 * boxes.half[i, 1] + 1))
    y, n, at, row = np.empty(most), np.empty(most, np.int64), np.empty((most, 2)), np.empty(most)
    for i in which:
        background[i] = 0.0
        panel = boxes.panel[i]
        offset = row[: 2 * boxes.half[i, 1] + 1]
        down = from_spot(boxes, i, offset)
        m = pixels_of_surroundings(
            surroundings.values, surroundings.start[i], boxes.half[i], offset, down, panels.gain[panel],
            panels.pedestal[panel], 2 * counts[i, 1], y, n, at,
        )  # fmt: skip
        used = n[:m].sum()
        counts[i, 3] = 0
        if used < minimum:
            continue
        counts[i, 3] = used
        noise = panels.noise[panel]
        rate = noisy_rate(y[:m], n[:m], noise, tuning) if noise > 0 else robust_rate(y[:m], n[:m], tuning)
        background[i, 0] = rate
        background[i, 5] = noise
        if plane and rate > 0:
            fit = robust_plane(y[:m], n[:m], at[:m], noise, tuning, rate)
            for k in range(3):
                background[i, k] = fit[k]
        background[i, 4], mean = _misfit(y[:m], n[:m], at[:m], background[i])
        background[i, 3] = background[i, 4] / mean if mean > 0 else 0.0
