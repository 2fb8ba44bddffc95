"""Summation of reflections over a robust background, straight from the ring of frames."""

from __future__ import annotations

import numpy as np

from gnomon.kernels.background import robust_mean, robust_plane
from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import BAD, FREE, OVERLOAD, fill_shifts, local_coordinates, longest_box

COUNTS = ("valid", "foreground", "background", "background_used", "bad", "overloaded", "lost", "background_bad")
"""Columns of ``counts``: pixels; ``lost`` are foreground pixels that a neighbour owns."""


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
    values, at, shifts = np.empty(largest), np.empty((largest, 3)), np.empty((longest, 2))
    n_ring = ring.shape[0]
    centre, position, net = np.empty(3), np.empty(3), np.empty(3)
    first, second = np.empty((2, 3)), np.empty((2, 3))  # [counts, pixels] times offset, offset squared
    for i in which:
        x0, x1, y0, y1, z0, z1 = bbox[i]
        centre[0], centre[1], centre[2] = 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * (z0 + z1)
        first[:] = 0.0
        second[:] = 0.0
        n_back, n_near, summed, n_used = 0, 0, 0.0, 0
        fill_shifts(rate[i], z_cal[i], shear[i], z0, z1, shifts)
        counts[i] = 0
        for y in range(y0, y1):
            for x in range(x0, x1):
                c1, c2 = local_coordinates(local[i], inverse_b[i], x, y)
                at_pixel = start[i] + y * width[i] + x
                for z in range(z0, z1):
                    u = (c1 - shifts[z - z0, 0]) / shifts[z - z0, 1]
                    far = u * u + c2 * c2
                    inside, outside = far <= radius[i] * radius[i], far > guard[i] * guard[i]
                    raw = ring[z % n_ring, at_pixel]
                    valid = raw > OVERLOAD
                    counts[i, 0] += valid
                    if not (inside or outside):
                        continue
                    holder = owner[z % n_ring, at_pixel]
                    if inside:
                        counts[i, 1] += 1
                        if raw == BAD:
                            counts[i, 4] += 1
                        elif raw == OVERLOAD:
                            counts[i, 5] += 1
                        elif holder != i:
                            counts[i, 6] += 1
                        else:
                            value = (raw - pedestal[i]) / gain[i]
                            position[0], position[1], position[2] = x + 0.5, y + 0.5, z + 0.5
                            n_used += 1
                            summed += value
                            for k in range(3):
                                offset = position[k] - centre[k]
                                first[0, k] += value * offset
                                first[1, k] += offset
                                second[0, k] += value * offset * offset
                                second[1, k] += offset * offset
                        continue
                    counts[i, 2] += 1
                    if not valid:
                        counts[i, 7] += 1
                    elif holder < 0:  # free pixels from the front, guard rings of neighbours from the back
                        if holder == FREE:
                            k = n_back
                            n_back += 1
                        else:
                            n_near += 1
                            k = largest - n_near
                        values[k] = (raw - pedestal[i]) / gain[i]
                        at[k, 0] = x + 0.5 - centre[0]
                        at[k, 1] = y + 0.5 - centre[1]
                        at[k, 2] = z + 0.5 - centre[2]
        if n_back < max(minimum, 2 * counts[i, 1]):  # a crowded place: tails of neighbours are the lesser evil
            for k in range(n_near):
                values[n_back + k] = values[largest - 1 - k]
                at[n_back + k] = at[largest - 1 - k]
            n_back += n_near
        counts[i, 3] = n_back
        background[i] = 0.0
        if n_back < minimum:
            counts[i, 3] = 0
            continue
        sample = values[:n_back]
        mean = robust_mean(sample, tuning)
        background[i, 0] = mean
        if plane and mean > 0:
            background[i, :4] = robust_plane(sample, at[:n_back], tuning, mean)
        spread = 0.0
        for k in range(n_back):
            model = background[i, 0]
            for axis in range(3):
                model += background[i, axis + 1] * at[k, axis]
            spread += (sample[k] - model) ** 2
        background[i, 5] = spread / n_back
        background[i, 4] = background[i, 5] / mean if mean > 0 else 0.0
        under = background[i, 0] * n_used
        for axis in range(3):
            under += background[i, axis + 1] * first[1, axis]
        intensity = summed - under
        under_variance = max(under, 0.0) * n_used / n_back
        total[i, 0] = intensity
        total[i, 1] = abs(intensity) + max(under, 0.0) + under_variance
        total[i, 2] = under
        total[i, 3] = under_variance
        moments[i] = 0.0
        for axis in range(3):
            net[axis] = first[0, axis] - background[i, 0] * first[1, axis]
            if intensity > 0:
                shift = net[axis] / intensity
                moments[i, axis] = centre[axis] + shift
                moments[i, axis + 3] = (second[0, axis] - background[i, 0] * second[1, axis]) / intensity - shift**2
