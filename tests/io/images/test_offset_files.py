"""Offsets on disk: dx and dy of an image set."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.flex_numbers import FlexBytes, reals_at
from gnomon.io.images.flex_grid import pickled_grids
from gnomon.io.images.offset_pickle import MARK, packed_reals, pickled_offsets, unpickled_reals
from gnomon.kernels.flex_reals import unpack_reals
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.offsets import ModuleGrid, ModuleOffsets, OffsetMap

GRID = ModuleGrid((100, 80), (0.2, 0.2), np.array([[0, 48], [52, 100]]), np.array([[0, 80]]))
X, Y = np.array([1.0, 0, 0]), np.array([0, -1.0, 0])
PX = np.random.default_rng(3).uniform([-2, -2], [102, 82], (200, 2))


def detector(**changes):
    return Detector((replace(Panel(X, Y, np.array([-10.0, 8.0, -60.0]), (100, 80), (0.2, 0.2)), **changes),))


def offsets(size=0.1):
    rng = np.random.default_rng(1)
    return ModuleOffsets(GRID, size * rng.normal(size=(2, 2)), 1e-3 * rng.normal(size=2))


def experiments(*detectors):
    beam = Beam(np.array([0.0, 0, 1]), 1.0)
    images = [ImageSet(template=f"/nowhere/{i}_###.cbf") for i in range(len(detectors))]
    return Experiments.of(Experiment(beam, d, images=i) for d, i in zip(detectors, images))


@pytest.mark.parametrize("size", [0.1, 5.0])
def test_tables_hold_what_modules_say(size):
    made = detector(offsets=offsets(size))
    for axis, data in enumerate(pickled_offsets(made)):
        (values,) = unpickled_reals(data)
        told = OffsetMap(values, values).at(PX)[:, axis]
        np.testing.assert_allclose(told, offsets(size).at(PX)[:, axis], atol=8e-6 if size < 1 else 1e-4)


def test_the_kernel_reads_numbers_as_the_table_of_lengths_does():
    rng = np.random.default_rng(2)
    values = np.concatenate(
        [[0, 1, -1, 255, 256, -0.5, 3e-30], rng.normal(size=500) * 10.0 ** rng.integers(-9, 9, 500)]
    )
    numbers = b"".join(map(_shortest, values))
    found = np.empty(len(values))
    assert unpack_reals(np.frombuffer(numbers, np.uint8), found) == len(numbers)
    np.testing.assert_array_equal(found, reals_at(numbers, FlexBytes(numbers).reals(len(values))))
    np.testing.assert_array_equal(found, values)
    for cut in range(1, 12):
        assert unpack_reals(np.frombuffer(numbers[:-cut], np.uint8), found) == -1


def _shortest(value):
    """The bytes of one number as flex writes it."""
    if value == 0:
        return b"\x00"
    mantissa, power = np.frexp(abs(value))
    digits = int(mantissa * 2**56).to_bytes(7, "big").rstrip(b"\x00")
    size = abs(int(power)).to_bytes(2, "little").rstrip(b"\x00")
    head = bytes([(0x80 if value < 0 else 0) | (len(digits) + 1)])
    return head + digits + (bytes([(0x80 if power < 0 else 0) | (len(size) + 1)]) + size if power else b"\x00")


def test_experiments_keep_their_offsets(tmp_path):
    one, other = detector(offsets=offsets()), detector(origin=np.array([-10.0, 8.0, -90.0]))
    given = experiments(one, one, other, replace(one, panels=(replace(one.panels[0], offsets=offsets(0.3)),)))
    written = write_experiments(tmp_path / "refined.expt", given)
    ends = ["refined_dx.pickle", "refined_dy.pickle", "refined_dx_2.pickle", "refined_dy_2.pickle"]
    assert written == [str(tmp_path / end) for end in ends]
    read = read_experiments(tmp_path / "refined.expt")
    for before, after in zip(given, read):
        np.testing.assert_array_equal(after.detector.pixel_to_mm(0, PX), before.detector.pixel_to_mm(0, PX))
    assert read[0].detector is read[1].detector
    assert read[2].detector.panels[0].offsets is None
    assert read[2].images.dx is None
    # written again, wherever that is, they stay where they are
    (tmp_path / "later").mkdir()
    assert write_experiments(tmp_path / "later" / "integrated.expt", pickle.loads(pickle.dumps(read))) == []
    again = read_experiments(tmp_path / "later" / "integrated.expt")
    assert again[0].images.dx == str(tmp_path / "refined_dx.pickle")
    np.testing.assert_array_equal(again[3].detector.pixel_to_mm(0, PX), given[3].detector.pixel_to_mm(0, PX))


def test_a_table_without_modules_behind_it_is_read_whole(tmp_path):
    given = experiments(detector(offsets=offsets()))
    for path in write_experiments(tmp_path / "refined.expt", given):
        with open(path, "r+b") as file:
            data = file.read()
            file.truncate(data.index(MARK))
    read = read_experiments(tmp_path / "refined.expt")
    assert isinstance(read[0].detector.panels[0].offsets.loaded, OffsetMap)
    np.testing.assert_allclose(read[0].detector.pixel_to_mm(0, PX), given[0].detector.pixel_to_mm(0, PX), atol=2e-6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file of offsets"),
        (b"\x80\x04nonsense", "not tables of offsets"),
        (pickled_grids("double", [((80, 100), packed_reals(np.zeros((80, 99))))]), "numbers that end early"),
        (pickled_grids("double", [((79, 100), packed_reals(np.zeros((79, 100))))]), "panel 0 has"),
        (pickled_grids("bool", [((80, 100), b"1" * 8000)]), "something else than flex.double"),
    ],
)
def test_other_files_are_refused_when_they_are_needed(tmp_path, content, message):
    paths = write_experiments(tmp_path / "refined.expt", experiments(detector(offsets=offsets())))
    for path in paths:
        if content is None:
            (tmp_path / path).unlink()
        else:
            (tmp_path / path).write_bytes(content)
    read = read_experiments(tmp_path / "refined.expt")
    with pytest.raises(InputError, match=message):
        read[0].detector.pixel_to_mm(0, PX)


def test_offsets_that_another_file_names_are_not_written_over(tmp_path):
    """Refined again in the same folder: what was integrated with the first offsets still finds these."""
    made = [experiments(detector(offsets=offsets(size))) for size in (0.1, 0.2)]
    written = write_experiments(tmp_path / "refined.expt", made[0])
    earlier = read_experiments(tmp_path / "refined.expt")
    write_experiments(tmp_path / "integrated.expt", earlier)
    before = [Path(name).read_bytes() for name in written]
    assert write_experiments(tmp_path / "refined.expt", made[0]) == []  # the same is there
    again = write_experiments(tmp_path / "refined.expt", made[1])
    assert [Path(name).name for name in again] == ["refined_dx_2.pickle", "refined_dy_2.pickle"]
    assert [Path(name).read_bytes() for name in written] == before
    for name, size in (("integrated", 0.1), ("refined", 0.2)):
        found = read_experiments(tmp_path / f"{name}.expt")[0].detector.panels[0].offsets
        np.testing.assert_allclose(found.at(PX), offsets(size).at(PX))
