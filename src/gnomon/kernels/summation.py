"""Summation of reflections over their background, from the counts that were kept of each."""

from __future__ import annotations

from gnomon.kernels.jit import kernel
from gnomon.kernels.shoebox import OWN, middle_column, middle_row, slab_count, slab_edges, slab_ellipse

LEAST_COUNT = 0.5
"""Counts of a background in which none was seen: less than one in all its pixels is not no background, and a sum of
none over it has a variance. The mean that Jeffreys' prior gives (1946, Proc. R. Soc. A186, 453)."""


@kernel
def level_at(background, x, y, frames):
    """Photons of background (6,) that ``frames`` frames hold at x, y pixels from the middle of the spot."""
    return (background[0] + background[1] * x + background[2] * y) * frames


@kernel
def _sum_one(boxes, i, patch, gain, pedestal, background, used, total, moment):
    """Fill ``total`` (4,) and ``moment`` (6,), relative to the prediction, from the patch of reflection i."""
    hx, hy = boxes.core[i]
    wide, high, n_pixels = 2 * hx + 1, 2 * hy + 1, 0
    total[:] = 0.0
    moment[:] = 0.0
    for s in range(slab_count(boxes, i)):
        first, end = slab_edges(boxes, i, s)
        mine = slab_ellipse(boxes, i, s)
        top = middle_row(mine) - hy
        dz = 0.5 * (first + end) - boxes.xyz[i, 2]
        for y in range(high):
            left = middle_column(mine, top + y) - hx
            dy = top + y + 0.5 - boxes.xyz[i, 1]
            for x in range(wide):
                count = patch[(s * high + y) * wide + x]
                if count < OWN:
                    continue
                dx = left + x + 0.5 - boxes.xyz[i, 0]
                under = level_at(background, left + x + 0.5 - mine.x, top + y + 0.5 - mine.y, end - first)
                net = (count - (end - first) * pedestal) / gain - under
                n_pixels += end - first
                total[0] += net
                total[2] += under
                for k, d in enumerate((dx, dy, dz)):
                    moment[k] += net * d
                    moment[k + 3] += net * d * d
    total[2] = max(total[2], 0.0)
    known = max(total[2], LEAST_COUNT * n_pixels / used)
    read = background[5] * n_pixels
    total[3] = (known + read) * n_pixels / used
    total[1] = abs(total[0]) + known + read + total[3]
    for k in range(3):
        moment[k] = moment[k] / total[0] if total[0] > 0 else 0.0
        moment[k + 3] = moment[k + 3] / total[0] - moment[k] ** 2 if total[0] > 0 else 0.0


@kernel
def sum_reflections(boxes, panels, patches, which, background, counts, total, moments):
    """Fill the rows ``which`` of total and moments from the patches of reflections whose frames are all there.

    Rows without background (column background_used, 3, of ``counts``) stay 0. background: (N, 6) as
    ``estimate_background`` fills it. total: (N, 4): I, its variance (Leslie 1999, Acta D55, 1696; and that of readout),
    background under the foreground, and its variance; moments: (N, 6): centroid and mean square width of the
    foreground above background, px, px, frames.
    """
    for i in which:
        total[i] = 0.0
        moments[i] = 0.0
        if counts[i, 3] == 0:
            continue
        panel = boxes.panel[i]
        patch = patches.values[patches.start[i] :]
        _sum_one(
            boxes,
            i,
            patch,
            panels.gain[panel],
            panels.pedestal[panel],
            background[i],
            counts[i, 3],
            total[i],
            moments[i],
        )
        if total[i, 0] > 0:
            for k in range(3):
                moments[i, k] += boxes.xyz[i, k]
