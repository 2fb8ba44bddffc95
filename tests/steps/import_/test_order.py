"""Images whose angles are not in the order of their numbers."""

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.pipeline import STAGES
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images


@pytest.fixture
def images(tmp_path, pixels, write_cbf):
    """``images(angles)`` writes images 1, 2, ... that start at these degrees and turn by 0.5, and imports them."""

    def write(angles, **params):
        for n, angle in enumerate(angles, 1):
            write_cbf(tmp_path / f"a_{n:04d}.cbf", pixels, Start_angle=f"{angle:.4f} deg.")
        return import_images([str(tmp_path / "a_####.cbf")], ImportParams(**params))

    return write


def test_angles_that_fall_are_one_sweep_about_the_opposite_axis(images):
    up = images(12 + 0.5 * np.arange(8)).experiments[0]
    result = images(12 + 0.5 * np.arange(8)[::-1])
    (down,) = result.experiments
    (line,) = result.summary.warnings
    assert "fall from 15.5 to 12 degrees as their numbers rise: taken as a turn about the opposite axis" in line
    np.testing.assert_array_equal(down.goniometer.rotation_axis, -up.goniometer.rotation_axis)
    assert down.scan.image_range == (1, 8)
    assert down.scan.oscillation == (-16.0, 0.5)  # image 1 from 15.5 to 16 degrees about the axis


def test_two_images_may_be_a_sweep_and_its_neighbour(images):
    assert len(images([12.5, 12.0]).experiments) == 2


def test_two_stretches_exchanged_are_two_sweeps_with_their_own_angles(images):
    result = images([*(20 + 0.5 * np.arange(10)), *(15 + 0.5 * np.arange(10))])
    assert [e.scan.oscillation for e in result.experiments] == [(20.0, 0.5), (15.0, 0.5)]
    assert result.summary.warnings[0].endswith("image 11: it starts at 15 degrees, not 25")


def test_an_angle_that_comes_twice_is_told(images):
    result = images([12.0, 12.5, 13.0, 13.0, 13.5, 14.0])
    assert [e.scan.image_range for e in result.experiments] == [(1, 3), (4, 6)]
    assert result.summary.warnings[0].endswith("it starts at 13 degrees, as the image before does: recorded twice?")


def test_numbers_in_no_order_are_told_in_one_line(images):
    angles = 12 + 0.5 * np.random.default_rng(1).permutation(20)
    angles[3] = angles[8]
    (line,) = images(angles).summary.warnings
    assert (
        "the angles of its 20 images are in no order of their numbers, 1 of them at an angle that another has" in line
    )
    assert "give the files numbers in the order of their angles" in line


def test_angles_that_stand_still_are_told_in_one_line(images):
    result = images([7.0] * 12)
    (line,) = result.summary.warnings
    assert "its 12 images all start at 7 degrees, and each turns by 0.5" in line
    assert "oscillation=START,WIDTH" in line
    (one,) = images([7.0] * 12, oscillation=(0.0, 0.5)).experiments
    assert one.scan.oscillation_range == (0.0, 6.0)


def test_a_sweep_numbered_backwards_gives_the_same_crystal(tmp_path):
    """From images to indexed spots: every observation is where it was, on image 13 - n in place of n."""
    simulate_dataset(EXAMPLE.changed(images=12, distance=130.0), tmp_path / "up")
    files = sorted((tmp_path / "up").glob("*.cbf*"))
    (tmp_path / "down").mkdir()
    for n, path in enumerate(reversed(files), 1):
        (tmp_path / "down" / path.name.replace(path.name.split("_")[1][:4], f"{n:04d}")).write_bytes(path.read_bytes())
    indexed = []
    for name in ("up", "down"):
        result = import_images([str(tmp_path / name)], ImportParams())
        assert len(result.experiments) == 1
        for step in ("find_spots", "index"):
            result = STAGES[step](result.experiments, result.reflections if step != "find_spots" else None)
        table = result.reflections
        indexed.append((table.has(Flag.INDEXED).mean(), np.sort(result.experiments[0].crystal.cell[:3])))
    assert indexed[1][0] == pytest.approx(indexed[0][0], abs=0.01)
    np.testing.assert_allclose(indexed[1][1], indexed[0][1], rtol=1e-3)
