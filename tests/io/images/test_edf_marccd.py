"""EDF and MarCCD: geometry worked out by hand, pixels as fabio reads them."""

from __future__ import annotations

import fabio
import numpy as np
import pytest
from image_files import EDF, counts, edf, made, marccd

from gnomon.errors import InputError
from gnomon.io.images.registry import format_of, open_images
from gnomon.models.imageset import ImageSet


def frame(path):
    return format_of(str(path)).read_frame(str(path))


def read(path):
    (image,) = open_images(ImageSet(paths=(str(path),))).read(1)
    return image


@pytest.mark.parametrize("kind", ["edf", "marccd"])
def test_pixels_are_those_of_fabio(tmp_path, kind):
    name, data = made(kind)
    path = tmp_path / name
    path.write_bytes(data)
    np.testing.assert_array_equal(read(path), counts())
    np.testing.assert_array_equal(fabio.open(str(path)).data, counts())


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int32", "float32", "float64", "uint64"])
def test_edf_files_that_fabio_writes(tmp_path, dtype):
    pixels = np.random.default_rng(1).integers(0, 100, (20, 30)).astype(dtype)
    path = tmp_path / "a.edf"
    header = {
        name: EDF[name] for name in ("Center_1", "Center_2", "PSize_1", "PSize_2", "SampleDistance", "WaveLength")
    }
    fabio.edfimage.EdfImage(data=pixels, header=header).write(str(path))
    np.testing.assert_array_equal(read(path), pixels)


def test_the_geometry_of_edf(tmp_path):
    path = tmp_path / "a.edf"
    path.write_bytes(edf(counts(), EDF))
    found = frame(path)
    expected = [[1, 0, 0], [0, -1, 0], [-15.5 * 0.05, 10.25 * 0.06, -200]]
    np.testing.assert_allclose(found.detector.frames[0].T, expected)
    assert (found.beam.wavelength, found.exposure_time) == (pytest.approx(0.9795), 2.0)
    assert found.is_still


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_geometry_of_marccd(tmp_path, order):
    path = tmp_path / "a_001.mccd"
    path.write_bytes(marccd(counts(), order))
    found = frame(path)
    expected = [[1, 0, 0], [0, -1, 0], [-15.5 * 0.079, 10.25 * 0.079, -150]]
    np.testing.assert_allclose(found.detector.frames[0].T, expected)
    assert (found.oscillation, found.exposure_time) == ((30.0, 0.5), 1.0)
    assert found.beam.wavelength == pytest.approx(0.9795)
    assert found.detector.panels[0].trusted_range == (-1.0, 65534.0)
    np.testing.assert_array_equal(read(path), counts())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"_80": -1}, "-1x20 pixels"),
        ({"_88": 3}, "of 3 bytes"),
    ],
)
def test_marccd_headers_that_make_no_sense(tmp_path, changes, message):
    path = tmp_path / "a_001.mccd"
    path.write_bytes(marccd(counts(), **changes))
    with pytest.raises(InputError, match=message):
        frame(path)


def test_a_marccd_distance_that_is_not_told_is_asked_for(tmp_path):
    path = tmp_path / "a_001.mccd"
    path.write_bytes(marccd(counts(), _640=0))
    assert frame(path).untold == ("geometry.detector.distance",)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DataType", "Odd", "stored as Odd"),
        ("ByteOrder", "", "no ByteOrder"),
    ],
)
def test_edf_headers_that_say_too_little(tmp_path, name, value, message):
    path = tmp_path / "a.edf"
    path.write_bytes(edf(counts(), {**EDF, name: value}))
    with pytest.raises(InputError, match=message):
        frame(path)
