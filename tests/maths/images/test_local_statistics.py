"""Windows about pixels, cut at edges and at pixels that are not used, against a loop."""

import numpy as np

from gnomon.maths.images.local_statistics import local_statistics


def test_every_window_is_that_of_a_loop():
    rng = np.random.default_rng(3)
    counts, use = rng.poisson(3.0, (17, 23)), rng.random((17, 23)) > 0.3
    counts[~use] = -5
    found = local_statistics(counts, use, (3, 2))
    for y in range(17):
        for x in range(23):
            window = np.s_[max(0, y - 2) : y + 3, max(0, x - 3) : x + 4]
            values = counts[window][use[window]]
            assert found.number[y, x] == len(values)
            assert np.isclose(found.mean[y, x], values.mean())
            assert np.isclose(found.variance[y, x], values.var(ddof=1))
            assert np.isclose(found.dispersion[y, x], values.var(ddof=1) / values.mean())
