"""A made-up detector seen head on, for the kernels of integration: pixel x, y is at c = (x - cx, y - cy) PIXEL."""

from math import erf, sqrt
from types import SimpleNamespace

import numpy as np

from gnomon.kernels.shoebox import FREE, claim_pixels
from gnomon.kernels.summation import COUNTS, sum_reflections

PIXEL = 1e-3  # rad


def spots(centres, sigma=1.2, width=0.6, shear=0.0, size=(60, 50, 12), half=7, radius=3.3):
    """Arrays for the kernels: ``centres`` (N, 3) px, px, frame; sigma in px, rocking ``width`` in frames."""
    centres = np.asarray(centres, float)
    n = len(centres)
    local = np.zeros((n, 3, 3))
    local[:, 0, 0] = local[:, 1, 1] = PIXEL
    local[:, :2, 2] = -centres[:, :2] * PIXEL
    local[:, 2, 2] = 1.0
    reach = np.ceil(3 * width)
    around = np.array([half, half, reach])
    low, high = np.floor(centres - around), np.ceil(centres + around)
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    return SimpleNamespace(
        which=np.arange(n),
        bbox=np.stack([low, high], axis=2).reshape(n, 6).astype(np.int32),
        start=np.zeros(n, np.int64),
        width=np.full(n, size[0], np.int64),
        local=local,
        inverse_b=np.full(n, 1 / (sigma * PIXEL)),
        rate=np.full(n, 1 / width),
        z_cal=np.ascontiguousarray(centres[:, 2]),
        shear=np.full(n, float(shear)),
        area=np.full(n, 1 / sigma**2),
        radius=np.full(n, radius),
        guard=np.full(n, radius * 1.3),
        gain=np.ones(n),
        pedestal=np.zeros(n),
        ring=np.zeros((size[2], size[0] * size[1]), np.int32),
        owner=np.full((size[2], size[0] * size[1]), FREE, np.int32),
        size=size,
    )


def expected(box, i, intensity, sigma=1.2, width=0.6, shear=0.0, fine=8):
    """(nz, ny, nx) counts of spot i on the whole detector, by brute force on a fine grid in x, y and z."""
    nx, ny, nz = box.size
    cx, cy = -box.local[i, :2, 2] / PIXEL
    zs = (np.arange(nz * fine) + 0.5) / fine
    edges = np.array([0.5 * erf((z - box.z_cal[i]) / width / sqrt(2)) for z in np.arange(nz * fine + 1) / fine])
    out = np.zeros((nz, ny, nx))
    y = np.exp(-0.5 * ((np.arange(ny) + 0.5 - cy) / sigma) ** 2)
    for z, share in zip(zs, np.diff(edges)):
        drift = shear * sigma * (z - box.z_cal[i]) / width
        x = np.exp(-0.5 * ((np.arange(nx) + 0.5 - cx - drift) / sigma) ** 2)
        out[int(z)] += share * np.outer(y, x) / (2 * np.pi * sigma**2)
    return intensity * out


def claim(box, z0=0, z1=None, which=None):
    """(N,) contested, after the spots have claimed their pixels on frames z0 to z1."""
    contested = np.zeros(len(box.bbox), bool)
    claim_pixels(
        box.owner, box.which if which is None else which, z0, z1 or box.size[2], box.bbox, box.start, box.width,
        box.local, box.inverse_b, box.rate, box.z_cal, box.shear, box.radius, box.guard, contested,
    )  # fmt: skip
    return contested


def filled(centres, intensity, level, seed, half=7, **shape):
    """Spots of one ``intensity`` on a background of ``level`` counts a pixel, with Poisson noise, and claimed."""
    box = spots(centres, half=half, **shape)
    rate = np.full(box.size[::-1], level)
    for i in range(len(centres)):
        rate += expected(box, i, intensity, **shape)
    box.ring[:] = np.random.default_rng(seed).poisson(rate).reshape(box.ring.shape)
    claim(box)
    return box


def sum_up(box, plane=False, minimum=10):
    """Counts by name, and the arrays total, background and moments that ``sum_reflections`` fills."""
    n = len(box.bbox)
    counts, total = np.zeros((n, len(COUNTS)), np.int32), np.zeros((n, 4))
    background, moments = np.zeros((n, 6)), np.zeros((n, 6))
    sum_reflections(
        box.ring, box.owner, box.which, box.bbox, box.start, box.width, box.local, box.inverse_b, box.rate, box.z_cal,
        box.shear, box.radius, box.guard, box.gain, box.pedestal, 1.345, minimum, plane, counts, total, background,
        moments,
    )  # fmt: skip
    return {name: counts[:, i] for i, name in enumerate(COUNTS)}, total, background, moments
