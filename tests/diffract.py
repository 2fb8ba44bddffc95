"""Spots of a known crystal, from the Laue condition alone: shares no code with the prediction that is tested."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan

PIXEL = 0.172


def instrument(distance=200.0, size=(1000, 1000), wavelength=1.0, n_images=180, width=0.5, start=0.0, goniometer=None):
    """An experiment without a crystal: detector centred on the beam, spindle along x."""
    origin = np.array([-size[0] / 2 * PIXEL, size[1] / 2 * PIXEL, -distance])
    panel = Panel(np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), origin, size, (PIXEL, PIXEL))
    return Experiment(
        beam=Beam(wavelength=wavelength),
        detector=Detector((panel,)),
        goniometer=goniometer or Goniometer(),
        scan=Scan((1, n_images), (start, width)),
        identifier="truth",
    )


def random_rotation(rng):
    """A rotation matrix drawn evenly."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


def crystal(cell, rng, hall=" P 1"):
    """A crystal of this cell in a random orientation."""
    return Crystal(random_rotation(rng) @ b_matrix(np.asarray(cell, float)), hall)


def _all_indices(A, d_min):
    reach = np.ceil(np.linalg.norm(np.linalg.inv(A), axis=1) / d_min).astype(int)
    h = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), -1).reshape(-1, 3)
    d_star = np.linalg.norm(h @ A.T, axis=1)
    return h[(d_star > 0) & (d_star < 1 / d_min)]


def diffract(experiment, d_min=2.0, allowed=None):
    """(hkl, xyz_px) of every reflection of ``experiment.crystal`` that the scan brings onto the detector (one panel).

    allowed: a function of hkl, True where the lattice centring lets a reflection be.
    """
    gonio, s0 = experiment.goniometer, experiment.beam.s0
    hkl = _all_indices(experiment.crystal.A, d_min)
    if allowed is not None:
        hkl = hkl[allowed(hkl)]
    axis, S, F = gonio.rotation_axis, gonio.setting_rotation, gonio.fixed_rotation
    h = hkl @ (F @ experiment.crystal.A).T
    s = S.T @ s0
    along = np.outer(h @ axis, axis)
    across = h - along
    a, b = across @ s, np.cross(axis, across) @ s
    c = -(h**2).sum(1) / 2 - along @ s
    size = np.hypot(a, b)
    ok = np.abs(c) < size
    hkl, h, a, b, c, size = (x[ok] for x in (hkl, h, a, b, c, size))
    found = []
    for sign in (1, -1):
        phi = np.arctan2(b, a) + sign * np.arccos(c / size)
        z = _images(experiment.scan, phi)
        inside = np.isfinite(z)
        q = np.stack([S @ rotation_about(axis, p) @ v for p, v in zip(phi[inside], h[inside])]).reshape(-1, 3)
        xy = _on_panel(experiment.detector.panels[0], s0 + q)
        found.append((hkl[inside], np.column_stack([xy, z[inside]])))
    hkl, xyz = (np.concatenate(x) for x in zip(*found))
    on = np.isfinite(xyz).all(1)
    return hkl[on], xyz[on]


def _images(scan, phi):
    """z of the angles phi (rad), nan outside the scan."""
    start, width = scan.oscillation
    z = ((np.rad2deg(phi) - start) % 360.0) / width
    return np.where(z < scan.n_images, z + scan.image_range[0] - 1, np.nan)


def _on_panel(panel, s1):
    normal = np.cross(panel.fast_axis, panel.slow_axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        point = s1 * ((panel.origin @ normal) / (s1 @ normal))[:, None] - panel.origin
    px = np.column_stack([point @ panel.fast_axis, point @ panel.slow_axis]) / PIXEL
    forward = (s1 @ normal) * (panel.origin @ normal) > 0
    inside = forward & (px >= 0).all(1) & (px < panel.image_size).all(1)
    return np.where(inside[:, None], px, np.nan)


def spots(xyz, rng=None, noise=(0.15, 0.15, 0.15), sweep=0, intensity=None):
    """A strong-spot table of centroids with Gaussian errors (px, px, images)."""
    n = len(xyz)
    if rng is not None:
        xyz = xyz + rng.normal(size=xyz.shape) * noise
    columns = {
        "id": np.full(n, sweep, np.int32),
        "imageset_id": np.full(n, sweep, np.int32),
        "panel": np.zeros(n, np.uint64),
        "flags": np.full(n, int(Flag.STRONG), np.uint64),
        "xyzobs.px.value": xyz,
        "xyzobs.px.variance": np.full((n, 3), 1 / 12),
        "intensity.sum.value": np.full(n, 100.0) if intensity is None else intensity,
        "intensity.sum.variance": np.full(n, 100.0),
    }
    return Reflections(columns, {sweep: f"sweep-{sweep}"})


def shifted(experiment, px):
    """The experiment as a header off by ``px`` (fast, slow) pixels would have it."""
    dx, dy = np.asarray(px) * PIXEL
    panel = experiment.detector.panels[0]
    move = -(dx * panel.fast_axis + dy * panel.slow_axis)
    return experiment.replace(detector=experiment.detector.moved(np.eye(3), move))


def experiments_of(*items):
    """Without crystals, as import leaves them."""
    return Experiments.of(e.replace(crystal=None, identifier=f"sweep-{i}") for i, e in enumerate(items))


def still_spots(experiment, d_min, width):
    """(N, 2) px of a still's spots: nodes within ``width`` 1/Å of the Ewald sphere, seen where their ray hits it."""
    s0 = -np.asarray(experiment.beam.direction) / experiment.beam.wavelength
    r = _all_indices(experiment.crystal.A, d_min) @ experiment.crystal.A.T
    s1 = s0 + r
    length = np.linalg.norm(s1, axis=1)
    near = np.abs(length - np.linalg.norm(s0)) < width
    xy = _on_panel(experiment.detector.panels[0], s1[near])
    return xy[np.isfinite(xy).all(1)]


def still_of(experiment):
    """The experiment without rotation: an image of its own."""
    return experiment.replace(goniometer=None, scan=None, images=ImageSet(kind="ImageSet", paths=("still.cbf",)))
