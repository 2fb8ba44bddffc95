"""Shadows against rays: is the way from the crystal to the centre of a pixel barred by the body?"""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from gnomon.errors import InputError
from gnomon.maths.geometry.facing import facing_direction
from gnomon.maths.geometry.shadow import Shadow, carrying_rotation
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import Goniometer, MultiAxisGoniometer, rotation_about
from gnomon.models.goniometer_part import GoniometerPart

KAPPA = MultiAxisGoniometer(
    axes=np.array([[1.0, 0, 0], [0.643, -0.766, 0], [1, 0, 0]]),
    angles=np.array([20.0, -75.0, 999.0]),
    names=("PHI", "KAPPA", "OMEGA"),
    scan_axis=2,
)
ARM = np.array([[-10, 25, -30], [-15, 60, -30], [-60, 25, 20], [-60, 40, 0], [-20, 50, -60], [-40, 5, -45]], float)


def flat(turn=0.0, distance=60.0):
    """A detector across the beam (-z), turned about y by ``turn`` degrees."""
    R = rotation_about(np.array([0.0, 1.0, 0.0]), np.deg2rad(turn))
    origin = R @ np.array([-60.0, 50.0, -distance])
    panel = Panel(R @ [1.0, 0, 0], R @ [0.0, -1, 0], origin, (120, 100), (1.0, 1.0))
    return Detector((panel,))


def barrel():
    """Panels on a cylinder about x, of which some look at the source."""
    panels = []
    for angle in np.deg2rad(np.arange(-150, 151, 25)):
        slow = np.array([0.0, np.cos(angle), np.sin(angle)])
        normal = np.cross([-1.0, 0, 0], slow)
        panels.append(Panel(np.array([-1.0, 0, 0]), slow, 90 * normal - 20 * slow, (100, 40), (1.0, 1.0)))
    return Detector(tuple(panels))


def barred(detector, panel, points):
    """(ny, nx) bool: the ray to the pixel's centre passes through the convex body with corners ``points``.

    The body is where a.x + b <= 0 for all its faces; along the ray x = t r each face leaves t above or below a value.
    """
    nx, ny = detector.panels[panel].image_size
    x, y = np.meshgrid(np.arange(nx) + 0.5, np.arange(ny) + 0.5)
    px = np.column_stack([x.ravel(), y.ravel()])
    rays = detector.lab_coordinates(panel, px * detector.pixel_sizes[panel])
    faces = ConvexHull(points).equations
    slope, level = rays @ faces[:, :3].T, faces[:, 3]
    with np.errstate(divide="ignore"):
        t = -level / slope
    enter = np.where(slope < 0, t, -np.inf).max(axis=1)
    leave = np.where(slope > 0, t, np.inf).min(axis=1)
    return (np.maximum(enter, 0) < leave).reshape(ny, nx)


@pytest.mark.parametrize(
    "detector", [flat(), flat(35.0), flat(50.0, 20.0), barrel()], ids=["flat", "turned", "near", "barrel"]
)
def test_pixels_in_shadow_are_those_whose_ray_is_barred(detector):
    shadow = Shadow([GoniometerPart("arm", "KAPPA", ARM)], KAPPA, detector)
    shaded = []
    for phi in range(0, 360, 20):
        points = ARM @ carrying_rotation(KAPPA, "KAPPA", phi).T
        masks = shadow.on(phi, phi)
        for i, mask in enumerate(masks):
            np.testing.assert_array_equal(mask, barred(detector, i, points))
        shaded.append(np.mean([mask.mean() for mask in masks]))
    assert max(shaded) > 0.03


def test_parts_move_with_all_axes_beyond_their_own():
    phi = 33.0
    np.testing.assert_allclose(carrying_rotation(KAPPA, "PHI", phi), KAPPA.rotation_at(phi), atol=1e-12)
    omega = rotation_about(KAPPA.axes[2], np.deg2rad(phi))
    np.testing.assert_allclose(carrying_rotation(KAPPA, "OMEGA", phi), omega, atol=1e-12)
    np.testing.assert_allclose(carrying_rotation(KAPPA, "scan", phi), omega, atol=1e-12)
    kappa = omega @ rotation_about(KAPPA.axes[1] / np.linalg.norm(KAPPA.axes[1]), np.deg2rad(-75.0))
    np.testing.assert_allclose(carrying_rotation(KAPPA, "KAPPA", phi), kappa, atol=1e-12)
    np.testing.assert_array_equal(carrying_rotation(KAPPA, None, phi), np.eye(3))


