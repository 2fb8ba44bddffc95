"""CPU seconds of one simulated image, by detector size, kernels warm.

usage: python benchmarks/simulate.py [--images N]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import CASES

SIZES: dict[str, dict] = {
    "Pilatus 300K": {"image_size": (487, 619), "distance": 90.0},
    "Pilatus 1M": {"image_size": (981, 1043), "distance": 150.0},
    "Pilatus 2M": {"image_size": (1475, 1679), "distance": 230.0},
    "Pilatus 6M": {"image_size": (2463, 2527), "distance": 340.0},
    "Eiger 16M": {"image_size": (4150, 4371), "distance": 280.0, "pixel_size": 0.075, "file_format": "nxmx"},
}


def seconds_an_image(detector: dict, images: int) -> float:
    """CPU seconds that one more image takes; what is done once a data set is not counted."""
    params = CASES["cubic"].changed(**detector)
    spent = []
    with tempfile.TemporaryDirectory() as folder:
        for n in (1, 1 + images):
            start = time.process_time()
            simulate_dataset(params.changed(images=n), Path(folder))
            spent.append(time.process_time() - start)
    return (spent[1] - spent[0]) / images


def main() -> None:
    """Print a line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20)
    given = parser.parse_args()
    seconds_an_image(SIZES["Pilatus 300K"], 1)  # compiles
    for name, detector in SIZES.items():
        nx, ny = detector["image_size"]
        print(f"{name:12} {nx:5d} x {ny:4d}  {seconds_an_image(detector, given.images):7.3f} s", flush=True)


if __name__ == "__main__":
    main()
