"""Mar345, Bruker, R-AXIS, Rigaku Oxford Diffraction, MRC, TIFF, several images in one EDF: pixels and geometry."""

from __future__ import annotations

import bz2
import gzip
import lzma
from concurrent.futures import ThreadPoolExecutor

import fabio
import numpy as np
import pytest
import zstandard
from image_files import EDF, counts, edf, made
from vendor_files import bruker, mar345, mrc, oxford, raxis, strong_counts, tiff

from gnomon.errors import InputError
from gnomon.io.images.electrons import electron_wavelength
from gnomon.io.images.registry import format_of, open_images
from gnomon.models.imageset import ImageSet
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

CROOKED = strong_counts()
FILES = {
    "a_001.mar345": (lambda: mar345(strong_counts((64, 64))), strong_counts((64, 64))),
    "a_001.sfrm": (lambda: bruker(CROOKED), CROOKED),
    "a_001.osc": (lambda: raxis(strong_counts(most=32767)), strong_counts(most=32767)),
    "a_001.rodhypix": (lambda: oxford(CROOKED), CROOKED),
    "b_001.img": (lambda: oxford(CROOKED, "TY5"), CROOKED),
    "c_001.img": (lambda: oxford(CROOKED, "TY1"), CROOKED),
    "d_001.img": (lambda: oxford(CROOKED, "NO"), CROOKED),
    "a_001.mrc": (lambda: mrc(CROOKED.astype(np.float32)), CROOKED),
    "a_001.tif": (lambda: tiff(CROOKED), CROOKED),
    "b_001.tif": (lambda: tiff(CROOKED, compression="zlib"), CROOKED),
}
PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress}


def frame(path):
    return format_of(str(path)).read_frame(str(path))


def read(path):
    return open_images(ImageSet(paths=(str(path),))).read(1)[0]


def written(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("name", FILES)
def test_pixels_come_back_through_any_compression(tmp_path, name, suffix):
    make, pixels = FILES[name]
    path = written(tmp_path / f"{name}{suffix}", PACK[suffix](make()))
    found = read(path)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, pixels)
    assert frame(path).path == str(path)


@pytest.mark.parametrize("name", ["a_001.mar345", "a_001.sfrm", "a_001.osc", "c_001.img", "a_001.tif"])
def test_pixels_are_those_of_fabio(tmp_path, name):
    path = written(tmp_path / name, FILES[name][0]())
    np.testing.assert_array_equal(read(path), fabio.open(str(path)).data)


def test_ty5_pixels_are_those_of_fabio(tmp_path):
    """Of a square image: of others fabio begins anew after as many pixels as there are rows."""
    path = written(tmp_path / "a_001.img", oxford(strong_counts((24, 24)), "TY5"))
    np.testing.assert_array_equal(read(path), fabio.open(str(path)).data)


def test_r_axis_words_with_the_top_bit_are_multiplied(tmp_path):
    pixels = strong_counts(most=200_000) // 8 * 8
    np.testing.assert_array_equal(read(written(tmp_path / "a_001.osc", raxis(pixels))), pixels)


def test_mar345_in_the_other_byte_order_is_told(tmp_path):
    data = bytearray(mar345(strong_counts((64, 64), most=3000)))
    data[:64] = np.frombuffer(data[:64], "<i4").astype(">i4").tobytes()
    path = written(tmp_path / "a_001.mar345", data)
    np.testing.assert_array_equal(read(path), strong_counts((64, 64), most=3000))
    assert frame(path).beam.wavelength == pytest.approx(0.9795)


def test_the_geometry_of_mar345(tmp_path):
    found = frame(written(tmp_path / "a_001.mar345", mar345(strong_counts((64, 64)))))
    np.testing.assert_allclose(found.detector.frames[0].T, [[1, 0, 0], [0, -1, 0], [-4.8, 4.8, -120.5]])
    assert (found.oscillation, found.exposure_time) == ((10.0, 0.5), 60.0)
    assert found.beam.wavelength == pytest.approx(0.9795)


