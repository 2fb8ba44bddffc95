"""How far each data set lies along the difference of two groups of data sets, itself left out of its group."""

from gnomon.kernels.jit import kernel

N_TERMS = 12


@kernel
def group_sums(owner, reflection, value, weight, label, out):
    """Adds the sums of w and w x over group 1, then over group 0, into ``out`` (reflections, 4).

    owner, reflection, value, weight: (N,) data set, number, intensity and weight; label: (n,) 1, 0, or -1 of neither.
    """
    for i in range(len(owner)):
        group = label[owner[i]]
        if group >= 0:
            column = 2 - 2 * group
            out[reflection[i], column] += weight[i]
            out[reflection[i], column + 1] += weight[i] * value[i]


@kernel
def difference_terms(owner, reflection, value, weight, label, sums, prior, s2, out):
    """Adds the normal equations of ``value - M = a x + b M + c M s2`` for each data set into ``out`` (n, N_TERMS).

    M is the mean of both groups, x their difference D shrunk by prior / (prior + its variance), f the share of group 1
    in M, all without the data set itself; terms: the upper triangle of the matrix (6), its right side (3), sum of
    weight x² f, reflections used, and the weighted sum of squares of the left side.

    sums: of :func:`group_sums`; prior, s2: (reflections,) expected D² and 1/d².
    """
    for i in range(len(owner)):
        k, r, w, y = owner[i], reflection[i], weight[i], value[i]
        wa, sa, wb, sb = sums[r, 0], sums[r, 1], sums[r, 2], sums[r, 3]
        if label[k] == 1:
            wa, sa = wa - w, sa - w * y
        elif label[k] == 0:
            wb, sb = wb - w, sb - w * y
        if wa < 1e-6 or wb < 1e-6:
            continue
        total = wa + wb
        M = (sa + sb) / total
        x = (sa / wa - sb / wb) * prior[r] / (prior[r] + 1 / wa + 1 / wb)
        u = 1 / (1 / w + 1 / total)
        z = M * s2[r]
        rest = y - M
        o = out[k]
        o[0] += u * x * x
        o[1] += u * x * M
        o[2] += u * x * z
        o[3] += u * M * M
        o[4] += u * M * z
        o[5] += u * z * z
        o[6] += u * x * rest
        o[7] += u * M * rest
        o[8] += u * z * rest
        o[9] += u * x * x * wa / total
        o[10] += 1
        o[11] += u * rest * rest
