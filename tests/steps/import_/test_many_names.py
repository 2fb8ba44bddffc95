"""Very many images: time that grows with their number and no faster, and headers that are read once where alike."""

from __future__ import annotations

import time

import numpy as np

from gnomon.io.images import cbf_mini
from gnomon.io.images.cbf import read_cbf_header
from gnomon.io.images.cbf_mini import frame_of_lines, frame_of_mini
from gnomon.io.images.registry import format_of
from gnomon.io.images.templates import grouped, split_number
from gnomon.models.sharing import same_beam, same_detector, same_goniometer
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images


def seconds(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def test_100_000_names_are_grouped_in_seconds():
    """They took minutes while each was looked for among all."""
    names = [f"/data/xtal{i % 2}_{i:06d}.cbf" for i in range(100_000)]
    spent, groups = seconds(lambda: grouped(map(split_number, names)))
    assert [len(group.numbers) for group in groups] == [50_000, 50_000]
    assert spent < 5  # 0.6 on a slow machine


def test_the_time_grows_with_the_number(tmp_path, pixels, write_cbf):
    """100,000 take 8 s and 120 MB (benchmarks/import_many.py); here 1000, bounded at ten times that."""
    content = write_cbf(tmp_path / "first.cbf", pixels, Start_angle="@@@@@@@@@@").read_bytes()
    (tmp_path / "first.cbf").unlink()
    for n in range(1, 1001):
        (tmp_path / f"a_{n:04d}.cbf").write_bytes(content.replace(b"@" * 10, f"{0.5 * (n - 1):10.4f}".encode()))
    spent, result = seconds(lambda: import_images([str(tmp_path)], ImportParams()))
    (found,) = result.experiments
    assert (found.scan.image_range, found.scan.oscillation) == ((1, 1000), (0.0, 0.5))
    assert spent < 1.0


def test_what_is_remembered_is_what_would_be_read(tmp_path, pixels, write_cbf):
    """Whatever was read before: angles, dates and names are each file's own."""
    cbf_mini._read.clear()
    changes = [
        {"Omega": "12.0 deg."},
        {"Start_angle": "13.0 deg.", "Omega": "13.0 deg."},
        {"Start_angle": "14", "Omega": "14"},
        {"Wavelength": "1.0 A", "Omega": "12.0 deg."},
    ]
    for i, change in enumerate(changes):
        path = write_cbf(tmp_path / f"a_{i}.cbf", pixels, **change)
        path.write_bytes(path.read_bytes().replace(b"09:01:45.500", f"09:01:4{i}.500".encode()))
        cbf = read_cbf_header(str(path))
        found, plain = frame_of_mini(cbf), frame_of_lines(cbf.path, cbf.text, cbf.shape)
        for name in ("path", "oscillation", "epoch", "exposure_time", "missing", "notes"):
            assert getattr(found, name) == getattr(plain, name)
        assert same_beam(found.beam, plain.beam)
        assert same_detector(found.detector, plain.detector)
        assert same_goniometer(found.goniometer, plain.goniometer)
    assert len(cbf_mini._read) == 2


def test_angles_of_a_goniometer_of_several_axes_are_each_files_own(tmp_path, pixels, write_cbf):
    name = "PILATUS3 6M, S/N 60-0126"
    angles = []
    for i, omega in enumerate((20.0, 35.0)):
        lines = {"Omega": f"{omega} deg.", "Omega_increment": "0.5", "Kappa": f"{omega + 1} deg."}
        path = write_cbf(tmp_path / f"a_{i}.cbf", pixels, **{"Detector:": name}, **lines)
        angles.append(format_of(str(path)).read_frame(str(path)).goniometer.angles)
    np.testing.assert_allclose(angles, [[0, 21, 20], [0, 36, 35]])
