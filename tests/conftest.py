"""For all tests: CBF files made by hand, and where the real data are."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# whole, before any test module reads it: tests change the working folder
os.environ["GNOMON_SHARED_DATA"] = str(Path(os.environ.get("GNOMON_SHARED_DATA", "../shared/data")).resolve())
# what a shell runs in the background does not hear Ctrl-C, nor would the programs that tests interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)
# the same examples every time, so that a failure is due to a change; new ones with --hypothesis-profile=exploring
settings.register_profile("exploring")
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

LONG = ("docs", "accuracy", "real", "interop", "process", "benchmarks", "web", "cli", "steps")
"""Folders whose files take long. Workers begin with them: one left for the end keeps a worker while others idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in the order of ``LONG``, then all others."""
    tests = Path(__file__).parent
    assert all((tests / folder).is_dir() for folder in LONG)
    rank = {folder: i for i, folder in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(tests).parts[0], len(LONG)))


MINI = {
    "Detector": "PILATUS 2M, S/N 24-9999",
    "Pixel_size": "172e-6 m x 172e-6 m",
    "Exposure_time": "0.097 s",
    "Exposure_period": "0.1 s",
    "Count_cutoff": "1048500 counts",
    "Wavelength": "0.9795 A",
    "Detector_distance": "0.25 m",
    "Beam_xy": "(15.5, 10.25) pixels",
    "Start_angle": "12.0 deg.",
    "Angle_increment": "0.5 deg.",
}


def mini_text(**changes: str) -> str:
    """The text of a miniCBF header; a change to the empty string leaves the line out."""
    lines = "\n".join(f"# {name} {value}" for name, value in {**MINI, **changes}.items() if value)
    return (
        'data_made\n\n_array_data.header_convention "PILATUS_1.2"\n_array_data.header_contents\n;\n'
        f"{lines}\n# 2016-03-05T09:01:45.500\n# Silicon sensor, thickness 0.000320 m\n;\n\n"
    )


def pack(pixels: np.ndarray) -> bytes:
    """Byte-offset packing, one pixel after the other."""
    packed, before = bytearray(), 0
    for value in pixels.ravel().tolist():
        step, before = value - before, value
        for size, mark in ((1, b""), (2, b"\x80"), (4, b"\x80\x00\x80")):
            if abs(step) < 2 ** (8 * size - 1):
                packed += mark + step.to_bytes(size, "little", signed=True)
                break
    return bytes(packed)


@pytest.fixture(scope="session")
def write_cbf():
    """``write_cbf(path, pixels, text=..., **header changes)`` writes a CBF file with checksum and gives its path."""

    def write(path: Path, pixels: np.ndarray, text: str | None = None, **changes: str) -> Path:
        packed = pack(pixels)
        digest = base64.b64encode(hashlib.md5(packed).digest()).decode()
        ny, nx = pixels.shape
        mime = (
            "_array_data.data\n;\n--CIF-BINARY-FORMAT-SECTION--\nContent-Type: application/octet-stream;\n"
            f'     conversions="x-CBF_BYTE_OFFSET"\nX-Binary-Size: {len(packed)}\nContent-MD5: {digest}\n'
            f"X-Binary-Size-Fastest-Dimension: {nx}\nX-Binary-Size-Second-Dimension: {ny}\n\n"
        )
        head = "###CBF: VERSION 1.5\n\n" + (mini_text(**changes) if text is None else text) + mime
        tail = bytes(64) + b"\n--CIF-BINARY-FORMAT-SECTION----\n;\n"
        path.write_bytes(head.replace("\n", "\r\n").encode() + b"\x0c\x1a\x04\xd5" + packed + tail)
        return path

    return write


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], object]], Path]:
    """``made_once(name, make)`` is a folder that ``make`` filled, in the first of the workers that asked for it."""
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent  # that of all workers of this run

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, whole = place / name, place / f"{name}.whole"
        with (place / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
                folder.mkdir()
                make(folder)
                whole.touch()
        return folder

    return made


@pytest.fixture
def shared() -> Path:
    """The folder of real data; skips the test without it."""
    folder = Path(os.environ["GNOMON_SHARED_DATA"])
    if not folder.is_dir():
        pytest.skip("no shared real data; set GNOMON_SHARED_DATA")
    return folder


@pytest.fixture
def pixels() -> np.ndarray:
    """(20, 30) counts, with one, two and four byte steps and a dead pixel."""
    pixels = np.random.default_rng(5).poisson(3.0, (20, 30)).astype(np.int32)
    pixels[3, 4], pixels[5, 6], pixels[7, 8] = 400, 100_000, -2
    return pixels


@pytest.fixture
def cbf(tmp_path, pixels, write_cbf) -> Path:
    """A small miniCBF file."""
    return write_cbf(tmp_path / "made_00001.cbf", pixels)
