"""Beam centres that are off by tens of pixels, against the centre by which the spots were made."""

import numpy as np
import pytest

from gnomon import read_experiments, search_beam_position
from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.simulate.centroids import indexed_sweep
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.simulate.instrument import Instrument
from gnomon.steps.search_beam_position.projection import inversion, maximum, midpoint


def sweeps(off, **changes):
    """Spots of sweeps of crystals in other orientations, on one detector whose centre is ``off`` (2,) px."""
    made = [indexed_sweep(EXAMPLE.changed(beam_error=off, seed=seed, **changes)) for seed in (1, 2)]
    detector = made[0].experiments[0].detector
    experiments = Experiments.of(
        e.replace(crystal=None, detector=detector, identifier=str(i))
        for i, one in enumerate(made)
        for e in one.experiments
    )
    tables = [
        one.reflections.with_columns({"id": np.full(len(one.reflections), i)}).select(slice(0, None, 4))
        for i, one in enumerate(made)
    ]
    return experiments, Reflections.concatenate(tables)


def found_centre(result):
    (found,) = result.summary.detectors
    return np.array(found.new_px)


@pytest.fixture(scope="module")
def true_centre():
    return np.array(Instrument.of(EXAMPLE).beam_centre)


@pytest.mark.parametrize(
    ("off", "more"),
    [((0.0, 0.0), {}), ((20.0, -14.0), {}), ((-40.0, 30.0), {"mm_search_scope": 10.0}),
     ((20.0, -14.0), {"n_macro_cycles": 2})],
)  # fmt: skip
def test_a_centre_off_by_tens_of_pixels_is_found(off, more, true_centre):
    experiments, table = sweeps(off)
    one = table.select(table["id"] == 0)
    result = search_beam_position(experiments[:1], one, **more)
    assert np.abs(found_centre(result) - true_centre).max() < 0.3
    (found,) = result.summary.detectors
    assert np.allclose(np.array(found.old_px) - true_centre, off, atol=0.1)
    moved = result.experiments[0]
    assert np.allclose(moved.detector.intersect(0, moved.beam.s0[None])[0], found.new_mm)


def test_sweeps_of_one_detector_are_searched_together(true_centre):
    experiments, table = sweeps((15.0, 18.0))
    result = search_beam_position(experiments, table)
    assert np.abs(found_centre(result) - true_centre).max() < 0.3
    assert result.experiments[0].detector is result.experiments[1].detector
    assert result.summary.detectors[0].experiments == (0, 1)


def test_what_is_beyond_the_scope_is_not_found(true_centre):
    experiments, table = sweeps((40.0, -30.0))
    result = search_beam_position(experiments[:1], table.select(table["id"] == 0), mm_search_scope=1.0)
    assert np.abs(found_centre(result) - true_centre).max() > 20
    shift = np.subtract(result.summary.detectors[0].new_mm, result.summary.detectors[0].old_mm)
    assert np.abs(shift).max() <= 1.0


def test_too_few_spots_are_told():
    experiments, table = sweeps((0.0, 0.0))
    with pytest.raises(InputError, match="needs 20 spots, experiment 0 has 5"):
        search_beam_position(experiments[:1], table.select(slice(0, 5)))
    with pytest.raises(InputError, match="image_range=1,99: experiment 0 has images 1 to 60"):
        search_beam_position(experiments[:1], table, image_range=(1, 99))


@pytest.mark.parametrize("centre", [180.0, 211.5])
def test_profiles_have_their_centres(centre):
    x = np.arange(400) + 0.5
    hump = 100 * np.exp(-(((x - centre) / 60) ** 2))
    stopped = np.where(np.abs(x - centre) < 20, 0.0, hump)
    assert midpoint(stopped) == pytest.approx(centre, abs=0.51)
    assert maximum(hump) == pytest.approx(centre, abs=0.51)
    assert inversion(stopped, centre + 12, 20) == pytest.approx(centre, abs=0.26)


@pytest.mark.parametrize("method", ["midpoint", "inversion"])
def test_images_alone_tell_the_centre_to_two_pixels(method, tmp_path_factory, true_centre):
    folder = tmp_path_factory.mktemp("images")
    simulate_dataset(EXAMPLE.changed(images=3, beam_error=(12.0, -9.0)), folder)
    experiments = read_experiments(folder / "truth.expt")
    off = experiments.map(
        lambda e: e.replace(detector=e.detector.moved(np.eye(3), e.detector.frames[0][:, :2] @ [1.5, -2.0]))
    )
    result = search_beam_position(off, Reflections(), method=method)
    assert np.abs(found_centre(result) - true_centre).max() < 2.0
    assert np.abs(np.subtract(result.summary.detectors[0].old_px, true_centre)).max() > 8


def test_a_method_of_images_says_how_far_it_looks(tmp_path):
    x = np.arange(100) + 0.5
    with pytest.raises(InputError, match="too near the panel's edge"):
        inversion(np.exp(-(((x - 8) / 20) ** 2)), 8, 5)