def test_the_geometry_of_a_photon_detector_on_its_arm(tmp_path):
    found = frame(written(tmp_path / "a_001.sfrm", bruker(CROOKED, ANGLES="90 30 20 54.7")))
    size = 5 / 37.037037
    np.testing.assert_allclose(
        found.detector.frames[0].T, [[0, 0, -1], [0, 1, 0], [-52, -10.25 * size, 15.5 * size]], atol=1e-12
    )
    assert found.goniometer.angles.tolist() == [20.0, 54.7, -150.0]
    assert found.oscillation == (-150.0, 0.5)
    assert (found.exposure_time, found.epoch) == (2.5, 1182850989.0)


def test_pixels_of_a_bruker_ccd_are_told_per_frame_of_512(tmp_path):
    found = frame(written(tmp_path / "a_001.sfrm", bruker(CROOKED, DETTYPE="CCD-LDI-APEX2 83.333 0.66 0 0 0 1")))
    assert found.detector.panels[0].pixel_size[0] == pytest.approx(10 / 83.333 * 512 / 20)


@pytest.mark.parametrize(("axis", "number"), [("2", 30.0), ("3", 20.0), ("4", 54.7)])
def test_a_bruker_scan_that_goes_down_is_one_that_goes_up_about_the_opposite_axis(tmp_path, axis, number):
    one, other = (
        frame(written(tmp_path / "a_001.sfrm", bruker(CROOKED, AXIS=axis, START=str(number), INCREME=width)))
        for width in ("0.5", "-0.5")
    )
    turned = [f.goniometer.rotation_at(f.oscillation[0] + f.oscillation[1] * n) for f, n in ((one, 3), (other, -3))]
    np.testing.assert_allclose(*turned, atol=1e-12)


def test_the_geometry_of_oxford_diffraction(tmp_path):
    found = frame(written(tmp_path / "a_001.rodhypix", oxford(CROOKED)))
    np.testing.assert_allclose(found.detector.frames[0].T, [[1, 0, 0], [0, -1, 0], [-1.55, 1.1275, -40]])
    assert found.oscillation == pytest.approx((30.0, 0.5))
    assert (found.exposure_time, found.epoch) == (2.5, 1182850989.0)
    assert found.goniometer.lab_axis.tolist() == [0, -1, 0]


def test_an_oxford_scan_that_goes_down(tmp_path):
    found = frame(written(tmp_path / "a_001.rodhypix", oxford(CROOKED, omega=(30.0, 29.5))))
    assert found.oscillation == pytest.approx((-30.0, 0.5))
    assert found.goniometer.lab_axis.tolist() == [0, 1, 0]


def test_an_oxford_scan_about_phi_on_a_tilted_kappa_is_refused(tmp_path):
    with pytest.raises(InputError, match="kappa = 60"):
        frame(written(tmp_path / "a_1.img", oxford(CROOKED, omega=(30, 30), phi=(1, 2), kappa=(60, 60))))


@pytest.mark.parametrize(("volts", "angstrom"), [(80e3, 0.0417572), (200e3, 0.0250793), (300e3, 0.0196875)])
def test_the_wavelength_of_electrons(volts, angstrom):
    assert electron_wavelength(volts) == pytest.approx(angstrom, abs=1e-7)  # Int. Tables C (2004), table 4.3.1.1


def test_pixels_that_are_no_number_are_minus_one(tmp_path):
    """Also a NaN that signals when it is converted."""
    data = bytearray(mrc(CROOKED.astype("<f4")))
    odd = np.array([0x7FA00000, 0x7F800000, 0x7F000000], "<u4")  # that NaN, infinity, 1.7e38
    at = len(data) - 4 * CROOKED.size
    data[at : at + 12] = odd.tobytes()
    found = read(written(tmp_path / "a_001.mrc", data))
    assert found[0, :3].tolist() == [-1, 2**31 - 1, 2**31 - 1]
    np.testing.assert_array_equal(found.ravel()[3:], CROOKED.ravel()[3:])


