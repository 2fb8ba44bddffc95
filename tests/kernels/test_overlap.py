"""Spots on each other's pixels: fits against numpy's joint maximum likelihood, and planted intensities come back."""

import numpy as np
import pytest
from scipy.special import ndtr
from shoeboxes import boxes_of, expected, gathered, panels_of, slabs_of, spot_at, summed

from gnomon.kernels.crowd import crowd_of
from gnomon.kernels.overlap import SPOT_SCATTER, fit_overlapping
from gnomon.kernels.profile import Profiles, fit_profile

GAUSSIAN = Profiles(np.ones((1, 17, 17)), np.zeros((1, 41)), 0.5, 5.0, 3.0)
PANELS = panels_of((60, 50))
N_FRAMES, USED = 12, 400


def fitted_together(boxes, frames, level):
    """total (N, 4), fitted (N, 7) and told (N,) after a pass over the frames, with the background known."""
    n = len(boxes.panel)
    held = gathered(boxes, PANELS, frames)
    _, total, _, _ = summed(boxes, PANELS, held)
    background = np.zeros((n, 6))
    background[:, 0] = level
    crowd = crowd_of(boxes, PANELS.size, np.arange(n), 0, N_FRAMES)
    fitted, told, used = np.full((n, 7), 7.0), np.full(n, 7.0), np.full(n, USED)
    fit_overlapping(
        boxes, PANELS, held.patches, crowd, np.arange(n), np.zeros(n, np.int64), GAUSSIAN, background, used, total,
        fitted, told,
    )  # fmt: skip
    return total, fitted, told, held


def pair(apart, z=(6.0, 6.4)):
    """Two spots ``apart`` standard deviations (1.2 px) of each other, along a slant."""
    at = np.array([[30.2, 25.4, z[0]], [30.2, 25.4, z[1]]])
    at[1, :2] += 1.2 * apart * np.array([0.8, 0.6])
    return boxes_of(at)


def frames_of(boxes, intensities, level, seed=None):
    rate = np.full((N_FRAMES, 3000), float(level))
    for i, intensity in enumerate(intensities):
        rate += expected(boxes, PANELS, i, intensity, N_FRAMES)
    return np.rint(rate if seed is None else np.random.default_rng(seed).poisson(rate)).astype(np.int32)


def on_foreground(boxes, frames, i):
    """Data, profiles (2, P) of both, and whether own, of all pixels of reflection i's foreground, by numpy alone."""
    y, x = np.mgrid[:50, :60] + 0.5
    data, profiles, own = [], [], []
    for first, end in slabs_of(boxes, i):
        squares, models = [], []
        for j in range(2):
            middle, local = spot_at(boxes, j, first, end)
            c = np.einsum("ab,byx->ayx", local, np.stack([x - middle[0], y - middle[1]]))
            low, high = (np.clip([first, end], *boxes.bbox[j, 4:]) - boxes.xyz[j, 2]) * boxes.rate[j]
            inside = (c**2).sum(axis=0) <= boxes.radius[j] ** 2
            models.append((ndtr(high) - ndtr(low)) * np.exp(-0.5 * (c**2).sum(axis=0)) * inside)
            z = (first + 0.5 - boxes.xyz[j, 2]) * boxes.rate[j]
            there = inside if boxes.bbox[j, 4] <= first < boxes.bbox[j, 5] else np.zeros_like(inside)
            squares.append(np.where(there, (c**2).sum(axis=0) + z**2, np.inf))
        use = np.isfinite(squares[i])
        data.append(frames[first:end].sum(axis=0).reshape(50, 60)[use])
        profiles.append([m[use] for m in models])
        own.append((squares[i] <= squares[1 - i])[use])
    q = np.concatenate(profiles, axis=1)
    q /= q.sum(axis=1, keepdims=True)  # the neighbour's is up to a factor
    return np.concatenate(data), q[[i, 1 - i]], np.concatenate(own)


