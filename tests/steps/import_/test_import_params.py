"""Parameters of import by the names of DIALS: reference, gain, sensor, axis, maps, stills and sequences."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.images.experiment_images import UNCALIBRATED, calibrated
from gnomon.io.images.flex_pickles import packed_reals, pickled_grids
from gnomon.io.images.registry import open_images
from gnomon.maths.geometry.attenuation import attenuation
from gnomon.models.detector import PARALLAX, SIMPLE
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images


@pytest.fixture
def images(tmp_path, pixels, write_cbf):
    """``images(**header changes)`` writes five images that turn 0.5 degrees each from 12 on, and gives the template."""

    def write(stem="a", **changes):
        for n in range(1, 6):
            lines = {"Start_angle": f"{12 + 0.5 * (n - 1)}", **changes}
            write_cbf(tmp_path / f"{stem}_{n}.cbf", pixels, **lines)
        return str(tmp_path / f"{stem}_#.cbf")

    return write


def run(*words, **params):
    return import_images(list(words), ImportParams(**params))


def test_the_reference_may_be_a_parameter(images, tmp_path):
    reference = run(images("r", Detector_distance="0.31 m", Wavelength="0.9 A")).experiments
    write_experiments(tmp_path / "refined.expt", reference)
    path = str(tmp_path / "refined.expt")
    (found,) = run(images(), reference_geometry=path).experiments
    assert (found.beam.wavelength, found.detector.frames[0, 2, 2]) == (0.9, pytest.approx(-310))
    (mixed,) = run(images(), reference_geometry=path, use_detector_reference=False).experiments
    assert (mixed.beam.wavelength, mixed.detector.frames[0, 2, 2]) == (0.9, pytest.approx(-250))
    with pytest.raises(InputError, match=r"missing\.expt"):
        run(images(), reference_geometry=str(tmp_path / "missing.expt"))


def test_the_axis_by_either_name(images):
    for name in ("goniometer_axis", "goniometer_axes"):
        (found,) = run(images(), **{name: (0, 2, 0)}).experiments
        np.testing.assert_array_equal(found.goniometer.lab_axis, [0, 1, 0])
    with pytest.raises(ValueError, match="both given"):
        ImportParams(goniometer_axis=(1, 0, 0), goniometer_axes=(1, 0, 0))


def test_gain_and_pedestal(images):
    (panel,) = run(images(), gain=25.17, pedestal=10.0).experiments[0].detector.panels
    assert (panel.gain, panel.pedestal) == (25.17, 10.0)


def test_the_thickness_of_the_sensor(images):
    (thick,) = run(images(), thickness=0.45).experiments[0].detector.panels
    assert (thick.material, thick.thickness, thick.px_mm_strategy) == ("Si", 0.45, PARALLAX)
    assert thick.mu == pytest.approx(attenuation("Si", 0.9795))
    (other,) = run(images(), material="CdTe", thickness=0.75, wavelength=0.5).experiments[0].detector.panels
    assert other.mu == pytest.approx(attenuation("CdTe", 0.5))
    (none,) = run(images(), thickness=0.0).experiments[0].detector.panels
    assert (none.mu, none.px_mm_strategy) == (0.0, SIMPLE)


def test_stills_to_sequences_and_back(images):
    turning, still = images(), images("s", Angle_increment="0.0")
    (sweep,) = run(still, convert_stills_to_sequences=True).experiments
    assert (sweep.scan.image_range, sweep.scan.oscillation) == ((1, 5), (12.0, 0.5))
    (given,) = run(still, convert_stills_to_sequences=True, oscillation=(0.0, 0.1)).experiments
    assert given.scan.oscillation == (0.0, 0.1)
    stills = run(turning, convert_sequences_to_stills=True)
    assert [(e.is_still, e.scan, e.goniometer) for e in stills.experiments] == [(True, None, None)] * 5
    assert stills.summary.warnings == ()
    (untouched,) = run(turning, convert_stills_to_sequences=True).experiments
    assert untouched.scan.oscillation == (12.0, 0.5)


def test_stills_of_which_nothing_tells_how_they_turned(images):
    path = images(Angle_increment="0.0", Start_angle="12.0")
    assert run(path).summary.warnings == ()  # nothing to choose
    with pytest.raises(InputError, match=r"give geometry\.scan\.oscillation=start,width"):
        run(path, convert_stills_to_sequences=True)


def test_what_cannot_be_asked_for_at_once(images):
    with pytest.raises(ValueError, match="leaves no sequence"):
        ImportParams(convert_sequences_to_stills=True, oscillation=(0, 1))
    with pytest.raises(ValueError, match="both given"):
        ImportParams(gain=2.0, gain_map="a.pickle")


def table(path, values):
    path.write_bytes(pickled_grids("double", [(values.shape, packed_reals(values))]))
    return str(path)


def test_maps_make_pixels_alike(images, tmp_path, pixels):
    """Counts c = pedestal + gain photons, pixel by pixel: all come out as of the median gain, no pedestal."""
    gains = np.full(pixels.shape, 4.0)
    gains[:, ::3] = 8.0
    gains[5, 5] = 0.0  # dead
    pedestals = np.full(pixels.shape, 16.0)
    pedestals[::2] = 32.0
    maps = {"gain_map": table(tmp_path / "g.pickle", gains), "pedestal_map": table(tmp_path / "p.pickle", pedestals)}
    (found,) = experiments = run(images(), **maps).experiments
    assert (found.images.gain, found.images.pedestal) == (maps["gain_map"], maps["pedestal_map"])
    assert found.detector.panels[0].gain == pytest.approx(4.0, rel=1e-4)
    write_experiments(tmp_path / "imported.expt", experiments)
    (found,) = read_experiments(tmp_path / "imported.expt")
    (raw,) = open_images(found.images).read(1)
    (image,) = calibrated(open_images(found.images), found).read(1)
    valid = (raw >= 0) & (raw <= 1048500) & (gains > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.clip(np.rint((raw - pedestals) * 4.0 / gains), 0, 1048500)
    assert np.abs(image - expected)[valid].max() <= 1 + 1e-4 * raw.max()
    np.testing.assert_array_equal(image[~valid & (gains > 0)], raw[~valid & (gains > 0)])
    assert image[5, 5] in (UNCALIBRATED, raw[5, 5])


def test_maps_that_do_not_fit_are_one_line(images, tmp_path):
    path = images()
    with pytest.raises(InputError, match="there is no such lookup file"):
        run(path, gain_map=str(tmp_path / "none.pickle"))
    with pytest.raises(InputError, match=r"tables of \[\(3, 4\)\] pixels, the detector has \[\(20, 30\)\]"):
        run(path, pedestal_map=table(tmp_path / "small.pickle", np.ones((3, 4))))
    (tmp_path / "text.pickle").write_text("no table")
    with pytest.raises(InputError, match="no table of numbers a pixel"):
        run(path, gain_map=str(tmp_path / "text.pickle"))


def test_names_are_those_of_dials():
    fields = ImportParams.model_fields
    names = {field.json_schema_extra["name"] for field in fields.values()}
    assert names >= {
        *("input.reference_geometry", "geometry.goniometer.axis", "geometry.detector.panel.gain", "lookup.gain"),
        *("geometry.detector.panel.thickness", "geometry.detector.panel.pedestal", "lookup.pedestal", "lookup.mask"),
        *("geometry.convert_stills_to_sequences", "geometry.convert_sequences_to_stills", "lookup.dx", "lookup.dy"),
    }
