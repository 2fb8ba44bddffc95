"""What an image costs, stage by stage, and find_spots beside decoding alone. Prints JSON.

usage: python benchmarks/image_stages.py IMPORTED.expt [--nproc N] [--repeat N]

A process of its own, so that neither memory nor threads of one series are the next one's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

from gnomon.distribute.workers import Workers
from gnomon.io.expt import read_experiments
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.masks import static_mask
from gnomon.io.images.packed import PackedImages, in_two_steps
from gnomon.io.images.registry import open_images
from gnomon.maths.images.usable_pixels import usable_pixels
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Context
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.spots import SpotStream
from gnomon.steps.find_spots.step import find_spots
from gnomon.steps.find_spots.threshold import threshold_for

STAGES = ("read", "decode", "threshold", "label")


def stage_seconds(experiment: Experiment, numbers: list[int]) -> dict[str, float]:
    """CPU seconds of each of STAGES over all images, one after the other on one thread."""
    params = FindSpotsParams()
    reader, buffers = in_two_steps(open_images(experiment.images)), Buffers()
    threshold = threshold_for(experiment, usable_pixels(experiment, static_mask(experiment), params), params)
    stream = SpotStream(experiment.detector, params)
    spent = dict.fromkeys(STAGES, 0.0)

    def timed(stage: str, call: Callable):
        start = time.process_time()
        result = call()
        spent[stage] += time.process_time() - start
        return result

    for number in numbers:
        packed = timed("read", lambda: reader.fetch(number))  # noqa: B023 - called at once
        pixels = timed("decode", lambda: reader.unpack(packed, buffers))  # noqa: B023
        strong = timed("threshold", lambda: threshold(pixels))  # noqa: B023
        timed("label", lambda: stream.add(number - 1, strong))  # noqa: B023
    timed("label", stream.finish)
    return spent


def decode_all(experiment: Experiment, numbers: list[int], workers: Workers) -> None:
    """Reads and unpacks all images, and does nothing with them."""
    images = PackedImages(open_images(experiment.images))
    for _ in workers.map(lambda packed: len(images.pixels(packed)), images.fetched(numbers)):
        pass


def cost(call: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("imported")
    parser.add_argument("--nproc", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    experiments: Experiments = read_experiments(given.imported)
    experiment, workers = experiments[0], Workers(given.nproc)
    first, last = experiment.scan.image_range
    numbers = list(range(first, last + 1))
    stage_seconds(experiment, numbers[:2])  # kernels, page cache
    runs: dict[str, list[tuple[float, float]]] = {"decode": [], "find_spots": []}
    for _ in range(given.repeat):  # in turns, since other work on the machine comes and goes
        runs["decode"].append(cost(lambda: decode_all(experiment, numbers, workers)))
        runs["find_spots"].append(
            cost(lambda: find_spots(experiments, Reflections(), FindSpotsParams(), context=Context(workers)))
        )
    middle = {name: [statistics.median(c) for c in zip(*costs)] for name, costs in runs.items()}
    pixels = int(experiment.detector.image_sizes.prod(axis=1).sum())
    print(
        json.dumps({"images": len(numbers), "pixels": pixels, "stages": stage_seconds(experiment, numbers), **middle})
    )


if __name__ == "__main__":
    main()
