"""Summation of reflections over a robust background, straight from the ring of frames."""

from __future__ import annotations

import numpy as np

from gnomon.kernels.background import robust_mean, robust_plane
from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import BAD, FREE, OVERLOAD, fill_shifts, local_coordinates, longest_box

COUNTS = ("valid", "foreground", "background", "background_used", "bad", "overloaded", "lost", "background_bad")
"""Columns of ``counts``: pixels; ``lost`` are foreground pixels that a neighbour owns."""


@kernel
def _gather(ring, owner, i, box, start, width, local, inverse_b, shifts, radius, guard, scale, count, signal, back):
    """Rows filled of ``signal`` and of ``back`` (P, 4): counts, and x, y, z from the centre of the box.

    ``signal`` holds the valid foreground pixels that reflection i owns; ``back`` the free background pixels, followed
    by those in guard rings of neighbours where there are too few (the lesser evil). count: (8,), see COUNTS;
    scale: pedestal and gain.
    """
    x0, x1, y0, y1, z0, z1 = box
    n_ring, last = ring.shape[0], len(back)
    n_signal, n_back, n_near = 0, 0, 0
    for y in range(y0, y1):
        for x in range(x0, x1):
            c1, c2 = local_coordinates(local, inverse_b, x, y)
            at = start + y * width + x
            for z in range(z0, z1):
                u = (c1 - shifts[z - z0, 0]) / shifts[z - z0, 1]
                far = u * u + c2 * c2
                raw, holder = ring[z % n_ring, at], owner[z % n_ring, at]
                count[0] += raw > OVERLOAD
                if far <= radius * radius:
                    count[1] += 1
                    count[4] += raw == BAD
                    count[5] += raw == OVERLOAD
                    count[6] += raw > OVERLOAD and holder != i
                    if raw <= OVERLOAD or holder != i:
                        continue
                    row = signal[n_signal]
                    n_signal += 1
                elif far > guard * guard:
                    count[2] += 1
                    count[7] += raw <= OVERLOAD
                    if raw <= OVERLOAD or holder >= 0:
                        continue
                    if holder == FREE:
                        row = back[n_back]
                        n_back += 1
                    else:  # from the other end, until it is known whether they are needed
                        n_near += 1
                        row = back[last - n_near]
                else:
                    continue
                row[0] = (raw - scale[0]) / scale[1]
                row[1], row[2], row[3] = x + 0.5 - 0.5 * (x0 + x1), y + 0.5 - 0.5 * (y0 + y1), z + 0.5 - 0.5 * (z0 + z1)
    if n_back < 2 * count[1]:
        for k in range(n_near):
            for column in range(4):  # row = row takes 2.4 s to compile
                back[n_back + k, column] = back[last - 1 - k, column]
        n_back += n_near
    return n_signal, n_back


@kernel
def _model_background(back, tuning, plane, model):
    """Nothing; fills ``model`` (6,): b0, slopes, dispersion and mean square error of the rows ``back`` (n, 4)."""
    model[:] = 0.0
    mean = robust_mean(back[:, 0].copy(), tuning)
    model[0] = mean
    if plane and mean > 0:
        fit = robust_plane(back[:, 0], back[:, 1:], tuning, mean)
        for k in range(4):
            model[k] = fit[k]
    for row in back:
        model[5] += (row[0] - model[0] - model[1] * row[1] - model[2] * row[2] - model[3] * row[3]) ** 2
    model[5] /= len(back)
    model[4] = model[5] / mean if mean > 0 else 0.0


@kernel
def _sum_signal(signal, model, n_back, total, moment):
    """Nothing; fills ``total`` (4,) and ``moment`` (6,), relative to the box's centre, from ``signal`` (n, 4)."""
    total[:] = 0.0
    moment[:] = 0.0
    for row in signal:
        under = model[0] + model[1] * row[1] + model[2] * row[2] + model[3] * row[3]
        net = row[0] - under
        total[0] += net
        total[2] += under
        for k in range(3):
            moment[k] += net * row[k + 1]
            moment[k + 3] += net * row[k + 1] * row[k + 1]
    total[2] = max(total[2], 0.0)
    total[3] = total[2] * len(signal) / n_back
    total[1] = abs(total[0]) + total[2] + total[3]
    for k in range(3):
        moment[k] = moment[k] / total[0] if total[0] > 0 else 0.0
        moment[k + 3] = moment[k + 3] / total[0] - moment[k] ** 2 if total[0] > 0 else 0.0


@kernel
def sum_reflections(
    ring, owner, which, bbox, start, width, local, inverse_b, rate, z_cal, shear, radius, guard, gain, pedestal,
    tuning, minimum, plane, counts, total, background, moments,
):  # fmt: skip
    """Nothing; fills the rows ``which`` of the out arrays from the pixels of the shoeboxes.

    The background is a robust constant (or, with ``plane``, b0 + b . (x - centre)) over valid pixels beyond ``guard``
    that belong to no reflection or its guard ring, if there are at least ``minimum``. ring, owner:
    (n_ring, n_pixels) int32; guard: (N,) in sigma_b; gain, pedestal: (N,); the other inputs as for ``claim_pixels``.
    counts: (N, 8) int32, see COUNTS; total: (N, 4): I, its variance (Leslie 1999, Acta D55, 1696), background under
    the foreground, and its variance; background: (N, 6): b0, slopes along x, y, z, dispersion, mean square error;
    moments: (N, 6): centroid and mean square width of the foreground above background, pixels and frames.
    """
    longest, largest = longest_box(bbox, which)
    signal, back, shifts = np.empty((largest, 4)), np.empty((largest, 4)), np.empty((longest, 2))
    for i in which:
        fill_shifts(rate[i], z_cal[i], shear[i], bbox[i, 4], bbox[i, 5], shifts)
        counts[i] = 0
        n_signal, n_back = _gather(
            ring, owner, i, bbox[i], start[i], width[i], local[i], inverse_b[i], shifts, radius[i], guard[i],
            (pedestal[i], gain[i]), counts[i], signal, back,
        )  # fmt: skip
        if n_back < minimum:
            continue
        counts[i, 3] = n_back
        _model_background(back[:n_back], tuning, plane, background[i])
        _sum_signal(signal[:n_signal], background[i], n_back, total[i], moments[i])
        if total[i, 0] > 0:
            for k in range(3):
                moments[i, k] += 0.5 * (bbox[i, 2 * k] + bbox[i, 2 * k + 1])