def test_the_one_axis_of_a_simple_goniometer_is_the_scan_axis():
    tilted = Goniometer(np.array([0.0, 1.0, 0.0]), setting_rotation=rotation_about(np.array([0.0, 0, 1]), 0.1))
    np.testing.assert_allclose(carrying_rotation(tilted, "scan", 40.0), tilted.rotation_at(40.0), atol=1e-12)


@pytest.mark.parametrize(
    ("goniometer", "said"), [(KAPPA, "only PHI, KAPPA, OMEGA, scan"), (Goniometer(), "only scan"), (None, "stills")]
)
def test_an_axis_that_is_not_there_is_an_error(goniometer, said):
    with pytest.raises(InputError, match=said):
        Shadow([GoniometerPart("arm", "CHI", ARM)], goniometer, flat())


def test_an_image_is_shaded_where_it_is_at_any_time():
    shadow = Shadow([GoniometerPart("arm", "KAPPA", ARM)], KAPPA, flat(0, 40.0))
    whole = shadow.on(260.0, 261.0)[0]
    moments = np.stack([shadow.on(phi, phi)[0] for phi in np.linspace(260, 261, 21)])
    assert (whole | ~moments.any(axis=0)).all()
    assert (whole & ~moments.any(axis=0)).sum() < 0.01 * whole.sum()  # the hull of both ends is hardly larger
    assert moments.any(axis=0).sum() > moments[0].sum()


def cell(half_angle):
    """The rims of the two windows of a pressure cell whose axis is z at datum."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    rim = np.column_stack([np.tan(half_angle) * np.cos(angle), np.tan(half_angle) * np.sin(angle), np.ones(720)])
    return [GoniometerPart("window", "scan", side * 10 * rim, opening=True) for side in (1, -1)]


def test_through_windows_only_what_is_nearer_their_axis_than_their_edge_is_seen():
    detector, goniometer, half_angle = flat(20.0), Goniometer(np.array([1.0, 0, 0])), np.deg2rad(38.0)
    for phi in (0.0, 25.0, 80.0):
        (mask,) = Shadow(cell(half_angle), goniometer, detector).on(phi, phi)
        x, y = np.meshgrid(np.arange(120) + 0.5, np.arange(100) + 0.5)
        rays = detector.lab_coordinates(0, np.column_stack([x.ravel(), y.ravel()]))
        cosine = np.abs(rays @ (goniometer.rotation_at(phi) @ [0, 0, 1])) / np.linalg.norm(rays, axis=1)
        angle = np.arccos(cosine).reshape(100, 120)
        sure = np.abs(angle - half_angle) > 1e-4  # the rim is a polygon
        np.testing.assert_array_equal(mask[sure], (angle > half_angle)[sure])
        assert mask.any()


def test_a_window_that_turns_away_during_an_image_shades_what_either_end_does():
    shadow = Shadow(cell(0.6), Goniometer(np.array([1.0, 0, 0])), flat())
    both = [shadow.on(phi, phi)[0] for phi in (5.0, 6.0)]
    np.testing.assert_array_equal(shadow.on(5.0, 6.0)[0], both[0] | both[1])


@pytest.mark.parametrize(
    ("points", "around"),
    [
        (ARM, False),
        (np.concatenate([ARM, -ARM]), True),
        (np.array([[1.0, 0, 0], [-1, 1, 0], [-1, -1, 0]]), True),
        (np.array([[1.0, 0, 0], [-0.9, 1, 0.1], [-0.9, -1, 0.1], [1, 1, 1]]), False),
    ],
)
def test_a_body_faces_the_crystal_or_surrounds_it(points, around):
    u, cosine = facing_direction(points)
    assert np.linalg.norm(u) == pytest.approx(1.0)
    assert cosine == pytest.approx((points @ u / np.linalg.norm(points, axis=1)).min())
    assert (cosine < 1e-6) == around


def test_a_wide_image_is_shaded_in_steps():
    shadow = Shadow([GoniometerPart("arm", "KAPPA", ARM)], KAPPA, flat(0, 40.0))
    steps = [shadow.on(phi, phi + 1)[0] for phi in range(240, 252)]
    np.testing.assert_array_equal(shadow.on(240, 252)[0], np.any(steps, axis=0))
