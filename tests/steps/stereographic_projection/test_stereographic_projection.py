"""Directions are where spherical trigonometry has them, whatever the crystal, the goniometer and the view."""

import json
from itertools import combinations

import gemmi
import numpy as np
import pytest

from gnomon import stereographic_projection
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.scan import Scan

CELL = gemmi.UnitCell(50, 62, 71, 90, 104, 90)
B = np.array(CELL.frac.mat.tolist()).T
X, Y = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
DETECTOR = Detector((Panel(X, Y, np.array([-10.0, 8.0, -60.0]), (100, 80), (0.2, 0.2)),))


def crystal(turn=(0.3, -1.1, 0.4), group=" P 2yb"):
    angle = np.linalg.norm(turn)
    return Crystal(rotation_about(np.array(turn) / angle, angle) @ B, group)


def experiments(*crystals, fixed=None):
    beam, axis = Beam(np.array([0.02, 0.0, 1.0]), 1.0), np.array([1.0, 0, 0])
    scan = Scan((1, 10), (20.0, 1.0))
    return Experiments.of(
        Experiment(beam, DETECTOR, Goniometer(axis, np.eye(3) if fixed is None else fixed), scan, crystal=c)
        for c in crystals
    )


def on_the_sphere(crystal):
    """(n, 3) unit vectors of what is drawn: right, up, pole."""
    xy = np.column_stack([crystal.x, crystal.y])
    r2 = (xy**2).sum(axis=1, keepdims=True)
    return np.hstack([2 * xy, 1 - r2]) / (1 + r2)


@pytest.mark.parametrize("frame", ["laboratory", "crystal"])
def test_angles_are_those_of_the_reciprocal_lattice(frame):
    """Of monoclinic 2_1: gemmi's metric tells the angle between each pair."""
    made = experiments(crystal(), fixed=rotation_about(np.array([0.0, 0.6, 0.8]), 1.0))
    (told,) = stereographic_projection(made, hkl_limit=2, frame=frame, phi_angle=25.0).summary.crystals
    v, fractional = on_the_sphere(told), np.array(CELL.frac.mat.tolist())
    assert len(told.hkl) == 49
    for i, j in combinations(range(0, 49, 5), 2):
        a, b = (np.array(told.hkl[k]) @ fractional for k in (i, j))
        assert v[i] @ v[j] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-9)


def test_the_pole_is_in_the_middle_and_crystals_keep_their_angle():
    one = crystal()
    turned = Crystal(
        rotation_about(one.A[:, 1] / np.linalg.norm(one.A[:, 1]), np.deg2rad(7.0)) @ one.A, one.hall_symbol
    )
    wanted = {"hkl": [(0, 1, 0), (1, 0, 0)], "frame": "crystal", "plane_normal": (0, 1, 0)}
    first, second = stereographic_projection(experiments(one, turned), **wanted).summary.crystals
    np.testing.assert_allclose(on_the_sphere(first), [[0, 0, 1], [1, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(on_the_sphere(second)[0], [0, 0, 1], atol=1e-9)
    angle = np.deg2rad(7.0)
    np.testing.assert_allclose(on_the_sphere(second)[1], [np.cos(angle), np.sin(angle), 0], atol=1e-9)


def test_the_laboratory_is_seen_along_the_beam():
    """A direction along the goniometer's axis, laboratory x, stays at the right; others turn about it."""
    along = Crystal(np.diag([0.02, 0.02, 0.01]), " P 1")
    made = experiments(along).map(lambda e: e.replace(beam=Beam(np.array([0.0, 0, 1]), 1.0)))
    for wanted, phi in (({"phi_angle": 30.0}, 30.0), ({"use_starting_angle": True}, 20.0)):
        (told,) = stereographic_projection(made, hkl=[(1, 0, 0), (0, 1, 0), (0, 0, -2)], **wanted).summary.crystals
        c, s = np.cos(np.deg2rad(phi)), np.sin(np.deg2rad(phi))
        np.testing.assert_allclose(on_the_sphere(told), [[1, 0, 0], [0, c, s], [0, -s, c]], atol=1e-9)
        assert told.hkl == ((1, 0, 0), (0, 1, 0), (0, 0, 2))


def test_equivalents_and_absences():
    """The twofold along b takes 1,1,0 to -1,1,0; 2_1 has no 0,1,0, but 0,2,0."""
    made = experiments(crystal())
    (told,) = stereographic_projection(made, hkl=[(1, 1, 0)]).summary.crystals
    assert {tuple(np.abs(hkl)) for hkl in told.hkl} == {(1, 1, 0)}
    assert len(told.hkl) == 2
    assert len(stereographic_projection(made, hkl=[(1, 1, 0)], expand_to_p1=False).summary.crystals[0].hkl) == 1
    (told,) = stereographic_projection(made, hkl_limit=2, eliminate_sys_absent=True).summary.crystals
    along = [hkl for hkl in told.hkl if hkl[0] == hkl[2] == 0]
    assert [tuple(map(abs, hkl)) for hkl in along] == [(0, 2, 0)]


def test_what_cannot_be_is_told():
    with pytest.raises(InputError, match="no directions; give hkl=0,0,1"):
        stereographic_projection(experiments(crystal()))
    with pytest.raises(InputError, match="systematically absent"):
        stereographic_projection(experiments(crystal()), hkl=[(0, 1, 0)], eliminate_sys_absent=True)
    with pytest.raises(InputError, match="0,0,0 is no direction"):
        stereographic_projection(experiments(crystal()), hkl=[(0, 0, 0)])


def test_picture_coordinates_and_figure_are_written(tmp_path, monkeypatch, capsys):
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    write_experiments("indexed.expt", experiments(crystal(), crystal((1.0, 0.2, 0.1))))
    words = ["plot.filename=a.png", "json.filename=a.json", "output.html=None", "plot.colours=#ff0000,#0000ff"]
    main(["stereographic_projection", "indexed.expt", "hkl=0,1,0", "expand_to_p1=false", *words])
    rows = [line.split() for line in (tmp_path / "projections.txt").read_text().splitlines()[1:]]
    with Image.open("a.png") as opened:
        picture = np.asarray(opened)
    for row, colour in zip(rows, ([255, 0, 0], [0, 0, 255])):
        x, y = map(float, row[4:])
        assert picture[round(450 - 400 * y), round(450 + 400 * x)].tolist() == colour
    traces = json.loads((tmp_path / "a.json").read_text())["data"]
    assert [trace["x"][0] for trace in traces[:2]] == pytest.approx([float(row[4]) for row in rows], abs=1e-6)
    with pytest.raises(SystemExit):
        main(["stereographic_projection", "indexed.expt", "hkl=0,1,0", "plot.colours=nocolour"])
    assert "plot.colours=nocolour: no colour" in capsys.readouterr().err
