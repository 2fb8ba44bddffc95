"""Angles that are found are applied, and the crystal then lies as was asked."""

import json

import numpy as np
import pytest
from diffract import crystal, instrument, random_rotation

from gnomon import align_crystal
from gnomon.cli.main import main
from gnomon.errors import InputError, UsageError
from gnomon.io.expt import write_experiments
from gnomon.maths.geometry.three_axes import three_axis_angles
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import MultiAxisGoniometer, rotation_about

ALPHA = np.deg2rad(50.0)
KAPPA = np.array([(1.0, 0, 0), (np.cos(ALPHA), np.sin(ALPHA), 0), (1.0, 0, 0)])
EULER = np.array([(1.0, 0, 0), (0, 0, 1.0), (1.0, 0, 0)])
NAMES = ("phi", "kappa", "omega")


def mounted(axes=EULER, cell=(40, 50, 60, 90, 90, 90), hall=" P 1", seed=3):
    goniometer = MultiAxisGoniometer(axes, np.array([12.0, -30.0, 5.0]), NAMES, 2)
    base = instrument(goniometer=goniometer)
    return Experiments.of([base.replace(crystal=crystal(cell, np.random.default_rng(seed), hall))])


def applied(experiments, angles):
    """The rotation of the crystal when the axes stand at these angles."""
    *inner, omega = angles
    return MultiAxisGoniometer(experiments[0].goniometer.axes, np.array([*inner, 0.0]), NAMES, 2).rotation_at(omega)


def angle(one, other):
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    return np.rad2deg(np.arccos(np.clip(abs(cosine), 0, 1)))


def vector(experiments, name):
    """The reciprocal or direct axis of this name, of the crystal at zero."""
    which = "abc".index(name[0])
    c = experiments[0].crystal
    return c.A[:, which] if "*" in name else c.vectors[which]


@pytest.mark.parametrize("axes", [EULER, KAPPA], ids=["euler", "kappa"])
@pytest.mark.parametrize("frame", ["reciprocal", "direct"])
def test_the_first_axis_lies_along_the_spindle_and_the_second_in_its_plane_with_the_beam(axes, frame):
    experiments = mounted(axes, cell=(40, 50, 60, 80, 95, 100))
    summary = align_crystal(experiments, frame=frame).summary
    assert summary.settings
    spindle, s0 = experiments[0].goniometer.axes[-1], experiments[0].beam.s0
    for setting in summary.settings:
        R = applied(experiments, setting.angles)
        assert angle(R @ vector(experiments, setting.primary[0]), spindle) < 1e-4
        assert angle(R @ vector(experiments, setting.secondary[0]), np.cross(spindle, s0)) == pytest.approx(
            90, abs=1e-4
        )


def test_across_the_spindle_and_the_beam():
    experiments = mounted(cell=(40, 50, 60, 80, 95, 100))
    settings = align_crystal(experiments, mode="cusp").summary.settings
    assert {s.primary[0] for s in settings} == {"a*", "b*", "c*"}
    for setting in settings:
        R = applied(experiments, setting.angles)
        assert angle(R @ vector(experiments, setting.primary[0]), np.array([0, 1.0, 0])) < 1e-4
        assert angle(R @ vector(experiments, setting.secondary[0]), np.array([0, 0, 1.0])) == pytest.approx(
            90, abs=1e-4
        )


def test_every_orientation_of_an_euler_goniometer_and_none_beyond_the_reach_of_kappa():
    rng = np.random.default_rng(5)
    for _ in range(20):
        R = random_rotation(rng)
        for axes in (EULER, KAPPA):
            within = axes is EULER or axes[2] @ R @ axes[0] >= np.cos(2 * ALPHA)
            found = three_axis_angles(axes, R)
            assert len(found) == (2 if within else 0)
            for angles in np.deg2rad(found).reshape(-1, 3):
                made = [rotation_about(axis, a) for axis, a in zip(axes, angles)]
                np.testing.assert_allclose(made[2] @ made[1] @ made[0], R, atol=1e-9)


def test_where_two_axes_have_become_one():
    (found,) = three_axis_angles(EULER, rotation_about(EULER[0], 0.3))
    assert found == pytest.approx((0.0, 0.0, np.rad2deg(0.3)))
    ((inner, middle, outer),) = three_axis_angles(EULER, rotation_about(EULER[1], np.pi))
    assert (inner, abs(middle), abs(outer)) == pytest.approx((0.0, 180.0, 0.0))


def test_equivalent_axes_are_one():
    experiments = mounted(cell=(50, 50, 80, 90, 90, 90), hall=" P 4 2")
    settings = align_crystal(experiments).summary.settings
    assert sorted({s.primary[0] for s in settings}) == ["a* (2-fold)", "c* (4-fold)"]
    assert len(settings) == 12  # two for each of three axes, either way round
    plain = align_crystal(experiments, space_group="P1").summary.settings
    assert sorted({s.primary[0] for s in plain}) == ["a*", "b*", "c*"]


def test_vectors_that_are_asked_for():
    experiments = mounted()
    settings = align_crystal(experiments, vector=((1, 1, 0), (0, 0, 1)), frame="direct").summary.settings
    assert [s.primary for s in settings] == [("(1, 1, 0)",)] * len(settings)
    c = experiments[0].crystal
    for setting in settings:
        assert angle(applied(experiments, setting.angles) @ (c.vectors[0] + c.vectors[1]), EULER[2]) < 1e-4
    with pytest.raises(UsageError, match="come in pairs"):
        align_crystal(experiments, vector=((1, 1, 0),))


def test_what_cannot_be_reached_or_turned_is_told(tmp_path, monkeypatch, capsys):
    experiments = mounted(KAPPA)
    c = experiments[0].crystal
    across = (c.vectors @ np.array([0, 1.0, 0])).tolist()  # reciprocal indices of what lies across phi
    result = align_crystal(experiments, vector=(across, (1, 0, 0)))
    assert result.summary.settings
    narrow = np.array([KAPPA[0], (np.cos(0.4), np.sin(0.4), 0), KAPPA[2]])
    assert align_crystal(mounted(narrow), vector=(across, (1, 0, 0))).summary.n_out_of_reach == 1
    with pytest.raises(InputError, match="needs a goniometer of three axes, and this has 1"):
        align_crystal(experiments.map(lambda e: e.replace(goniometer=instrument().goniometer)))
    monkeypatch.chdir(tmp_path)
    write_experiments("kappa.expt", experiments)
    main(["align_crystal", "kappa.expt"])
    assert "Independent solutions" in capsys.readouterr().out
    written = json.loads((tmp_path / "align_crystal.json").read_text())
    assert set(written["solutions"][0]) == {"primary_axis", "secondary_axis", "kappa", "phi", "omega"}
    assert written["goniometer"]["names"] == list(NAMES)
