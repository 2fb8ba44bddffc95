"""Whether spots crowd on the powder rings of ice."""

from __future__ import annotations

import numpy as np

_SURE = 4.0  # sigma of the number on rings above what the gaps between them tell
_EXCESS = 1.5  # and as many times more: a small excess of very many spots is no ice


def is_icy(s: np.ndarray, rings: np.ndarray, width: float) -> bool:
    """Whether more of the spots at ``s`` (N,), 1/Å, lie on ``rings`` (m,), 1/Å², than the gaps beside them let expect.

    Beside each ring of full ``width`` (1/Å²) lie two gaps of half of it; parts of them within another ring are
    left out, and what is left is counted for as much as it is wide.
    """
    if not len(rings):  # the detector reaches none
        return False
    s2 = np.asarray(s) ** 2
    bands = np.concatenate([rings - width / 2, rings + width / 2])
    edges = np.unique(np.concatenate([bands, rings - width, rings + width]))
    middle = (edges[1:] + edges[:-1]) / 2
    gap = np.min(np.abs(middle[:, None] - rings), axis=1, initial=np.inf)
    counts = np.histogram(s2, edges)[0]
    on, beside = gap < width / 2, (gap > width / 2) & (gap < width)
    widths = np.diff(edges)
    n_on, n_beside = counts[on].sum(), counts[beside].sum()
    ratio = widths[on].sum() / widths[beside].sum()
    error = np.sqrt(ratio * (n_on + n_beside)) if n_on + n_beside else 1.0
    return bool(n_on > _EXCESS * ratio * n_beside and n_on - ratio * n_beside > _SURE * error)
