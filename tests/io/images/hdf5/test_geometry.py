"""Headers become models: frames, chains of axes, units, masks."""

import h5py
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.images.hdf5.write_header import Turn
from gnomon.io.images.masks import static_mask
from gnomon.io.images.registry import format_of
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images


def first_frame(path):
    return format_of(path).read_frame(path)


@pytest.mark.parametrize("kind", ["nxmx", "eiger"])
def test_what_was_told_is_read(record, kind):
    frames = format_of(path := record(kind)).read_stack(path).frames
    panel = frames[0].detector.panels[0]
    np.testing.assert_allclose(panel.origin, [-1.7, 1.2, -90.0], atol=1e-6)
    np.testing.assert_allclose([panel.fast_axis, panel.slow_axis], [[1, 0, 0], [0, -1, 0]], atol=1e-12)
    assert (panel.material, panel.trusted_range[1]) == ("Si", 2.0**31 - 2)
    assert panel.thickness == pytest.approx(0.45)
    assert frames[0].beam.wavelength == pytest.approx(0.98)
    assert [f.oscillation for f in frames] == [(pytest.approx(10 + 0.25 * i), 0.25) for i in range(7)]
    np.testing.assert_allclose(frames[0].goniometer.lab_axis, [1, 0, 0], atol=1e-12)


def test_a_kappa_goniometer_turns_about_phi(record):
    kappa = np.array([np.cos(0.9), -np.sin(0.9), 0.0])
    axes = (
        Turn("phi", np.array([1.0, 0, 0]), 5 + 0.5 * np.arange(7), 0.5),
        Turn("kappa", kappa, np.array([-54.7])),
        Turn("omega", np.array([1.0, 0, 0]), np.array([30.0])),
    )
    goniometer = first_frame(record(axes=axes)).goniometer
    assert isinstance(goniometer, MultiAxisGoniometer)
    assert (goniometer.names, goniometer.scan_axis) == (("phi", "kappa", "omega"), 0)
    np.testing.assert_allclose(goniometer.axes[1], kappa, atol=1e-12)
    np.testing.assert_allclose(goniometer.angles, [5, -54.7, 30])


def test_a_detector_swung_in_two_theta(record):
    """By hand: 90 degrees about +y of NeXus turns its z into x, which is our -x: the detector stands at -x."""
    path = record()
    with h5py.File(path, "a") as file:
        moves = file["entry/instrument/detector/transformations"]
        swing = moves.create_dataset("two_theta", data=np.pi / 2)
        kind = {"transformation_type": "rotation", "units": "rad", "vector": [0.0, 1.0, 0.0], "depends_on": "."}
        swing.attrs.update(kind)
        moves["det_z"].attrs["depends_on"] = "two_theta"  # a name beside it, as some beamlines write
    panel = first_frame(path).detector.panels[0]
    np.testing.assert_allclose(panel.fast_axis, [0, 0, -1], atol=1e-9)
    np.testing.assert_allclose(panel.slow_axis, [0, -1, 0], atol=1e-9)
    np.testing.assert_allclose(panel.origin, [-90, 1.2, 1.7], atol=1e-9)


@pytest.mark.parametrize(
    ("unit", "value"),
    [("m", 0.98e-10), ("nm", 0.098), ("Angstrom", 0.98), ("Å", 0.98)],
    ids=["m", "nm", "word", "sign"],
)
def test_wavelengths_in_any_unit(record, unit, value):
    path = record()
    with h5py.File(path, "a") as file:
        file["entry/instrument/beam/incident_wavelength"][()] = value
        file["entry/instrument/beam/incident_wavelength"].attrs["units"] = unit
    assert first_frame(path).beam.wavelength == pytest.approx(0.98)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("entry/instrument/detector/module/slow_pixel_direction", "no /entry/instrument/detector/module/slow"),
        ("entry/instrument/detector/transformations/det_z", "det_z, which is not in the file"),
        ("entry/sample/transformations/omega", "omega, which is not in the file"),
        ("entry/data", "no images in entry/data"),
    ],
)
def test_what_is_missing_is_named(record, field, said):
    path = record()
    with h5py.File(path, "a") as file:
        del file[field]
    with pytest.raises(InputError, match=said):
        first_frame(path)


def test_import_takes_the_range_and_the_mask(record):
    path = record()
    (experiment,) = import_images([path], ImportParams(image_range=(3, 5))).experiments
    assert experiment.images.template == path
    assert experiment.images.indices == (2, 3, 4)
    assert experiment.scan.image_range == (3, 5)
    assert experiment.scan.oscillation == (10.5, 0.25)
    (mask,) = static_mask(experiment)
    assert np.argwhere(~mask).tolist() == [[3, 4]]


def test_images_that_do_not_turn_are_stills(record):
    still = Turn("omega", np.array([1.0, 0, 0]), np.full(7, 20.0))
    experiments = import_images([record(axes=(still,))], ImportParams()).experiments
    assert [e.images.indices for e in experiments] == [(i,) for i in range(7)]
    assert all(e.is_still for e in experiments)
