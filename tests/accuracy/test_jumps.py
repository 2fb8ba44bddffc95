"""A crystal that slips at once, and a beam that moves at once: cut there, merged data are what the halves give."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.models.model import key_of
from gnomon.pipeline import STAGES
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

BASE = {
    "image_size": (487, 407), "distance": 95.0, "images": 30, "absorption": 0.3, "wilson_b": 30.0, "seed": 3,
    "fluctuation": 0.005, "gaps": False,
}  # fmt: skip


def indexed(folder, **changes):
    simulate_dataset(SimulateParams(**{**BASE, **changes}), folder)
    imported = import_images([str(p) for p in sorted(folder.glob("*.cbf"))], ImportParams())
    spots = STAGES["find_spots"](imported.experiments)
    return STAGES["index"](spots.experiments, spots.reflections)


def r_meas(result):
    for name in ("refine", "integrate"):
        result = STAGES[name](result.experiments, result.reflections)
    result = STAGES["symmetry"](result.experiments, result.reflections, space_group="P43212")
    return STAGES["scale"](result.experiments, result.reflections).summary.overall.r_meas


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    return indexed(tmp_path_factory.mktemp("still"))


@pytest.fixture(scope="module")
def still_r_meas(still):
    return r_meas(still)


def is_cut_in_the_middle(result):
    assert [e.valid_ranges for e in result.experiments] == [((1, 15),), ((16, 30),)]
    assert result.experiments[0].images is result.experiments[1].images
    assert set(np.unique(result.reflections["imageset_id"])) == {0}
    assert result.summary.one_lattice
    assert all(max(crystal.rmsd[:2]) < 0.05 and crystal.rmsd[2] < 0.2 for crystal in result.summary.crystals)


def test_a_slip(tmp_path, still_r_meas):
    result = indexed(tmp_path, jump=1.4)
    is_cut_in_the_middle(result)
    assert result.experiments[0].detector is result.experiments[1].detector
    assert any("the crystal moved at once after image 15" in reason for reason in result.summary.sentences)
    assert r_meas(result) < 1.2 * still_r_meas


def test_a_beam_that_moves(tmp_path, still, still_r_meas):
    result = indexed(tmp_path, beam_jump=(2.5, 1.5))
    is_cut_in_the_middle(result)
    (told,) = [reason for reason in result.summary.sentences if "moved at once after image 15" in reason]
    assert told.startswith("sweep 0: the beam, or the detector, moved")
    first, second = (e.detector.frames[0, :, 2] for e in result.experiments)
    pixel = still.experiments[0].detector.pixel_sizes[0, 0]
    assert np.abs(second - first)[:2] / pixel == pytest.approx([2.5, 1.5], abs=0.1)
    assert r_meas(result) < 1.2 * still_r_meas


@pytest.mark.parametrize("changes", [{}, {"slippage": 0.5}], ids=["still", "drifting"])
def test_what_does_not_jump_is_not_cut(tmp_path, still, changes):
    result = indexed(tmp_path, **changes) if changes else still
    assert len(result.experiments) == 1
    assert result.experiments[0].valid_ranges == ((1, 30),)


@pytest.mark.parametrize(
    "jump",
    [
        pytest.param({"jump": 1.4}, id="slip"),
        pytest.param({"beam_jump": (2.5, 1.5)}, id="beam", marks=pytest.mark.slow),
    ],
)
def test_only_the_sweep_that_jumps_is_cut_and_the_others_share_their_crystal(tmp_path, jump):
    """Three sweeps of one crystal, the second with a jump: its parts have their own crystals in the common setting."""
    files = []
    for number, changes in enumerate(({"start": 0.0}, {"start": 30.0, **jump}, {"start": 60.0})):
        folder = tmp_path / f"sweep_{number}"
        simulate_dataset(SimulateParams(**{**BASE, "image_size": (487, 195), "images": 24, **changes}), folder)
        files += [str(p) for p in sorted(folder.glob("*.cbf"))]
    imported = import_images(files, ImportParams())
    spots = STAGES["find_spots"](imported.experiments)
    result = STAGES["index"](spots.experiments, spots.reflections)
    assert [e.valid_ranges for e in result.experiments] == [((1, 24),), ((1, 12),), ((1, 24),), ((13, 24),)]
    first, before, last, after = (e.needed_crystal for e in result.experiments)
    assert first is last
    assert len({key_of(c) for c in (first, before, after)}) == 3
    for own in (before, after):  # not another setting of the lattice
        turn = own.A @ np.linalg.inv(first.A)
        assert np.rad2deg(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 2
    assert (result.reflections["imageset_id"] < 3).all()
    assert result.summary.one_lattice
    (told,) = [reason for reason in result.summary.sentences if "moved at once" in reason]
    assert told.startswith("sweep 1: ")
