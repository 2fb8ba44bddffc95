"""How far data sets are compared: not into the shell in which they end."""

from __future__ import annotations

import numpy as np

from gnomon.maths.intensities.normalised import Observations, informative


def observed(edges: tuple[float, ...]) -> Observations:
    """Data sets of even intensity that end at one resolution (Å) each, noise beyond."""
    rng = np.random.default_rng(1)
    d = np.tile(1 / np.sqrt(np.linspace(0.01, 0.45, 2000)), len(edges))
    experiment = np.repeat(np.arange(len(edges)), 2000)
    intensity = np.where(d > np.array(edges)[experiment], 100.0, 0.0) + rng.normal(size=len(d))
    n, ones = len(d), np.ones(len(d))
    return Observations(np.arange(n), experiment, np.zeros((n, 3), int), intensity, ones, ones, 0.1 * ones, d)


def test_the_shell_in_which_data_sets_end_is_left_out():
    edges = (1.80, 1.79, 1.795)
    kept, limit = informative(observed(edges), None, 2.0)
    assert max(edges) < limit < 2.0
    assert kept.intensity.min() > 90


def test_a_little_noise_beyond_the_edge_does_not_hide_in_the_last_shell():
    edges = (1.525, 1.52, 1.523)  # 2 % of the reflections lie beyond
    kept, limit = informative(observed(edges), None, 2.0)
    assert max(edges) < limit < 1.6
    assert kept.intensity.min() > 90


def test_all_is_kept_where_no_shell_is_weak():
    obs = observed((1.0, 1.0))
    kept, limit = informative(obs, None, 2.0)
    assert len(kept.row) == len(obs.row)
    assert limit == obs.d.min()
