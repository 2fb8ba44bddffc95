"""How far images turn, about which axis, and what files leave out: variants of what beamlines write."""

import h5py
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.images.hdf5.scan import Turning
from gnomon.io.images.hdf5.write_header import Turn
from gnomon.io.images.registry import format_of
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

X = np.array([1.0, 0.0, 0.0])
OMEGA = "entry/sample/transformations/omega"


def turn(name, angles, width=0.0, vector=X):
    return Turn(name, vector, np.asarray(angles, float), width)


def first_frame(path):
    return format_of(path).read_frame(path)


def imported(path, **params):
    return import_images([path], ImportParams(**params))


def changed(path, **fields):
    """The file, in which fields (__ for /) are written anew, or deleted where they are None; attributes stay."""
    with h5py.File(path, "a") as file:
        for name, value in fields.items():
            place = name.replace("__", "/")
            attributes = {}
            if place in file:
                attributes = dict(file[place].attrs)
                del file[place]
            if value is not None:
                file.create_dataset(place, data=value).attrs.update(attributes)
    return path


@pytest.mark.parametrize("kind", ["nxmx", "eiger"])
def test_screening_is_not_one_sweep_of_wide_images(record, kind):
    """Images of .15 degrees at 0, 45 and 90: DIALS 3.12.1 makes one sweep of them, 0 to .45 degrees."""
    path = record(kind, axes=(turn("omega", [0, 45, 90, 135, 180, 225, 270], 0.15),))
    result = imported(path)
    assert [e.scan.oscillation for e in result.experiments] == [(45.0 * i, pytest.approx(0.15)) for i in range(7)]
    assert [e.scan.image_range for e in result.experiments] == [(i, i) for i in range(1, 8)]
    assert "starts at 45 degrees, not 0.15" in result.summary.warnings[0]


def test_wedges_in_one_file_are_sweeps(record):
    angles = [0, 0.5, 1.0, 90, 90.5, 91, 91.5]
    found = imported(record(axes=(turn("omega", angles, 0.5),))).experiments
    assert [(e.scan.image_range, e.scan.oscillation) for e in found] == [((1, 3), (0.0, 0.5)), ((4, 7), (90.0, 0.5))]


@pytest.mark.parametrize(
    ("starts", "widths", "expected"),
    [
        ([0, 0.1, 0.2], [], [(0, 0.1), (0.1, 0.1), (0.2, 0.1)]),  # nothing but starts
        ([0, 0.1, 0.2], [0.09], [(0, 0.1), (0.1, 0.1), (0.2, 0.1)]),  # the detector is read out between
        ([0, 0.1, 0.2], [0.0999, 0.1001, 0.1], [(0, 0.1), (0.1, 0.1), (0.2, 0.1)]),  # encoders
        ([0, 45, 90], [0.15], [(0, 0.15), (45, 0.15), (90, 0.15)]),
        ([0, 1, 2], [0.0], [(0, 0), (1, 0), (2, 0)]),  # stills at several angles
        ([0, 1, 2], [0.5, 0.5, 0.25], [(0, 0.5), (1, 0.5), (2, 0.25)]),
        ([10], [0.25], [(10, 0.25), (10.25, 0.25), (10.5, 0.25)]),  # one start, and a width
        ([359.9, 0.0, 0.1], [], [(359.9, 0.1), (0.0, 0.1), (0.1, 0.1)]),  # a full turn
        ([0, -0.2, -0.4], [-0.2], [(0, -0.2), (-0.2, -0.2), (-0.4, -0.2)]),
        ([10], [], [(10, 0), (10, 0), (10, 0)]),
    ],
)
def test_starts_and_widths(starts, widths, expected):
    found = Turning(np.array(starts, float), np.array(widths, float)).of_images(3)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("name", ["phi", "chi", "kappa"])
def test_the_axis_that_varies_is_the_scan_axis(record, name):
    """DIALS 3.12.1 makes stills of a phi scan of an older master file."""
    others = {"phi": 0.0, "chi": 0.0, "kappa": 0.0, "omega": 20.0}
    axes = [turn(n, 5 + 0.5 * np.arange(7), 0.5) if n == name else turn(n, [a]) for n, a in others.items()]
    path = record("eiger", axes=axes)
    if name == "phi":  # along omega while chi and kappa stand at zero
        (found,) = imported(path).experiments
    else:
        with pytest.raises(InputError, match=r"give geometry\.goniometer\.axes=\.\.\., or a reference"):
            imported(path)
        (found,) = imported(path, goniometer_axis=(1, 0, 0)).experiments
    assert found.scan.oscillation == (5.0, 0.5)
    np.testing.assert_allclose(found.goniometer.lab_axis, X)


