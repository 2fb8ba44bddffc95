"""Sums over the reflections that two data sets share, for every rotation that may relate their indices."""

import numpy as np

from gnomon.kernels.jit import kernel

N_SUMS = 8
"""Sums of a pair: of w, w², w x, w y, w x², w y², w x y, and the number of reflections."""


@kernel
def orbits(hkl, rotations, span):
    """(key (N,) int64, turn (N,), ways (N,)): the orbit of each index under rotations and inversion, and the way there.

    The key is the greatest packed index among +-h g; ``turn`` the first g that gives it, ``ways`` how many do. Packed:
    (h s + k) s + l.

    hkl: (N, 3) int; rotations: (m, 3, 3) int, h' = h g; span s: more than twice the greatest |h'|.
    """
    n, m = len(hkl), len(rotations)
    key, turn, ways = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        best, at, count = np.int64(-1), 0, 0
        for g in range(m):
            packed = np.int64(0)
            for column in range(3):
                image = np.int64(0)
                for row in range(3):
                    image += hkl[i, row] * rotations[g, row, column]
                packed = packed * span + image
            packed = abs(packed)
            if packed > best:
                best, at, count = packed, g, 0
            if packed == best:
                count += 1
        key[i], turn[i], ways[i] = best, at, count
    return key, turn, ways


@kernel
def pair_sums(number, turn, value, sigma, row, entries, relation, weighted, out):
    """Adds the sums of data set ``row`` with every data set j <= row into ``out`` (row + 1, m, N_SUMS).

    Reflection a of this set and b of another are of one orbit: a g = b g' for turns g, g', so a W = b for the
    rotation W = relation[g, g'], and x and y are one term of the sums of (j, W). Weights w are 1, or
    1 / (1 + s_x² + s_y²) if ``weighted``.

    number, turn, value, sigma: (N,) the orbit of each reflection of this set, a turn to it, intensity and its error.
    entries: (start, set, turn, value, sigma): those of all data sets by orbit (start: (orbits + 1,)) and in it by
    set, a reflection on a symmetry element once for each turn. relation: (m, m) int.
    """
    start, other, other_turn, other_value, other_sigma = entries
    for a in range(len(number)):
        x, variance = value[a], sigma[a] * sigma[a]
        for b in range(start[number[a]], start[number[a] + 1]):
            j = other[b]
            if j > row:
                break
            w = 1.0
            if weighted:
                w /= 1.0 + variance + other_sigma[b] * other_sigma[b]
            y = other_value[b]
            sums = out[j, relation[turn[a], other_turn[b]]]
            sums[0] += w
            sums[1] += w * w
            sums[2] += w * x
            sums[3] += w * y
            sums[4] += w * x * x
            sums[5] += w * y * y
            sums[6] += w * x * y
            sums[7] += 1.0


@kernel
def sums_of_related(sums, which, out):
    """Sums over a few rotations, counted into ``out`` (J, K, N_SUMS): of data set j those of ``which[j, k]``, in order.

    sums: (J, m, N_SUMS) of one data set with J others; which: (J, K, H) int, numbers of rotations.
    """
    J, K, H = which.shape
    for j in range(J):
        for k in range(K):
            for h in range(H):
                for s in range(N_SUMS):
                    out[j, k, s] += sums[j, which[j, k, h], s]
