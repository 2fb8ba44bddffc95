"""Models from headers: values worked out by hand, and the real instruments against dials.import 3.12.1."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.images.cbf import split
from gnomon.io.images.cbf_full import frame_of_full
from gnomon.io.images.mini_header import mini_header
from gnomon.io.images.registry import format_of
from gnomon.io.images.untold import BEAM_CENTRE


def frame(path):
    return format_of(str(path)).read_frame(str(path))


def test_a_mini_header_gives_an_upright_detector(cbf):
    found = frame(cbf)
    (panel,) = found.detector.panels
    np.testing.assert_allclose(
        found.detector.frames[0].T, [[1, 0, 0], [0, -1, 0], [-15.5 * 0.172, 10.25 * 0.172, -250]]
    )
    assert (panel.image_size, panel.pixel_size) == ((30, 20), pytest.approx((0.172, 0.172)))
    assert panel.trusted_range == (-1.0, 1048500.0)
    assert (panel.material, panel.thickness) == ("Si", 0.32)
    assert panel.mu == pytest.approx(3.9603861, abs=1e-6)  # dials.import 3.12.1 at 0.9795 Å
    assert (found.oscillation, found.exposure_time, found.epoch) == ((12.0, 0.5), 0.1, 1457168505.5)
    np.testing.assert_array_equal(found.goniometer.lab_axis, [1, 0, 0])


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("Wavelength", "geometry.beam.wavelength"),
        ("Detector_distance", "geometry.detector.distance"),
        ("Pixel_size", "geometry.detector.panel.pixel_size"),
    ],
)
@pytest.mark.parametrize("line", ["", "5 furlongs"])
def test_what_a_mini_header_does_not_tell_the_user_may(tmp_path, pixels, write_cbf, name, parameter, line):
    assert frame(write_cbf(tmp_path / "a_1.cbf", pixels, **{name: line})).untold == (parameter,)


def test_without_a_beam_centre_it_is_the_middle_and_said(tmp_path, pixels, write_cbf):
    found = frame(write_cbf(tmp_path / "a_1.cbf", pixels, Beam_xy=""))
    np.testing.assert_allclose(found.detector.frames[0, :, 2], [-15 * 0.172, 10 * 0.172, -250])
    (note,) = found.notes
    assert ("the middle of the image" in note.text, note.settled_by) == (True, (BEAM_CENTRE,))


@pytest.mark.parametrize(
    ("distance", "pixel", "wavelength"),
    [
        ("0.25 m", "172e-6 m x 172e-6 m", "0.9795 A"),
        ("0.25", "172e-6 x 172e-6", "0.9795"),
        ("250.000 mm", "0.172 mm x 0.172 mm", "0.9795 Angstrom"),
        ("25 cm", "172um x 172um", "0.09795 nm"),
        ("250mm", "0.172mmx0.172mm", "97.95 pm"),
    ],
)
def test_units_are_read(tmp_path, pixels, write_cbf, distance, pixel, wavelength):
    lines = {"Detector_distance": distance, "Pixel_size": pixel, "Wavelength": wavelength}
    found = frame(write_cbf(tmp_path / "a_1.cbf", pixels, **lines))
    assert found.detector.frames[0, 2, 2] == pytest.approx(-250)
    assert found.detector.panels[0].pixel_size == pytest.approx((0.172, 0.172))
    assert found.beam.wavelength == pytest.approx(0.9795)
    assert (found.untold, found.notes) == ((), ())


def test_an_unknown_sensor_is_refused(tmp_path, cbf):
    cbf.write_bytes(cbf.read_bytes().replace(b"Silicon", b"Diamond"))
    with pytest.raises(InputError, match="Diamond"):
        frame(cbf)


@pytest.mark.parametrize(
    ("line", "epoch"),
    [("# 2013-07-01T10:11:12.125", 1372673472.125), ("# 2013/Jul/01 10:11:12.5", 1372673472.5), ("# no date", 0.0)],
)
def test_dates(line, epoch):
    assert mini_header("a.cbf", line).epoch == epoch


ORACLE = {  # what dials.import 3.12.1 writes: fast, slow, origin (lab), mu, axes, angles, scan axis, oscillation
    "l_cysteine/l-cyst_01_00001.cbf.gz": (
        ((0, 0.8660254037844, 0.5), (1, 0, 0), (-148.78, -28.7381496992, -201.3440646055), 1.4153536370,
         ((0.5774, -0.8165, 0), (1, 0, 0)), (0, -145), 1, (-145, 0.1))
    ),
    "l_cysteine/l-cyst_04_00001.cbf.gz": (
        ((0, 1, 0), (1, 0, 0), (-148.78, -125.56, -160), 1.4153536370,
         ((0.5774, -0.8165, 0), (1, 0, 0)), (0, 0), 0, (0, 0.1))
    ),
    "image_examples/DLS_I03_smargon_0001.cbf.gz": (
        ((1, 0, 0), (0, -1, 0), (-211.44, 206.48, -291.47), 3.9220365584,
         ((1, 0, 0), (0, 0, -1), (1, 0, 0)), (45, 45, 45), 2, (45, 0.1))
    ),
    "image_examples/dlsnxs2cbf_therm_0001.cbf.gz": (
        ((1, 0, 0), (0, -1, 0), (-166.2045, 172.53075, -213.96), 3.9695080645,
         ((1, 0, 0), (0, 0, -1), (1, 0, 0)), (0, 0, 174), 2, (174, 0.25))
    ),
    "image_examples/DLS_I23_P12M_thau_00001.cbf.gz": (
        ((-1, 0, 0), (0, -0.1434667129, -0.9896551431), (185.76, -245.1755449999, 42.4928846365), 76.2975780586,
         ((1, 0, 0), (0.6427876097, -0.7660444431, 0), (1, 0, 0)), (0, 0, -210), 2, (-210, 0.05))
    ),
}  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("name", ORACLE)
def test_real_instruments_are_where_dials_has_them(shared, name):
    found = frame(shared / name)
    fast, slow, origin, mu, axes, angles, scan_axis, oscillation = ORACLE[name]
    np.testing.assert_allclose(found.detector.frames[0].T, [fast, slow, origin], atol=1e-6)
    assert found.detector.panels[0].mu == pytest.approx(mu, rel=1e-6)
    np.testing.assert_allclose(found.goniometer.axes, axes, atol=1e-6)
    np.testing.assert_allclose(found.goniometer.angles, angles, atol=1e-6)
    assert (found.goniometer.scan_axis, found.oscillation) == (scan_axis, oscillation)
    np.testing.assert_array_equal(found.beam.direction, [0, 0, 1])


@pytest.mark.real
def test_the_last_bank_of_the_barrel(shared):
    found = frame(shared / "image_examples" / "DLS_I23_P12M_thau_00001.cbf.gz").detector
    expected = [[-1, 0, 0], [0, -0.0638965779, 0.9979565258], [185.76, 250.3905939520, -10.7915251656]]
    np.testing.assert_allclose(found.frames[23].T, expected, atol=1e-6)
    assert found.panels[23].raw_image_offset == (0, 4876)


CHANGES = {  # a change of the L-cysteine header, and the origin and fast axis dials.import 3.12.1 makes of it
    "an offset rotation axis": (
        b"rotation    detector .         1 0 0 . . . ", b"rotation    detector .         1 0 0 3 4 5 ",
        (-145.78, -24.7381496992, -196.3440646055), (0, 0.8660254037844, 0.5),
    ),
    "pixels that count backwards": (
        b"ELEMENT_X ELEMENT_X 0.0 0.1720", b"ELEMENT_X ELEMENT_X 0.086 -0.1720",
        (-148.78, -28.6636715145, -201.3010646055), (0, -0.8660254037844, -0.5),
    ),
}  # fmt: skip


@pytest.mark.real
@pytest.mark.parametrize("what", CHANGES)
def test_full_headers_of_other_instruments(shared, what):
    before, after, origin, fast = CHANGES[what]
    data = gzip.decompress((shared / "l_cysteine" / "l-cyst_01_00001.cbf.gz").read_bytes())
    assert before in data
    detector = frame_of_full(split("changed.cbf", data.replace(before, after))).detector
    np.testing.assert_allclose(detector.frames[0][:, 2], origin, atol=1e-6)
    np.testing.assert_allclose(detector.frames[0][:, 0], fast, atol=1e-6)


@pytest.mark.real
@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b"DET_X      translation detector DET_Y", b"DET_X      translation detector NOWHERE", "NOWHERE"),
        (b"_axis.id", b"_axis.id _axis.id", "CIF"),
    ],
)
def test_a_broken_full_header_is_one_clear_line(shared, before, after, message):
    data = gzip.decompress((shared / "l_cysteine" / "l-cyst_01_00001.cbf.gz").read_bytes())
    assert before in data
    with pytest.raises(InputError, match=message):
        frame_of_full(split("changed.cbf", data.replace(before, after)))