def test_where_phi_points_at_an_open_kappa_is_asked_for(record):
    axes = turn("phi", 0.5 * np.arange(7), 0.5), turn("kappa", [40.0]), turn("omega", [0.0])
    assert first_frame(record("eiger", axes=axes)).untold == ("geometry.goniometer.axes",)


def test_axes_that_only_waver_do_not_scan(record):
    wavering = 1e-3 * np.array([0, 1, 0, -1, 0, 1, 0])
    axes = turn("phi", wavering), turn("omega", 10 + 0.25 * np.arange(7), 0.25)
    goniometer = first_frame(record(axes=axes)).goniometer
    assert (goniometer.names, goniometer.scan_axis) == (("phi", "omega"), 1)


@pytest.mark.parametrize(
    ("serial", "axis"),
    [("E-32-0105", (0, 1, 0)), ("E-32-0107", (0, 1, 0)), ("E-18-0102", (1, 0, 0))],
)
def test_instruments_are_those_of_the_cbf_files(record, serial, axis):
    path = changed(record("eiger"), entry__instrument__detector__detector_number=np.bytes_(serial.encode()))
    np.testing.assert_array_equal(first_frame(path).goniometer.lab_axis, axis)


def test_an_instrument_of_several_axes(record):
    axes = turn("phi", [3.0]), turn("chi", [20.0]), turn("omega", 10 + 0.25 * np.arange(7), 0.25)
    path = changed(record("eiger", axes=axes), entry__instrument__detector__detector_number=np.bytes_(b"160-0001"))
    goniometer = first_frame(path).goniometer
    assert isinstance(goniometer, MultiAxisGoniometer)
    assert (goniometer.names, goniometer.scan_axis) == (("GON_PHI", "GON_CHI", "GON_OMEGA"), 2)
    np.testing.assert_allclose(goniometer.angles, [3, 20, 10])


def orientation(path, fast, slow, distances=None):
    fields = {"entry__instrument__detector__geometry__orientation__value": np.array([*fast, *slow], "f4")}
    if distances is not None:
        fields["entry__instrument__detector__geometry__translation__distances"] = np.array(distances, "f4")
    return changed(path, **fields)


def test_the_orientation_of_an_older_master(record):
    """A detector swung by 30 degrees about the vertical, as dials.import 3.12.1 has it: origin 43.5278 1.2 -78.7923."""
    c, s = np.cos(np.pi / 6), 0.5
    turned = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    path = orientation(record("eiger"), (-c, 0, s), (0, -1, 0), turned @ [1.7e-3, 1.2e-3, -90e-3])
    panel = first_frame(path).detector.panels[0]
    np.testing.assert_allclose(panel.fast_axis, [c, 0, 0.5], atol=1e-6)
    np.testing.assert_allclose(panel.slow_axis, [0, -1, 0], atol=1e-6)
    np.testing.assert_allclose(panel.origin, [43.5278, 1.2, -78.7923], atol=1e-4)


