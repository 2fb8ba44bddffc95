"""Stills of a scan: each shows the crystal as it stood, and of each spot what its image had."""

from dataclasses import replace

import numpy as np
import pytest
from diffract import crystal, diffract, instrument

from gnomon import sequence_to_stills
from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import BACKGROUND, FOREGROUND, VALID, Shoeboxes
from gnomon.pipeline import STEPS

RNG = np.random.default_rng(7)
F, S = (rotation_about(RNG.normal(size=3), angle) for angle in (0.4, 1.1))
GONIOMETER = Goniometer(np.array([0.0, 1.0, 0.0]), F, S)


def scan(n_images=12):
    base = instrument(n_images=n_images, width=0.4, start=20.0, goniometer=GONIOMETER)
    images = ImageSet(
        template="/data/x.h5", indices=tuple(range(n_images)), params={"shadow": {}, "multi_panel": False}
    )
    return base.replace(crystal=crystal((50, 60, 70, 90, 100, 90), RNG), images=images)


def boxes_of(pixels, starts):
    """Shoeboxes of blocks of pixels (z, y, x), all of them foreground where above 0, beginning at x, y, z."""
    bbox = np.array([[x, x + p.shape[2], y, y + p.shape[1], z, z + p.shape[0]] for p, (x, y, z) in zip(pixels, starts)])
    data = np.concatenate([p.ravel() for p in pixels]).astype(np.float32)
    mask = np.where(data > 0, VALID | FOREGROUND, VALID | BACKGROUND).astype(np.uint8)
    offsets = np.cumsum([0, *(p.size for p in pixels)])
    return Shoeboxes(np.zeros(len(pixels), np.uint32), bbox.astype(np.int32), offsets, data, mask, np.zeros_like(data))


def table_of(boxes, hkl, ids=None):
    n = len(boxes)
    ids = np.zeros(n, int) if ids is None else ids
    flags = np.full(n, int(Flag.STRONG | Flag.INDEXED))
    return Reflections({"id": ids, "panel": np.zeros(n), "miller_index": hkl, "shoebox": boxes, "flags": flags})


def spots(experiment):
    """What the crystal shows during its scan, each spot two images deep, of one pixel an image."""
    hkl, xyz = diffract(experiment, d_min=3.0)
    whole = (xyz[:, 2] > 1) & (xyz[:, 2] < experiment.scan.n_images - 1)
    hkl, xyz = hkl[whole], xyz[whole]
    boxes = boxes_of([np.array([[[3]], [[4]]])] * len(hkl), np.floor(xyz).astype(int))
    return hkl, xyz, table_of(boxes, hkl)


def test_a_spot_is_predicted_on_its_still_where_it_reflected():
    """At mid image a point is at most half an image from the sphere, onto which it is turned."""
    experiment = scan()
    hkl, xyz, table = spots(experiment)
    result = sequence_to_stills(Experiments.of([experiment]), table)
    found = result.reflections
    truth = {tuple(h): x for h, x in zip(hkl, xyz)}
    here = np.array([truth[tuple(h)] for h in found["miller_index"]])
    own = np.floor(here[:, 2]) == found["id"]
    assert own.sum() == len(hkl)
    assert np.abs(found["delpsical.rad"][own]).max() < np.deg2rad(0.5 * 0.4)
    off = np.linalg.norm(found["xyzcal.px"][:, :2] - here[:, :2], axis=1)[own]
    assert np.median(off) < 0.2
    turn = np.deg2rad(0.4) * np.abs(here[own, 2] - np.floor(here[own, 2]) - 0.5)
    assert (np.abs(found["delpsical.rad"][own]) < turn + 1e-6).all()
    assert found.has(Flag.PREDICTED).all()


def test_the_crystal_stands_as_it_did_half_way_through_the_exposure():
    experiment = scan()
    points = experiment.crystal.A * (1 + 1e-4 * np.arange(13)[:, None, None])
    experiment = experiment.replace(crystal=replace(experiment.crystal, A_at_scan_points=points))
    result = sequence_to_stills(Experiments.of([experiment]), spots(scan())[2], half_mosaicity_deg=0.07)
    assert len(result.experiments) == 12
    still = result.experiments[4]
    phi = np.deg2rad(20.0 + 0.4 * 4.5)
    R = np.array([[np.cos(phi), 0, np.sin(phi)], [0, 1, 0], [-np.sin(phi), 0, np.cos(phi)]])
    np.testing.assert_allclose(still.crystal.A, S @ R @ F @ (points[4] + points[5]) / 2, rtol=1e-9)
    assert (still.scan, still.goniometer, still.crystal.A_at_scan_points) == (None, None, None)
    assert still.crystal.extra == {"ML_domain_size_ang": 0.0, "ML_half_mosaicity_deg": 0.07}
    assert (still.images.paths, still.images.indices) == (("/data/x.h5",), (4,))
    assert still.images.params == {"multi_panel": False}
    assert len({e.identifier for e in result.experiments}) == 12