def test_an_mrc_stack_is_a_sweep_of_electrons(tmp_path):
    pixels = np.stack([CROOKED + i for i in range(5)]).astype(np.float32)
    (found,) = import_images([str(written(tmp_path / "a_001.mrc", mrc(pixels)))], ImportParams()).experiments
    assert (found.beam.probe, found.beam.wavelength) == ("electron", pytest.approx(0.0250793, abs=1e-7))
    assert (found.scan.image_range, found.scan.oscillation) == ((1, 5), (10.0, 0.5))
    distance = 0.028 / (found.beam.wavelength * 2e-3)
    np.testing.assert_allclose(found.detector.frames[0].T, [[1, 0, 0], [0, -1, 0], [-0.42, 0.28, -distance]])
    reader = open_images(found.images)
    with ThreadPoolExecutor(4) as pool:
        for number, (image,) in zip(range(1, 6), pool.map(reader.read, range(1, 6))):
            np.testing.assert_array_equal(image, pixels[number - 1])


@pytest.mark.parametrize(
    "name", ["a_001.mar345", "a_001.sfrm", "a_001.osc", "a_001.rodhypix", "a_001.mrc", "a_001.tif"]
)
def test_images_that_go_on_are_a_sweep(tmp_path, name):
    makers = {
        "a_001.mar345": lambda i: mar345(strong_counts((64, 64)), PHI_START=f"{i}", PHI_END=f"{i + 1}"),
        "a_001.sfrm": lambda i: bruker(CROOKED, START=f"{i}", INCREME="1", ANGLES=f"0 {i} 0 0"),
        "a_001.osc": lambda i: raxis(CROOKED, **{"Phi Oscillation Start": float(i), "Phi Oscillation Stop": i + 1.0}),
        "a_001.rodhypix": lambda i: oxford(CROOKED, omega=(i, i + 1)),
        "a_001.mrc": lambda i: mrc(CROOKED.astype("f4"), **{"Alpha tilt": i, "Tilt per image": 1.0}),
        "a_001.tif": lambda i: tiff(CROOKED, text=tilted(i)),
    }
    for i in (1, 2, 3):
        written(tmp_path / name.replace("001", f"{i:03d}"), makers[name](i))
    (found,) = import_images([str(tmp_path)], ImportParams()).experiments
    assert found.scan.image_range == (1, 3)
    assert found.scan.oscillation[1] == pytest.approx(1.0)


def tilted(start, width=1.0):
    from vendor_files import PILATUS_TIFF

    return PILATUS_TIFF.replace("12.0 deg", f"{start} deg").replace("0.5 deg", f"{width} deg")


STILLS = {
    "a_001.mar345": lambda: mar345(strong_counts((64, 64)), PHI_END="10.0"),
    "a_001.sfrm": lambda: bruker(CROOKED, INCREME="0"),
    "a_001.osc": lambda: raxis(CROOKED, **{"Phi Oscillation Stop": 30.0}),
    "a_001.rodhypix": lambda: oxford(CROOKED, omega=(30, 30)),
    "a_001.mrc": lambda: mrc(CROOKED.astype("f4"), "FEI1"),
    "a_001.tif": lambda: tiff(CROOKED, text=tilted(1.0, 0.0)),
}


@pytest.mark.parametrize("name", STILLS)
def test_a_series_of_stills_is_no_scan(tmp_path, name):
    for i in (1, 2, 3):
        written(tmp_path / name.replace("001", f"{i:03d}"), STILLS[name]())
    found = import_images([str(tmp_path)], ImportParams()).experiments
    assert [(e.scan, e.goniometer) for e in found] == [(None, None)] * 3
    assert len({e.identifier for e in found}) == 3
    assert len(found.groups_sharing("detector")) == 1


@pytest.mark.parametrize("kind", ["edf of several", "tiff pages", "mrc stack"])
def test_files_of_many_images_are_each_by_itself(tmp_path, kind):
    """Two numbered stacks are two sweeps, or stills of two files: none is taken for an image of the other."""
    name, data = made(kind)
    for i in (1, 2):
        written(tmp_path / name.replace(".", f"_{i}.", 1), data)
    found = import_images([str(tmp_path)], ImportParams()).experiments
    images = [(e, number) for e in found for number in range(1, (e.scan.image_range[1] if e.scan else 1) + 1)]
    assert len(images) == 6
    for experiment, number in images:
        assert open_images(experiment.images).read(number)[0].shape == (20, 30)


