"""Spots as made by known crystals that slip, swell or are split, without images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan

CELL = np.array([40.0, 45.0, 60.0, 90.0, 90.0, 90.0])
DETECTOR = Detector((Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-60.0, 60.0, -130.0]), (600, 600), (0.2, 0.2)),))


def crystal_in(scan: Scan, seed: int, hall: str = " P 1") -> Experiment:
    """A crystal of ``CELL`` in a random orientation."""
    rng = np.random.default_rng(seed)
    A = rotation_about(rng.normal(size=3), rng.uniform(0, 3)) @ b_matrix(CELL)
    return Experiment(Beam(), DETECTOR, Goniometer(), scan, Crystal(A, hall))


def slipping(e: Experiment, degrees: float, seed: int, swelling: float = 0.0) -> Experiment:
    """The same turning by so much in all, slowly at both ends, and swelling evenly."""
    t = np.linspace(0, 1, e.scan.n_images + 1)
    axis = np.random.default_rng([seed, 1]).normal(size=3)
    turns = [rotation_about(axis, np.deg2rad(degrees) * x * x * (3 - 2 * x)) / (1 + swelling * x) for x in t]
    return e.replace(crystal=replace(e.crystal, A_at_scan_points=np.array(turns) @ e.crystal.A))


def misset(experiments: Experiments) -> Experiments:
    """All crystals, and the detector that they share, a little off and standing still."""
    detector = DETECTOR.moved(np.eye(3), np.array([0.4, -0.3, 0.3]))
    turn = rotation_about(np.array([1.0, 0.3, 0.2]), 0.002)
    return experiments.map(
        lambda e: e.replace(
            detector=detector, crystal=replace(e.crystal, A=turn @ e.crystal.A * 1.001, A_at_scan_points=None)
        )
    )


def as_observed(table: Reflections, px: np.ndarray, sigma: np.ndarray) -> Reflections:
    """The table with these centroids (N, 3) and their standard deviations (N, 3)."""
    table = table.without_columns("xyzcal.px", "xyzcal.mm", "s1")
    columns = {"xyzobs.px.value": px, "xyzobs.px.variance": sigma**2}
    return table.with_columns({**columns, "flags": np.full(len(table), np.uint64(Flag.INDEXED | Flag.STRONG))})


def spots(truth: Experiments, noise: float, seed: int, d_min: float = 3.0) -> tuple[Reflections, np.ndarray]:
    """What is observed, with ``noise`` px and images, and the true centroids (N, 3)."""
    table = Reflections.concatenate([predict_scan(e, i, d_min) for i, e in enumerate(truth)])
    true = table["xyzcal.px"].copy()
    ends = np.array([e.scan.array_range for e in truth])[table["id"]]
    px = true + noise * np.random.default_rng(seed).normal(size=true.shape)
    px[:, 2] = np.clip(px[:, 2], ends[:, 0], ends[:, 1])
    return as_observed(table, px, np.full(px.shape, noise)), true


def to_the_image(e: Experiment, table: Reflections, true: np.ndarray, half: float) -> Reflections:
    """What wide images hold of spots that diffract for ``half`` an image before and after their true places (N, 3).

    The angle is that of the middles of the images that a spot lies on, by its shares there; the images that count cut.
    """
    (first, last), px = e.valid_ranges[0], table["xyzobs.px.value"].copy()
    images = np.arange(first - 1, last)
    low, high = true[:, 2, None] - half, true[:, 2, None] + half
    share = np.clip(np.minimum(high, images + 1) - np.maximum(low, images), 0, None)
    seen = np.flatnonzero(share.sum(axis=1) > 0.2 * half)
    px[seen, 2] = share[seen] @ (images + 0.5) / share[seen].sum(axis=1)
    box = np.zeros((len(px), 6), np.int32)
    box[:, :4] = np.floor(px[:, [0, 0, 1, 1]]) + np.array([-1, 2, -1, 2])
    box[:, 4] = np.floor(np.maximum(low[:, 0], first - 1))
    box[:, 5] = np.ceil(np.minimum(high[:, 0], last))
    return table.with_columns({"xyzobs.px.value": px, "bbox": box}).select(seen)


def split_spots(e: Experiment, degrees: float, second: float, seed: int) -> Reflections:
    """What is observed of two domains turned by so much, the second of ``second`` times the first's volume.

    Spots nearer than 2.5 widths (1 px, 0.1 degree) are one, at their common centroid; others two. Errors follow the
    photons.
    """
    rng = np.random.default_rng([seed, 2])
    R = rotation_about(rng.normal(size=3), np.deg2rad(degrees))
    one = predict_scan(e, 0, 2.5)
    two = predict_scan(e.replace(crystal=replace(e.crystal, A=R @ e.crystal.A)), 0, 2.5)
    keys = [[(*h, x) for h, x in zip(t["miller_index"].tolist(), t["entering"].tolist())] for t in (one, two)]
    partner = {key: j for j, key in enumerate(keys[1])}
    both = np.array([(i, partner[key]) for i, key in enumerate(keys[0]) if key in partner])
    a, b = one["xyzcal.px"][both[:, 0]], two["xyzcal.px"][both[:, 1]]
    widths = np.array([1.0, 1.0, 0.1 / e.scan.oscillation[1]])
    near = (((a - b) / widths) ** 2).sum(axis=1) < 2.5**2
    px = np.concatenate([((a + second * b) / (1 + second))[near], a[~near], b[~near]])
    rows = np.concatenate([both[near, 0], both[~near, 0], both[~near, 0]])
    share = np.repeat([1 + second, 1.0, second], [near.sum(), (~near).sum(), (~near).sum()])
    sigma = np.repeat((0.08 * rng.lognormal(0, 0.7, len(px)) / np.sqrt(share))[:, None], 3, axis=1)
    px = px + sigma * rng.normal(size=px.shape)
    px[:, 2] = np.clip(px[:, 2], *e.scan.array_range)
    return as_observed(one.select(rows), px, sigma)
