"""What import takes for very many images: CPU seconds and memory, of headers alone.

usage: python benchmarks/import_many.py [IMAGES] [--folder FOLDER]

Writes IMAGES (100,000) tiny miniCBF files of one sweep, imports them, and takes them away again. Wanted: < 10 CPU s and
< 500 MB for 100,000.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from gnomon.simulate.minicbf import minicbf
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

LINES = [
    "Detector: PILATUS 100K, S/N 00-0000", "2026-01-01T00:00:00.000", "Pixel_size 172e-6 m x 172e-6 m",
    "Silicon sensor, thickness 0.000320 m", "Exposure_time 0.1 s", "Exposure_period 0.1 s", "Count_cutoff 1048500",
    "Wavelength 1.0 A", "Detector_distance 0.2 m", "Beam_xy (3.0, 2.0) pixels", "Start_angle @@@@@@@@@@@@ deg.",
    "Angle_increment 0.1 deg.", "Detector_2theta 0.0 deg.",
]  # fmt: skip


def write(folder: Path, count: int) -> None:
    """Images 1 to ``count`` of a sweep, alike but for their angle."""
    whole = minicbf(np.ones((4, 6), np.int32), LINES, "x")
    for number in range(1, count + 1):
        angle = f"{0.1 * (number - 1):12.4f}".encode()
        (folder / f"x_{number:06d}.cbf").write_bytes(whole.replace(b"@" * 12, angle))


def main() -> None:
    """Time one import."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=int, nargs="?", default=100_000)
    parser.add_argument("--folder", help="where to write (a temporary folder)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        write(folder, options.images)
        start, clock = time.process_time(), time.perf_counter()
        (found,) = import_images([str(folder)], ImportParams()).experiments
        spent, passed = time.process_time() - start, time.perf_counter() - clock
    finally:
        shutil.rmtree(folder)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert found.scan is not None
    print(f"{found.scan.n_images} images: {spent:.1f} CPU s, {passed:.1f} s, {memory:.0f} MB")


if __name__ == "__main__":
    main()