@pytest.mark.parametrize(
    ("strong", "weak", "level"), [(2000.0, 300.0, 1.0), (500.0, 500.0, 0.2), (20000.0, 100.0, 3.0)]
)
@pytest.mark.parametrize("apart", [1.5, 2.5, 4.0])
def test_fits_and_sums_are_those_of_numpy(strong, weak, level, apart):
    boxes = pair(apart)
    frames = frames_of(boxes, (strong, weak), level, 1)
    total, fitted, told, _ = fitted_together(boxes, frames, level)
    for i in range(2):
        d, q, own = on_foreground(boxes, frames, i)
        value = np.array([strong, weak])[[i, 1 - i]]
        for _ in range(50):
            v = level + np.maximum(value, 0) @ q
            value = np.linalg.solve((q / v) @ q.T, (q / v) @ (d - level))
        inverse = np.linalg.inv((q / v) @ q.T)
        weights = inverse @ (q / v)
        tail = (SPOT_SCATTER * max(value[1], 0) * q[1]) ** 2
        known = level / USED
        assert fitted[i, 0] == pytest.approx(value[0], abs=0.01 * np.sqrt(inverse[0, 0]))
        wanted = (weights[0] ** 2 * (v + tail)).sum() + known * weights[0].sum() ** 2
        assert fitted[i, 1] == pytest.approx(wanted, rel=0.01)
        assert told[i] == pytest.approx(1 / (inverse[0, 0] * (q[0] ** 2 / v).sum()), rel=0.01)
        lacks = np.array([q[0, ~own].sum(), -q[1, own].sum()])
        share = own + lacks @ weights
        assert total[i, 0] == pytest.approx((d - level)[own].sum() + lacks @ value, abs=0.02 * np.sqrt(total[i, 1]))
        assert total[i, 1] == pytest.approx((share**2 * (v + tail)).sum() + known * share.sum() ** 2, rel=0.01)


@pytest.mark.parametrize("apart", [1.5, 2.5, 3.5])
def test_planted_intensities_come_back_beside_a_strong_neighbour(apart):
    """Weak ones by a tenth of a strong one, which a fit on their own pixels alone makes too strong."""
    truth, own, z = np.array([3000.0, 300.0]), [], []
    for seed in range(80):
        boxes = pair(apart)
        frames = frames_of(boxes, truth, 1.0, seed)
        total, fitted, _, held = fitted_together(boxes, frames, 1.0)
        alone = np.zeros((2, 7))
        level, used = np.zeros((2, 6)), np.full(2, USED)
        level[:, 0] = 1.0
        fit_profile(boxes, PANELS, held.patches, np.arange(2), np.zeros(2, np.int64), GAUSSIAN, level, used, alone)
        own.append(alone[1, 0] / 300)
        z.append([(fitted[:, 0] - truth) / np.sqrt(fitted[:, 1]), (total[:, 0] - truth) / np.sqrt(total[:, 1])])
    z = np.array(z)
    assert np.abs(z.mean(axis=0)).max() < 0.4
    assert z.std(axis=0).min() > 0.7
    assert z.std(axis=0).max() < 1.2
    assert abs(np.mean(own) - 1) > 0.1


def test_spots_in_one_place_tell_nothing_and_others_do():
    boxes = boxes_of([[30.2, 25.4, 6.0], [30.2, 25.4, 6.0], [33.2, 25.4, 6.0], [10.0, 10.0, 6.0]])
    frames = frames_of(boxes, (50_000.0, 50_000.0, 80_000.0, 40_000.0), 1.0)
    total, fitted, told, _ = fitted_together(boxes, frames, 1.0)
    assert told[:2].tolist() == [0, 0]
    assert (fitted[:2, :2] == 0).all()
    assert fitted[2, 0] == pytest.approx(80_000, rel=6e-3)  # its neighbours are two in one place
    assert told[3] == pytest.approx(1)
    assert fitted[3, 0] == pytest.approx(40_000, rel=6e-3)
    assert total[3, 0] == pytest.approx(40_000, rel=6e-3)
