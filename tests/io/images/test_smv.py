"""SMV: headers of the three kinds, pixels of every storage, and what is refused."""

from __future__ import annotations

import image_files
import numpy as np
import pytest
from image_files import ADSC, DTREK, smv

from gnomon.errors import InputError
from gnomon.io.images.registry import format_of, open_images
from gnomon.models.imageset import ImageSet


def write(path, pixels, entries, dtype="<u2"):
    path.write_bytes(smv(pixels, entries, dtype))
    return str(path)


@pytest.fixture
def counts():
    return image_files.counts()


def frame(path):
    return format_of(path).read_frame(path)


def read(path):
    (image,) = open_images(ImageSet(paths=(path,))).read(1)
    return image


def test_an_adsc_image(tmp_path, counts):
    path = write(tmp_path / "a_001.img", counts, ADSC)
    found = frame(path)
    np.testing.assert_allclose(found.detector.frames[0].T, [[1, 0, 0], [0, -1, 0], [-0.9, 1.1, -250]])
    assert (found.oscillation, found.exposure_time, found.epoch) == ((30.0, 0.5), 0.5, 1182850989.0)
    assert found.detector.panels[0].trusted_range == (-1.0, 65534.0)
    assert found.beam.wavelength == 0.9795
    np.testing.assert_array_equal(found.goniometer.lab_axis, [1, 0, 0])
    np.testing.assert_array_equal(read(path), counts)


@pytest.mark.parametrize(
    ("entries", "pedestal"),
    [({}, 0), ({"ADC_OFFSET": "40"}, 40), ({"IMAGE_PEDESTAL": "20", "ADC_OFFSET": "40"}, 20)],
)
def test_the_pedestal_by_either_of_its_names(tmp_path, counts, entries, pedestal):
    plain = {k: v for k, v in ADSC.items() if k not in {"ADC_OFFSET", "IMAGE_PEDESTAL"}}
    path = write(tmp_path / "a_001.img", counts, plain | entries)
    assert frame(path).detector.panels[0].pedestal == pedestal


@pytest.mark.parametrize(("serial", "sense"), [("457", -1), ("915", -1), ("928", -1), ("442", 1)])
def test_spindles_that_turn_the_other_way(tmp_path, counts, serial, sense):
    path = write(tmp_path / "a_001.img", counts, {**ADSC, "DETECTOR_SN": serial})
    np.testing.assert_array_equal(frame(path).goniometer.lab_axis, [sense, 0, 0])


@pytest.mark.parametrize(
    ("order", "kind", "dtype"),
    [
        ("little_endian", "unsigned_short", "<u2"),
        ("big_endian", "unsigned_short", ">u2"),
        ("little_endian", "signed_long", "<i4"),
        ("big_endian", "long", ">i4"),
        ("little_endian", "unsigned_long", "<u4"),
        ("little_endian", "float", "<f4"),
    ],
)
def test_pixels_however_they_are_stored(tmp_path, counts, order, kind, dtype):
    path = write(tmp_path / "a_001.img", counts, {**ADSC, "BYTE_ORDER": order, "TYPE": kind}, dtype)
    image = read(path)
    np.testing.assert_array_equal(image, counts)
    assert image.dtype == np.int32


def test_a_dtrek_image_stands_where_dials_has_it(tmp_path, counts):
    """dials.import 3.12.1 on the same header, its rotations and translations all at once."""
    found = frame(write(tmp_path / "a_001.img", counts, DTREK, ">i4"))
    (panel,) = found.detector.panels
    np.testing.assert_allclose(panel.fast_axis, [0.9999913266578, 0.0023514620667, -0.0034376205768], atol=1e-12)
    np.testing.assert_allclose(panel.slow_axis, [-0.0017188129063, 0.9848062530646, 0.1736481776669], atol=1e-12)
    pixel = np.array([15 * 0.09, 10 * 0.09])
    centre = panel.origin + pixel[0] * panel.fast_axis + pixel[1] * panel.slow_axis
    np.testing.assert_allclose(centre, [-0.0900305, 8.87923454, -49.20570179], atol=1e-7)
    assert (found.oscillation, found.exposure_time, found.epoch) == ((30.0, 0.5), 5.0, 1182850989.0)
    assert found.goniometer.names == ("Phi", "Chi", "Omega")
    np.testing.assert_allclose(found.goniometer.lab_axis, [0, 0, -1], atol=1e-12)
    np.testing.assert_array_equal(read(str(tmp_path / "a_001.img")), counts)


def test_the_rotation_vector_overrules_axes_that_disagree(tmp_path, counts):
    found = frame(write(tmp_path / "a_001.img", counts, {**DTREK, "ROTATION_VECTOR": "0 2 0"}, ">i4"))
    np.testing.assert_array_equal(found.goniometer.lab_axis, [0, 1, 0])


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({**ADSC, "BEAMLINE": "TIMEPIX_SU"}, "30x20 pixels; known are"),
        ({**DTREK, "CCD_GONIO_VALUES": "1 2"}, "not 6 numbers at CCD_GONIO_VALUES"),
        ({**DTREK, "CCD_GONIO_UNITS": "deg"}, "1 units for 6 axes"),
        ({**DTREK, "ROTATION_VECTOR": "0 0 0"}, "no length at ROTATION_VECTOR"),
    ],
)
def test_a_header_that_says_too_little(tmp_path, counts, entries, message):
    with pytest.raises(InputError, match=message):
        frame(write(tmp_path / "a_001.img", counts, entries))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({**ADSC, "SIZE1": "31"}, "cut short"),
        ({**ADSC, "SIZE1": "29"}, "where its header announces"),
        ({**ADSC, "SIZE1": "-3"}, "SIZE1 = -3"),
        ({**ADSC, "TYPE": "complex"}, "stored as complex"),
        ({**DTREK, "COMPRESSION": "bs1"}, "COMPRESSION bs1"),
    ],
)
def test_pixels_that_are_not_what_the_header_says(tmp_path, counts, entries, message):
    path = write(tmp_path / "a_001.img", counts, entries)
    with pytest.raises(InputError, match=message):
        format_of(path).verify(path)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("TIMEPIX_SU_512-stdgoni_0001.img.gz", [(254, 254)] * 4),
        ("TIMEPIX_SU_516-stdgoni_0001.img.gz", [(516, 516)]),
        ("simtbx_FormatSMVJHSim_001.img.gz", [(1024, 1024)]),
    ],
)
def test_real_images_are_of_electrons(shared, name, shapes):
    path = str(shared / "image_examples" / name)
    found = frame(path)
    assert found.beam.probe == "electron"
    assert [image.shape for image in open_images(ImageSet(paths=(path,))).read(1)] == shapes
