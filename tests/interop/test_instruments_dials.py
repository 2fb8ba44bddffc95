"""Instruments told by the serial number in a miniCBF header: axes and panels as dials.import 3.12.1 has them."""

from __future__ import annotations

import numpy as np
import pytest
from dxtbx_models import models_of_dxtbx

from gnomon.io.images.registry import format_of

pytestmark = pytest.mark.interop

HEADER = """###CBF: VERSION 1.5, CBFlib v0.7.8 - {maker} detectors
data_a_00001
_array_data.header_convention "PILATUS_1.2"
_array_data.header_contents
;
# Detector: {detector}
# {date}T09:01:45.500
# Pixel_size {pixel} m x {pixel} m
# Silicon sensor, thickness 0.000320 m
# Exposure_time 0.1 s
# Exposure_period 0.1 s
# Count_cutoff 1048500 counts
# Wavelength 0.98027 A
# Detector_distance 0.3 m
# Beam_xy (1200.5, 1300.25) pixels
# Start_angle 20.0 deg.
# Angle_increment 0.25 deg.
# Alpha 50.0 deg.
# Kappa 10.0 deg.
# Phi 20.0 deg.
# Phi_increment 0.0 deg.
# Omega 20.0 deg.
# Omega_increment 0.25 deg.
# Chi 30.0 deg.
# Chi_increment 0.0 deg.
# Oscillation_axis {axis}
;
_array_data.data
;
--CIF-BINARY-FORMAT-SECTION--
Content-Type: application/octet-stream;
     conversions="x-CBF_BYTE_OFFSET"
Content-Transfer-Encoding: BINARY
X-Binary-Size: {count}
X-Binary-ID: 1
X-Binary-Element-Type: "signed 32-bit integer"
X-Binary-Element-Byte-Order: LITTLE_ENDIAN
X-Binary-Number-of-Elements: {count}
X-Binary-Size-Fastest-Dimension: {fast}
X-Binary-Size-Second-Dimension: {slow}
X-Binary-Size-Padding: 0

"""
PILATUS = {"maker": "PILATUS", "pixel": "172e-6", "fast": 487, "slow": 195, "axis": "X.CW", "date": "2017-03-05"}
EIGER = {**PILATUS, "maker": "Eiger", "pixel": "75e-6", "fast": 1030, "slow": 514}
WHOLE_12M = {**PILATUS, "fast": 2463, "slow": 5071}
INSTRUMENTS = {
    "a Pilatus 2M": {**PILATUS, "detector": "PILATUS 2M, S/N 24-0107 Diamond"},
    "Diamond I04": {**PILATUS, "detector": "PILATUS 6M, S/N 60-0100 Diamond"},
    "Diamond I03": {**PILATUS, "detector": "PILATUS3 6M, S/N 60-0126"},
    "Diamond I24": {**PILATUS, "detector": "PILATUS3 6M, S/N 60-0119"},
    "Diamond I23": {**WHOLE_12M, "detector": "PILATUS 12M, S/N 120-0100"},
    "Diamond I23, before its kappa": {**WHOLE_12M, "detector": "PILATUS 12M, S/N 120-0100", "date": "2016-03-31"},
    "Diamond I04, Eiger": {**EIGER, "detector": "EIGER 16M XR4i S/N 160-0001 Diamond"},
    "SPring-8": {**PILATUS, "detector": "PILATUS 6M, S/N 60-0125"},
    "CHESS": {**PILATUS, "detector": "PILATUS 6M, S/N 60-0127"},
    "APS 19-ID": {**PILATUS, "detector": "PILATUS3 6M, S/N 60-0132"},
    "DESY": {**PILATUS, "detector": "PILATUS 6M-F, S/N 60-0115-F"},
    "SOLEIL PX1": {**PILATUS, "detector": "PILATUS 6M, S/N 60-0106, Soleil", "axis": "OMEGA"},
    "PETRA III P14": {**EIGER, "detector": "Dectris Eiger 16M, S/N E-32-0107"},
    "MAX IV BioMAX": {**EIGER, "detector": "Dectris Eiger 16M, S/N E-32-0105"},
    "another Eiger": {**EIGER, "detector": "EIGER 9M, S/N E-18-0101"},
}


@pytest.fixture(scope="module")
def theirs(dials, tmp_path_factory):
    """By name of the instrument: the file, and the models that dxtbx makes of it."""
    folder = tmp_path_factory.mktemp("instruments")
    paths = [folder / f"instrument{i}_00001.cbf" for i in range(len(INSTRUMENTS))]
    for path, entries in zip(paths, INSTRUMENTS.values()):
        count = entries["fast"] * entries["slow"]
        text = HEADER.format(count=count, **entries).replace("\n", "\r\n")
        path.write_bytes(
            text.encode() + b"\x0c\x1a\x04\xd5" + bytes(count) + b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n"
        )
    found = models_of_dxtbx(dials, folder, paths)
    return dict(zip(INSTRUMENTS, zip(paths, found)))


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_an_instrument_is_as_dials_has_it(theirs, name):
    path, (other, _) = theirs[name]
    found = format_of(str(path)).read_frame(str(path))
    np.testing.assert_allclose(found.detector.frames, other.detector.frames, atol=1e-6)
    np.testing.assert_allclose(found.detector.parallax, other.detector.parallax, rtol=1e-6)
    for what in ("rotation_axis", "fixed_rotation", "setting_rotation"):
        np.testing.assert_allclose(getattr(found.goniometer, what), getattr(other.goniometer, what), atol=1e-6)
    np.testing.assert_allclose(found.oscillation, other.scan.oscillation, atol=1e-6)
    np.testing.assert_allclose(found.beam.s0, other.beam.s0, atol=1e-6)