def test_images_of_one_edf_are_told_apart(tmp_path):
    path = written(
        tmp_path / "a.edf", b"".join(edf(counts() + i, EDF | {"DataType": "UnsignedLong"}, "<u4") for i in range(3))
    )
    found = import_images([str(path)], ImportParams(oscillation=(5.0, 0.5))).experiments
    (sweep,) = found
    assert sweep.scan.image_range == (1, 3)
    reader = open_images(sweep.images)
    for i in range(3):
        np.testing.assert_array_equal(reader.read(i + 1)[0], counts() + i)
    with fabio.open(str(path)) as theirs:
        np.testing.assert_array_equal(theirs.getframe(2).data, counts() + 2)
    with pytest.raises(InputError, match="no image 4, only 3"):
        reader.read(4)


def test_a_stack_among_files_of_one_image_is_told(tmp_path):
    written(tmp_path / "a_1.edf", edf(counts(), EDF))
    written(tmp_path / "a_2.edf", edf(counts(), EDF) * 2)
    with pytest.raises(InputError, match=r"a_2\.edf: holds 2 images where the first of its series holds one"):
        import_images([str(tmp_path)], ImportParams())


@pytest.mark.parametrize("make", [lambda: mrc(CROOKED.astype("f4"), ""), lambda: tiff(CROOKED, text="")])
def test_what_no_header_tells_is_asked_for_in_one_line(tmp_path, make):
    name = "a_001.mrc" if b"MAP " in make()[:1024] else "a_001.tif"
    path = str(written(tmp_path / name, make()))
    with pytest.raises(
        InputError, match=r"give geometry\.beam\.wavelength=\.\.\. geometry\.detector\.distance="
    ) as asked:
        import_images([path], ImportParams())
    assert "\n" not in str(asked.value)
    told = ImportParams(wavelength=0.0251, distance=600.0, pixel_size=(0.05, 0.06), oscillation=(0.0, 0.2))
    (found,) = import_images([path], told).experiments
    assert (found.beam.probe, found.beam.polarization_fraction) == ("electron", 0.5)
    np.testing.assert_allclose(found.detector.frames[0].T, [[1, 0, 0], [0, -1, 0], [-0.75, 0.6, -600]])


def test_a_tiff_of_dectris_has_the_geometry_of_its_lines(tmp_path):
    found = frame(written(tmp_path / "a_001.tif", tiff(CROOKED)))
    np.testing.assert_allclose(
        found.detector.frames[0].T, [[1, 0, 0], [0, -1, 0], [-15.5 * 0.172, 10.25 * 0.172, -250]]
    )
    assert (found.oscillation, found.detector.panels[0].material) == ((12.0, 0.5), "Si")


def test_a_tiff_in_colours_is_refused(tmp_path):
    path = written(tmp_path / "a.tif", tiff(np.zeros((20, 30, 3), np.uint8), photometric="rgb"))
    with pytest.raises(InputError, match="one number a pixel"):
        frame(path)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("a.sfrm", lambda: bruker(CROOKED, AXIS="1"), "about axis 1"),
        ("a.osc", lambda: raxis(CROOKED, **{"IP shape": 1}), "cylindrical"),
    ],
)
def test_headers_that_say_too_little_are_one_clear_line(tmp_path, name, make, message):
    with pytest.raises(InputError, match=message):
        frame(written(tmp_path / name, make()))


@pytest.mark.parametrize(
    ("told", "gain"),
    [("11.4 4.84 38.72 0.0 163810", 8.0), ("1.0 1.0 1.0 0.0 1000000.0", 1.0), ("0 0 0 0 0", 1.0), ("", 1.0)],
)
def test_the_gain_of_a_bruker_frame(tmp_path, told, gain):
    """Electrons a photon over electrons a count."""
    assert frame(written(tmp_path / "a.sfrm", bruker(CROOKED, CCDPARM=told))).detector.panels[0].gain == gain
