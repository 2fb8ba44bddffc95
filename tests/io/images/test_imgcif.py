"""Full imgCIF headers beside those of synchrotrons: XFEL detectors of many panels, gains, no goniometer."""

from __future__ import annotations

import gzip
import hashlib

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.images.cbf import split
from gnomon.io.images.cbf_full import frame_of_full
from gnomon.io.images.registry import format_of, open_images
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

pytestmark = pytest.mark.real

FIRST = (
    (0.0036320262672078995, 0.9999934041708448, 0.0),
    (0.9999934041708449, -0.003632026267209665, 0.0),
    (-49.18838981152603, -3.3422519088289953, -130.10663267291417),
)
LAST = (
    (-0.002884436801980076, 0.999995840003515, 0.0),
    (0.999995840003515, 0.002884436801980064, 0.0),
    (-61.44294022025614, -26.05563004504986, -130.10663267291406),
)
CSPAD, RAYONIX = (
    f"xfel_stills/{name}.cbf.gz" for name in ("cspad_idx-20130301060858401", "rayonix340_hit-20181213155134902")
)


def l_cysteine(shared, *changes):
    data = gzip.decompress((shared / "l_cysteine" / "l-cyst_01_00001.cbf.gz").read_bytes())
    for before, after in changes:
        assert before in data
        data = data.replace(before, after)
    return frame_of_full(split("changed.cbf", data))


def test_an_xfel_detector_of_64_panels_is_where_dials_has_it(shared):
    """Corners of the first and of the last panel, mm, as dials.import 3.12.1 (its hierarchy multiplied out)."""
    (found,) = (result := import_images([str(shared / CSPAD)], ImportParams())).experiments
    assert (found.is_still, found.goniometer, result.summary.warnings) == (True, None, ())
    assert found.beam.wavelength == 1.272607
    assert len(found.detector) == 64
    assert [p.name for p in found.detector.panels[:3]] == ["ARRAY_D0Q0S0A0", "ARRAY_D0Q0S0A1", "ARRAY_D0Q0S1A0"]
    np.testing.assert_allclose(found.detector.frames[0].T, FIRST, atol=1e-9)
    np.testing.assert_allclose(found.detector.frames[63].T, LAST, atol=1e-9)
    assert found.detector.panels[0].trusted_range == (-399.0, 90000.0)


def test_a_rayonix_still(shared):
    (found,) = import_images([str(shared / RAYONIX)], ImportParams()).experiments
    assert (found.is_still, found.goniometer) == (True, None)
    np.testing.assert_allclose(found.detector.frames[0].T, [[1, 0, 0], [0, -1, 0], [-170, 170, -124]], atol=1e-9)
    assert found.detector.panels[0].pixel_size == (0.177083333333, 0.177083333333)
    assert found.beam.wavelength == 1.30375729885


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        (CSPAD, "8b8707dab8ef2e8c82d933ed2c4c08864d797943ec03d0b96959c2788167339f"),
        (RAYONIX, "1bb15051e9c1ec51a0399301a2d2d6dabaf99fed843b0c661381f9cf99fda5d2"),
    ],
)
def test_pixels_are_those_of_dxtbx(shared, name, digest):
    (found,) = import_images([str(shared / name)], ImportParams()).experiments
    sums = hashlib.sha256()
    for panel in open_images(found.images).read(1):
        sums.update(panel.astype("<i4").tobytes())
    assert sums.hexdigest() == digest


def test_a_section_that_is_cut_short(shared, tmp_path):
    path = tmp_path / "a_1.cbf"
    data = gzip.decompress((shared / CSPAD).read_bytes())
    path.write_bytes(data[: len(data) - 200_000])
    with pytest.raises(InputError, match="cut short"):
        format_of(str(path)).verify(str(path))


@pytest.mark.parametrize(("told", "gain"), [(b"25.17", 25.17), (b".", 1.0), (b"0.0", 1.0), (b"-1", 1.0)])
def test_the_gain_is_read(shared, told, gain):
    """25.17 is that of a PHOTON II."""
    found = l_cysteine(shared, (b"linear 1.0 . 388705", b"linear " + told + b" . 388705"))
    assert found.detector.panels[0].gain == gain


def test_a_header_without_goniometer_is_of_stills_and_says_so(shared):
    found = l_cysteine(shared, (b"rotation    goniometer", b"translation    goniometer"))
    assert (found.goniometer, found.is_still) == (None, True)
    (note,) = found.notes
    assert "no goniometer: its images are taken as stills; give oscillation" in note.text


def test_a_wavelength_that_is_not_told_is_asked_for(shared):
    name = b"_diffrn_radiation_wavelength."
    assert l_cysteine(shared, (name + b"wavelength\r\n", name + b"other\r\n")).untold == ("geometry.beam.wavelength",)


def test_a_panel_of_absurd_size(shared):
    with pytest.raises(InputError, match="a panel of 1475000x1679 pixels"):
        l_cysteine(shared, (b"ARRAY1 1 1475 1", b"ARRAY1 1 1475000 1"))


def test_sections_without_end(tmp_path):
    path = tmp_path / "a_1.cbf"
    mime = b"--CIF-BINARY-FORMAT-SECTION--\nX-Binary-Size: 0\n\n\x0c\x1a\x04\xd5"
    path.write_bytes(b"###CBF: VERSION 1.5\n_array_structure_list.index\n" + 1000 * mime)
    with pytest.raises(InputError, match="more than 256 binary sections"):
        format_of(str(path)).verify(str(path))