def test_a_detector_on_its_side(record):
    """Fast along +y, slow along +x, and no place told: the beam centre and the distance tell it."""
    path = orientation(record("eiger"), (0, 1, 0), (-1, 0, 0))
    path = changed(path, entry__instrument__detector__geometry__translation__distances=None)
    found = first_frame(path).detector
    np.testing.assert_allclose(found.frames[0, :, :2].T, [[0, 1, 0], [1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(found.intersect(0, np.array([[0, 0, -1.0]])), [[1.7, 1.2]], atol=1e-6)
    assert found.frames[0, 2, 2] == pytest.approx(-90)


def test_directions_that_are_none(record):
    path = orientation(record("eiger"), (1, 0, 0), (1, 0, 0))
    with pytest.raises(InputError, match="no two directions at right angles"):
        first_frame(path)
    path = orientation(path, (0, 0, 0), (0, 0, 0))
    np.testing.assert_array_equal(first_frame(path).detector.panels[0].fast_axis, X)


def test_a_swing_without_directions_is_named(record):
    path = changed(record("eiger"), entry__instrument__detector__goniometer__two_theta=np.array([20.0]))
    assert [line for line in imported(path).summary.warnings if "two_theta = 20 degrees is not used" in line]


@pytest.mark.parametrize("values", [np.zeros(0), np.full(7, np.nan)], ids=["none", "nan"])
@pytest.mark.parametrize("kind", ["nxmx", "eiger"])
def test_an_omega_without_values(record, kind, values):
    place = "transformations" if kind == "nxmx" else "goniometer"
    fields = {f"entry__sample__{place}__omega{end}": values for end in ("", "_end")}
    path = changed(record(kind), **fields, **{f"entry__sample__{place}__omega_increment_set": None})
    result = imported(path, oscillation=(3.0, 0.25))
    assert [e.scan.oscillation for e in result.experiments] == [(3.0, 0.25)]
    if kind == "nxmx":
        lines = imported(path).summary.warnings
        assert [line for line in lines if "omega has no values: taken are 0 degrees; give geometry.scan.osc" in line]
        assert not [line for line in result.summary.warnings if "no values" in line]


def test_a_sample_without_depends_on(record):
    result = imported(changed(record(), entry__sample__depends_on=None))
    (found,) = result.experiments
    assert found.scan.oscillation == (10.0, 0.25)
    assert [line for line in result.summary.warnings if "taken is /entry/sample/transformations/omega" in line]


def test_a_kappa_goniometer_without_depends_on(record):
    axes = turn("phi", [5.0]), turn("kappa", [10.0], 0.0, np.array([0.6, 0.8, 0])), turn("omega", np.arange(7.0), 1.0)
    path = changed(record(axes=axes), entry__sample__depends_on=np.bytes_(b"."))
    assert first_frame(path).goniometer.names == ("phi", "kappa", "omega")


@pytest.mark.parametrize(("value", "unit"), [(12651.449, "eV"), (12.651449, "keV")])
@pytest.mark.parametrize("kind", ["nxmx", "eiger"])
def test_the_energy_tells_the_wavelength(record, kind, value, unit):
    path = changed(record(kind), entry__instrument__beam__incident_wavelength=None)
    with h5py.File(path, "a") as file:
        file["entry/instrument/beam"].create_dataset("incident_energy", data=value).attrs["units"] = unit
    assert first_frame(path).beam.wavelength == pytest.approx(0.98)


@pytest.mark.parametrize("kind", ["nxmx", "eiger"])
def test_a_wavelength_that_is_not_told(record, kind):
    path = changed(record(kind), entry__instrument__beam__incident_wavelength=None)
    with pytest.raises(InputError, match=r"give geometry\.beam\.wavelength=\.\.\., or"):
        imported(path)
    assert imported(path, wavelength=0.98).experiments[0].beam.wavelength == 0.98


def test_what_an_older_master_does_not_tell(record):
    names = ("detector_distance", "x_pixel_size", "beam_center_x")
    path = record("eiger")
    with h5py.File(path, "a") as file:
        del file["entry/instrument/detector/detector_distance"], file["entry/instrument/detector/beam_center_x"]
        del file["entry/instrument/detector/y_pixel_size"]
    assert names
    with pytest.raises(InputError, match=r"give geometry\.detector\.distance=\.\.\. geometry\.detector\.panel\.pixel"):
        imported(path)
    result = imported(path, distance=100.0, pixel_size=(0.075, 0.075), fast_slow_beam_centre=(20, 30))
    np.testing.assert_allclose(result.experiments[0].detector.panels[0].origin, [-1.5, 2.25, -100], atol=1e-6)


@pytest.mark.parametrize("value", [0, -1, np.nan])
@pytest.mark.parametrize("kind", ["nxmx", "eiger"])
def test_a_saturation_of_zero_is_no_limit(record, kind, value):
    fields = {
        "entry__instrument__detector__saturation_value": value,
        "entry__instrument__detector__detectorSpecific__countrate_correction_count_cutoff": value,
    }
    assert first_frame(changed(record(kind), **fields)).detector.panels[0].trusted_range == (-1.0, 2.0**31 - 1)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("entry__instrument__detector__module__data_size", np.array([37.0]), "its header cannot be read"),
        ("entry__instrument__detector__detectorSpecific__nimages", np.inf, "its header cannot be read"),
        (
            "entry__instrument__detector__module__fast_pixel_direction",
            0.0,
            r"give geometry\.detector\.panel\.pixel_size",
        ),
    ],
)
def test_numbers_that_make_no_sense_are_one_line(record, field, value, said):
    with pytest.raises(InputError, match=said):
        imported(changed(record(), **{field: value}))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("entry__instrument__detector__transformations__det_z", np.inf, "place of a panel make no sense"),
        ("entry__instrument__detector__transformations__det_z", 0.0, "its plane goes through the crystal"),
        ("entry__instrument__detector__sensor_thickness", 1e300, "mm thick is hard to believe"),
    ],
)
def test_a_place_that_makes_no_sense_is_one_line(record, field, value, said):
    with pytest.raises(InputError, match=said):
        imported(changed(record(), **{field: value}))


def test_a_distance_of_zero_may_be_given(record):
    path = changed(record(), entry__instrument__detector__transformations__det_z=0.0)
    (found,) = imported(path, distance=90.0).experiments
    np.testing.assert_allclose(found.detector.frames[0, :, 2], [-1.7, 1.2, -90], atol=1e-9)
