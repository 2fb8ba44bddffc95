"""Intensities that went through plates of diamond, along rays followed step by step, come back as they were."""

import gemmi
import numpy as np
import pytest
from diffract import crystal, instrument

from gnomon import anvil_correction
from gnomon.errors import InputError, UsageError
from gnomon.maths.geometry.attenuation import mass_attenuation
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STEPS

MU = mass_attenuation("C", 0.6) * 3.51 / 10
KAPPA = MultiAxisGoniometer(
    np.array([(1.0, 0, 0), (0.6, 0.8, 0), (1, 0, 0)]), np.array([20.0, 15.0, 0.0]), ("phi", "kappa", "omega"), 2
)


def scan(goniometer=None):
    base = instrument(distance=120.0, wavelength=0.6, n_images=80, width=0.5, start=-20.0, goniometer=goniometer)
    return base.replace(crystal=crystal((9, 10, 11, 90, 95, 90), np.random.default_rng(4)))


def followed(normal, rays, thickness, step=2e-3):
    """(N,) mm within a plate that begins 0.2 mm from the sample, along each ray (N, 3), counted in small steps."""
    along = np.arange(0, 4, step)[:, None] * np.abs(np.einsum("ij,ij->i", normal, rays))
    return ((along > 0.2) & (along < 0.2 + thickness)).sum(axis=0) * step


def angles(table):
    return np.rad2deg(table["xyzcal.mm"][:, 2])


def unit(table):
    return table["s1"] / np.linalg.norm(table["s1"], axis=1)[:, None]


@pytest.mark.parametrize("goniometer", [None, KAPPA], ids=["single axis", "kappa"])
def test_rays_that_are_followed_through_the_anvils(goniometer):
    experiment = scan(goniometer)
    table = predict_scan(experiment, 0, 1.2)
    normal = np.array([experiment.goniometer.rotation_at(p) @ (0.2, 0.1, 2.0) for p in angles(table)]) / np.sqrt(4.05)
    out = np.abs(np.einsum("ij,ij->i", normal, unit(table))) > 0.3
    table, normal, thickness = table.select(out), normal[out], 0.8
    n, rng = len(table), np.random.default_rng(1)
    assert n > 100
    way = followed(normal, np.tile([0, 0, 1.0], (n, 1)), thickness) + followed(normal, unit(table), thickness)
    truth = rng.exponential(100.0, n) + 5
    through = np.exp(-MU * way)
    dimmed = {"sum": truth * through, "prf": truth * through}
    columns = {
        f"intensity.{k}.{w}": v for k, value in dimmed.items() for w, v in (("value", value), ("variance", value))
    }
    result = anvil_correction(
        Experiments.of([experiment]), table.with_columns(columns), thickness=thickness, normal=(0.2, 0.1, 2.0)
    )
    found = result.reflections
    np.testing.assert_allclose(found["intensity.sum.value"], truth, rtol=2e-3)
    np.testing.assert_allclose(found["intensity.prf.value"], truth, rtol=2e-3)
    np.testing.assert_allclose(found["intensity.sum.variance"], truth / through, rtol=3e-3)
    s = result.summary
    assert s.attenuation == (pytest.approx(MU),)
    assert s.path == pytest.approx((way.min(), way.max()), abs=3e-3)
    assert (s.n_corrected, s.n_left_out) == (n, 0)
    assert f"{n} reflections multiplied by" in STEPS["anvil_correction"].describe(result)


def test_absorption_of_carbon_is_photoelectric_and_some_scattering():
    """Cromer & Liberman's f'' gives the former; the latter falls from 0.46 to 0.2 cm2/g between 8 and 20 keV."""
    energy = np.array([8.0, 10.0, 12.4, 15.0, 17.5, 20.0])
    total = np.array([mass_attenuation("C", 12.398419843 / e) for e in energy])
    f2 = np.array([gemmi.cromer_liberman(6, 1000 * e)[1] for e in energy])
    photoelectric = 2 * 2.8179403e-13 * (12.398419843e-8 / energy) * f2 * 6.02214076e23 / 12.011
    scattered = total - photoelectric
    assert (np.diff(scattered) < 0).all()
    assert (np.diff(scattered, 2) > -0.01).all()
    assert (scattered > 0.2).all()
    assert (scattered < 0.6).all()


def beams(s1, phi):
    n = len(s1)
    mm = np.column_stack([np.zeros((n, 2)), phi])
    one = np.ones(n)
    return Reflections({"id": np.zeros(n, int), "s1": s1, "xyzcal.mm": mm, "intensity.sum.value": one})


def test_the_density_and_a_ray_straight_through():
    straight = beams(np.array([[0, 0, -1 / 0.6]]), np.zeros(1))
    result = anvil_correction(Experiments.of([scan()]), straight, density=1755.0, thickness=2.0, normal=(0, 0, -3))
    assert result.reflections["intensity.sum.value"][0] == pytest.approx(np.exp(MU / 2 * 4.0))


def test_what_runs_along_the_anvils_is_left_out_and_a_wrong_normal_told():
    table = beams(np.array([[0, 0, -1.0], [0.1, 0, -1.0], [0, -1.0, 1e-3]]), np.zeros(3))
    result = anvil_correction(Experiments.of([scan()]), table, normal=(0, 0, 1))
    assert (result.summary.n_corrected, result.summary.n_left_out, len(result.reflections)) == (2, 1, 2)
    with pytest.raises(InputError, match=r"3 would have gone along anvils.*anvil.normal=0.0,1.0,0.0"):
        anvil_correction(Experiments.of([scan()]), table)
    with pytest.raises(UsageError, match="it needs a direction"):
        anvil_correction(Experiments.of([scan()]), table, normal=(0, 0, 0))
