"""Sweeps of which some images hold nothing give what their good images alone give, from images to merged data."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gnomon.io.images.registry import open_images
from gnomon.models.imageset import ImageSet
from gnomon.pipeline import STAGES
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.minicbf import header_contents, write_image
from gnomon.simulate.params import SimulateParams
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

BASE = {
    "image_size": (487, 407), "distance": 95.0, "images": 24, "absorption": 0.3, "wilson_b": 30.0, "seed": 3,
    "fluctuation": 0.005, "gaps": False,
}  # fmt: skip


def chain(folder, spoil=lambda folder: None, **changes):
    """The results of all steps by name, of images that ``spoil`` changes."""
    simulate_dataset(SimulateParams(**{**BASE, **changes}), folder)
    spoil(folder)
    result = import_images([str(p) for p in sorted(folder.glob("*.cbf"))], ImportParams())
    results = {}
    for name in ("find_spots", "index", "refine", "integrate", "symmetry", "scale"):
        given = (result.experiments, result.reflections if results else None)
        result = results[name] = STAGES[name](*given, **({"space_group": "P43212"} if name == "symmetry" else {}))
    return results


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return chain(tmp_path_factory.mktemp("good"), start=6.0, images=12)


def test_ends_without_beam(good, tmp_path):
    found = chain(tmp_path, shut=((1, 6), (19, 24)))
    told = found["find_spots"].summary.sweeps[0].blank
    assert [(row.first, row.last) for row in told] == [(1, 6), (19, 24)]
    assert all(row.background < 0.01 for row in told)
    assert found["scale"].experiments[0].valid_ranges == ((7, 18),)
    agrees(found, good)
    assert len(found["integrate"].reflections) == pytest.approx(len(good["integrate"].reflections), rel=0.01)


def test_a_stretch_in_the_middle_without_crystal(good, tmp_path):
    found = chain(tmp_path, away=((9, 12),))
    (told,) = found["find_spots"].summary.sweeps[0].blank
    assert (told.first, told.last) == (9, 12)
    assert told.background > 0.5
    assert found["integrate"].experiments[0].valid_ranges == ((1, 8), (13, 24))
    z = found["integrate"].reflections["bbox"][:, 4:]
    assert not ((z[:, 0] < 8) & (z[:, 1] > 8)).any()  # no box reaches into the stretch
    agrees(found, good)


def thinned(folder, number, share):
    """Makes image ``number`` that of a beam of this ``share``: Poisson counts, thinned, are Poisson counts."""
    path, params = folder / f"sim_{number:04d}.cbf", SimulateParams(**BASE)
    (counts,) = open_images(ImageSet(paths=(str(path),))).read(1)
    rng = np.random.default_rng(number)
    left = np.where(counts > 0, rng.binomial(np.maximum(counts, 0), share), counts).astype(np.int32)
    write_image(path, left, header_contents(params, Instrument.of(params), number))


def test_a_flicker_of_the_beam(good, tmp_path):
    found = chain(tmp_path, spoil=lambda folder: thinned(folder, 12, 0.3))
    (row,) = found["find_spots"].summary.sweeps[0].bad
    assert row.images == (12,)
    share = float(re.search(r"background is ([\d.]+) of", row.why)[1])
    assert share == pytest.approx(0.3, abs=0.02)
    assert found["scale"].experiments[0].valid_ranges == ((1, 11), (13, 24))
    agrees(found, good)


def agrees(found, good):
    """Rmeas, to where it is well known, and the error model are those of the good images."""
    ours, theirs = (r["scale"].summary.overall.r_meas for r in (found, good))
    assert ours < 1.25 * theirs + 0.002
    assert found["scale"].summary.error_model.a == pytest.approx(good["scale"].summary.error_model.a, abs=0.25)


def test_ordinary_sweeps_have_no_blank_and_no_extra_column(good):
    assert good["find_spots"].summary.sweeps[0].blank == ()
    assert "valid_images" not in good["find_spots"].reflections
    assert good["scale"].experiments[0].scan.valid_image_ranges == {}
