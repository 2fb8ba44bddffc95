"""What a header does not tell: asked for in one line, taken from the user, and said where it is only assumed."""

from __future__ import annotations

import numpy as np
import pytest
from image_files import ADSC, DTREK, EDF, counts, edf, marccd, smv
from vendor_files import PILATUS_TIFF, bruker, mar345, mrc, oxford, raxis, strong_counts, tiff

from gnomon.errors import InputError
from gnomon.io.images.registry import format_of
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

NAMES = "geometry.beam.wavelength", "geometry.detector.distance", "geometry.detector.panel.pixel_size"
GIVEN = {"wavelength": 0.9, "distance": 123.0, "pixel_size": (0.11, 0.12)}
CROOKED = strong_counts()
TIMEPIX = {**ADSC, "BEAMLINE": "TIMEPIX_SU", "SIZE1": "512", "SIZE2": "512"}
LINES = ("Wavelength", "Detector_distance", "Pixel_size")


def without(entries, *names):
    return {name: value for name, value in entries.items() if name not in names}


def _lines(text):
    return "\n".join(line for line in text.splitlines() if not any(f"# {name}" in line for name in LINES[:2])) + "\n"


LACKING = {
    "adsc_001.img": (
        lambda: smv(counts(), without(ADSC, "WAVELENGTH", "PIXEL_SIZE") | {"DISTANCE": "0"}),
        (*NAMES, "geometry.detector.fast_slow_beam_centre"),
    ),
    "far_001.img": (lambda: smv(counts(), {**ADSC, "DISTANCE": "far"}), NAMES[1:2]),
    "dtrek_001.img": (
        lambda: smv(
            counts(),
            without(DTREK, "SOURCE_WAVELENGTH", "CCD_SPATIAL_DISTORTION_INFO")
            | {"CCD_GONIO_VALUES": "0 0 0 0 0 0", "CCD_SPATIAL_BEAM_POSITION": "15 10"},
            ">i4",
        ),
        NAMES,
    ),
    "timepix_001.img": (
        lambda: smv(np.ones((512, 512)), without(TIMEPIX, "WAVELENGTH", "DISTANCE", "PIXEL_SIZE")),
        NAMES,
    ),
    "mar_001.mccd": (lambda: marccd(counts(), _640=0, _772=0, _908=0), NAMES),
    "plate_001.osc": (
        lambda: raxis(CROOKED, **{"Wavelength": 0.0, "Crystal-to-detector Distance": 0.0, "X Pixel Length": 0.0}),
        NAMES,
    ),
    "plate_001.mar345": (
        lambda: mar345(strong_counts((64, 64)), WAVELENGTH="0", DISTANCE="0", PIXEL_LENGTH="0"),
        NAMES,
    ),
    "bruker_001.sfrm": (lambda: bruker(CROOKED, WAVELEN="0", DISTANC="0", DETTYPE="UNKNOWN"), NAMES),
    "oxford_001.rodhypix": (lambda: oxford(CROOKED, wavelength=0.0, distance=0.0, pixel=(0.0, 0.1)), NAMES),
    "saxs_001.edf": (lambda: edf(counts(), without(EDF, "WaveLength", "SampleDistance") | {"PSize_1": "-1"}), NAMES),
    "plain_001.tif": (lambda: tiff(CROOKED, text=""), NAMES),
    "pilatus_001.tif": (lambda: tiff(CROOKED, text=_lines(PILATUS_TIFF)), NAMES[:2]),
    "plain_001.mrc": (lambda: mrc(CROOKED.astype("f4"), ""), NAMES),
    "fei_001.mrc": (lambda: mrc(CROOKED.astype("f4"), HT=0.0, **{"Camera name": b"unknown"}), NAMES),
}


def written(folder, name):
    path = folder / name
    path.write_bytes(LACKING[name][0]())
    return str(path)


@pytest.mark.parametrize("name", LACKING)
def test_one_line_names_all_that_is_needed(tmp_path, name):
    path = written(tmp_path, name)
    with pytest.raises(InputError) as asked:
        import_images([path], ImportParams())
    assert f"give {' '.join(f'{n}=...' for n in LACKING[name][1])}, or a reference" in str(asked.value)
    assert "\n" not in str(asked.value)


@pytest.mark.parametrize("name", LACKING)
def test_what_the_user_gives_stands_in(tmp_path, name):
    path = written(tmp_path, name)
    wanted = {name: value for name, value in GIVEN.items() if any(name in n for n in LACKING[path.split("/")[-1]][1])}
    centre = {"fast_slow_beam_centre": (12.5, 7.25)}
    result = import_images([path], ImportParams(**wanted, **centre, convert_sequences_to_stills=True))
    found = result.experiments[0]
    if "wavelength" in wanted:
        assert found.beam.wavelength == 0.9
    if "distance" in wanted:
        assert abs(found.detector.normals[0] @ found.detector.frames[0, :, 2]) == pytest.approx(123.0)
    if "pixel_size" in wanted:
        assert found.detector.panels[0].pixel_size == (0.11, 0.12)
    crossing = found.detector.intersect(0, found.beam.s0[None])[0] / found.detector.pixel_sizes[0]
    assert crossing == pytest.approx([12.5, 7.25])
    assert not [line for line in result.summary.warnings if "the middle" in line]


