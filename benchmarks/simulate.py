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

SIZES = {
    "300K": ((487, 619), 90.0),
    "1M": ((981, 1043), 150.0),
    "2M": ((1475, 1679), 230.0),
    "6M": ((2463, 2527), 340.0),
}


def seconds_an_image(size: tuple[int, int], distance: float, images: int) -> float:
    """CPU seconds that one more image takes; what is done once a data set is not counted."""
    params = CASES["cubic"].changed(image_size=size, distance=distance)
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
    seconds_an_image(*SIZES["300K"], 1)  # compiles
    for name, (size, distance) in SIZES.items():
        print(f"Pilatus {name:5} {size[0]:5d} x {size[1]:4d}  {seconds_an_image(size, distance, given.images):7.3f} s")


if __name__ == "__main__":
    main()
