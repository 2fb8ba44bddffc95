"""How much better several narrow groups tell places on a line than one wide one."""

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def segment_gains(place, floor, smallest, most, gain, cut):
    """The best log-likelihood gain of 2 to ``most`` normal distributions of one width over one, for each row.

    Groups are added one by one, by the cut that lessens the sum of squares most; each keeps ``smallest`` members and
    none is narrower than the variance ``floor``. ``cut`` is the middle of the widest gap between groups.

    place: (B, n), each row sorted; gain, cut: (B,).
    """
    B, n = place.shape
    sums, squares = np.zeros(n + 1), np.zeros(n + 1)
    edges = np.zeros(most + 1, np.int64)
    for row in range(B):
        x = place[row]
        middle = x[n // 2]
        for i in range(n):
            sums[i + 1] = sums[i] + x[i] - middle
            squares[i + 1] = squares[i] + (x[i] - middle) ** 2
        edges[0], edges[1] = 0, n
        within = squares[n] - sums[n] * sums[n] / n
        whole = 0.5 * n * np.log(max(within / n, floor))
        best, best_cut, groups = -np.inf, middle, 1
        while groups < most:
            saved, at = -1.0, -1
            for g in range(groups):
                low, high = edges[g], edges[g + 1]
                mean = (sums[high] - sums[low]) / (high - low)
                for i in range(low + smallest, high - smallest + 1):
                    part = sums[i] - sums[low] - (i - low) * mean
                    less = part * part * (1.0 / (i - low) + 1.0 / (high - i))
                    if less > saved:
                        saved, at = less, i
            if at < 0:
                break
            groups += 1
            k = groups
            while k > 1 and edges[k - 1] > at:
                edges[k] = edges[k - 1]
                k -= 1
            edges[k] = at
            within -= saved
            found = whole - 0.5 * n * np.log(max(within / n, floor))
            widest, where = -1.0, middle
            for g in range(groups):
                size = edges[g + 1] - edges[g]
                found += size * np.log(size / n)
                if g > 0 and x[edges[g]] - x[edges[g] - 1] > widest:
                    widest = x[edges[g]] - x[edges[g] - 1]
                    where = 0.5 * (x[edges[g]] + x[edges[g] - 1])
            if found > best:
                best, best_cut = found, where
        gain[row], cut[row] = best, best_cut