def test_a_reference_stands_in_for_pixels_too(tmp_path):
    reference = import_images([written(tmp_path, "plain_001.tif")], ImportParams(**GIVEN)).experiments
    path = written(tmp_path, "plain_001.mrc")
    (found,) = import_images([path], ImportParams(use_gonio_reference=False), reference=reference).experiments
    assert found.detector.panels[0].pixel_size == (0.11, 0.12)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a_001.img", lambda: smv(counts(), {**ADSC, "TWOTHETA": "20.0"}), "TWOTHETA = 20 degrees is not used"),
        ("a_001.mccd", lambda: marccd(counts(), _668=-15_000), "start_twotheta = -15 degrees is not used"),
        ("a_001.osc", lambda: raxis(CROOKED, **{"2Theta Angle": 10.0}), "two-theta = 10 degrees is not used"),
        ("a_001.mar345", lambda: mar345(strong_counts((64, 64)), TWOTHETA="5.0"), "TWOTHETA = 5 degrees is not used"),
    ],
)
def test_a_swing_is_named_as_not_used(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content())
    result = import_images([str(path)], ImportParams())
    assert [line for line in result.summary.warnings if said in line]
    again = import_images([str(path)], ImportParams(), reference=result.experiments)
    assert not [line for line in again.summary.warnings if said in line]


def test_a_minicbf_swing_too(tmp_path, pixels, write_cbf):
    path = write_cbf(tmp_path / "a_1.cbf", pixels, Detector_2theta="30.0 deg.")
    (line,) = import_images([str(path)], ImportParams()).summary.warnings
    assert "Detector_2theta = 30 degrees is not used" in line


@pytest.mark.parametrize(
    ("lines", "params", "said"),
    [
        ({"Detector_distance": "250"}, {}, "a distance of 250000 mm is hard to believe; give distance=... in mm"),
        ({"Pixel_size": "0.0172 x 0.0172"}, {}, "pixels of 17.2 x 17.2 mm are hard to believe"),
        ({"Wavelength": "12.658"}, {}, "a wavelength of 12.658 Å is hard to believe"),
        ({}, {"distance": 0.25}, "a distance of 0.25 mm is hard to believe"),
    ],
)
def test_what_no_instrument_has_is_doubted(tmp_path, pixels, write_cbf, lines, params, said):
    path = write_cbf(tmp_path / "a_1.cbf", pixels, **lines, Silicon="")
    text = path.read_bytes().replace(b"# Silicon sensor, thickness 0.000320 m", b"#")
    path.write_bytes(text)
    assert [line for line in import_images([str(path)], ImportParams(**params)).summary.warnings if said in line]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"Pixel_size": "0.172 x 0.172"}, r"'pixel_size' is \[172.0, 172.0\], needed .* to 100 mm"),
        ({"Wavelength": "12658"}, "'wavelength' is 12658.0, needed 0.001 to 100 Å; .*wavelength="),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, pixels, write_cbf, lines, said):
    path = write_cbf(tmp_path / "a_1.cbf", pixels, **lines, Silicon="")
    path.write_bytes(path.read_bytes().replace(b"# Silicon sensor, thickness 0.000320 m", b"#"))
    with pytest.raises(InputError, match=said):
        import_images([str(path)], ImportParams())


def test_a_beam_centre_that_was_given_is_not_said_to_be_assumed(tmp_path, pixels, write_cbf):
    path = str(write_cbf(tmp_path / "a_1.cbf", pixels, Beam_xy=""))
    (line,) = import_images([path], ImportParams()).summary.warnings
    assert "the middle of the image" in line
    for centre in ("fast_slow_beam_centre", "slow_fast_beam_centre", "mosflm_beam_centre"):
        assert import_images([path], ImportParams(**{centre: (3.0, 4.0)})).summary.warnings == ()
    reference = import_images([path], ImportParams()).experiments
    assert import_images([path], ImportParams(), reference=reference).summary.warnings == ()


def test_an_axis_that_was_given_is_not_said_to_be_unsure(tmp_path):
    path = tmp_path / "a_001.osc"
    path.write_bytes(raxis(CROOKED))
    assert [line for line in import_images([str(path)], ImportParams()).summary.warnings if "sense" in line]
    for given in ({"goniometer_axis": (1, 0, 0)}, {"invert_rotation_axis": True}):
        result = import_images([str(path)], ImportParams(**given))
        assert not [line for line in result.summary.warnings if "sense" in line]


def test_headers_that_make_no_geometry_are_still_read_as_frames(tmp_path):
    """Nothing raises before the user was asked."""
    for name in LACKING:
        path = written(tmp_path, name)
        assert set(format_of(path).read_frame(path).untold) == set(LACKING[name][1])