def test_each_image_has_its_part_of_a_spot():
    first = np.zeros((3, 2, 3))
    first[0, 0, 1], first[1, 0, :], first[2, 1, 2] = 7, (1, 5, 2), 9
    second = np.full((1, 1, 1), 5.0)
    table = table_of(boxes_of([first, second], [(10, 20, 1), (40, 50, 2)]), np.array([(1, 2, 3), (2, 0, 1)]))
    result = sequence_to_stills(Experiments.of([scan(4)]), table)
    found = result.reflections
    assert found["id"].tolist() == [1, 2, 2, 3]
    assert found["intensity.sum.value"].tolist() == [7, 8, 5, 9]
    assert found["n_signal"].tolist() == [1, 3, 1, 1]
    np.testing.assert_allclose(found["xyzobs.px.value"][1], [(10.5 + 5 * 11.5 + 2 * 12.5) / 8, 20.5, 0.5])
    x = np.array([10.5, 11.5, 12.5]) - found["xyzobs.px.value"][1, 0]
    np.testing.assert_allclose(found["xyzobs.px.variance"][1, 0], (x**2 @ [1, 5, 2]) / (64 - 30) + 1 / 12)
    assert found["bbox"][1].tolist() == [10, 13, 20, 22, 0, 1]
    assert found["shoebox"].pixels(1)[0].tolist() == [[[1, 5, 2], [0, 0, 0]]]
    assert (result.summary.n_stills, result.summary.n_reflections, result.summary.n_spots) == (4, 4, 2)
    assert "4 stills with 4 reflections, the parts of 2 spots" in STEPS["sequence_to_stills"].describe(result)


def test_background_is_taken_off():
    boxes = boxes_of([np.array([[[4, 6, 2]]])], [(0, 0, 0)])
    boxes = replace(boxes, background=np.full(3, 1.5, np.float32))
    found = sequence_to_stills(Experiments.of([scan(2)]), table_of(boxes, np.array([(1, 0, 0)]))).reflections
    assert found["intensity.sum.value"].tolist() == [7.5]
    assert found["intensity.sum.variance"].tolist() == [12]


def test_few_images_and_those_that_count():
    experiment = scan(10)
    experiment = experiment.replace(scan=replace(experiment.scan, valid_image_ranges={"truth": [[1, 3], [6, 10]]}))
    table = spots(scan(10))[2]
    result = sequence_to_stills(Experiments.of([experiment]), table, max_scan_points=6)
    assert [e.images.indices for e in result.experiments] == [(0,), (1,), (2,), (5,)]
    assert result.summary.n_left_out == len(table) - result.summary.n_spots > 0


def test_lattices_of_one_scan_share_images_and_spots_without_an_index_are_left_out():
    one = scan(3)
    two = one.replace(crystal=crystal((40, 40, 40, 90, 90, 90), RNG), identifier="second")
    hkl = np.array([(1, 0, 0), (0, 0, 0), (2, 0, 0)])
    table = table_of(boxes_of([np.ones((1, 1, 2))] * 3, [(5, 5, 1)] * 3), hkl, [0, 0, 1])
    result = sequence_to_stills(Experiments.of([one, two]), table)
    assert len(result.experiments.models("images")) == 3
    assert len(result.experiments.models("detector")) == len(result.experiments.models("beam")) == 1
    assert result.reflections["id"].tolist() == [1, 4]


def test_without_pixels_or_of_stills_it_says_why():
    table = spots(scan())[2]
    with pytest.raises(InputError, match="needs the pixels of spots"):
        sequence_to_stills(Experiments.of([scan()]), table.without_columns("shoebox"))
    with pytest.raises(InputError, match="experiment 0 is a still"):
        sequence_to_stills(Experiments.of([scan().replace(scan=None)]), table)
