"""What the sums of a joint fit cost, data set by data set, beside sending them to a worker: scale and refine.

usage: nice python benchmarks/shipping.py [--wedges 36]

Simulated integrated wedges of 10 degrees (gnomon.simulate.wedges) go through scale and refine; the first fit of each is
held, and of one data set's share of one step of it is printed, in ms of CPU: working it out; writing the answer and
reading it where all else is at the worker already; writing and reading the observations too; and a task of a
LocalCluster that does nothing.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from gnomon.distribute.cluster import cluster_at
from gnomon.maths.geometry_fit.normal_equations import assemble
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.report.table import text_table
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.step import refine
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

REPEATS = 5
TASKS = 40


class HeldError(Exception):
    """Raised with the first fit that a step would make."""


def first_fit(where: str, step: Callable[[], object]) -> Any:
    """The arguments of the first call of ``where`` in a step, which ends there."""
    with mock.patch(where, side_effect=lambda *given: (_ for _ in ()).throw(HeldError(*given))):
        try:
            step()
        except HeldError as held:
            return held.args
    raise RuntimeError(f"{where} was not called")


def milliseconds(work: Callable[[], object]) -> float:
    """CPU of a call, the least of a few."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(1000 * (time.process_time() - start))
    return min(times)


def sent(things: object, folder: Path) -> float:
    """CPU ms of writing things to a file and reading them back."""
    path = folder / "sent"

    def there_and_back() -> None:
        path.write_bytes(pickle.dumps(things, protocol=5))
        pickle.loads(path.read_bytes())

    return milliseconds(there_and_back)


def of_scale(experiments: Experiments, table: Reflections, folder: Path) -> tuple[str, ...]:
    """The row of scale."""
    problem, start = first_fit(
        "gnomon.steps.scale.scaling.fit_scales", lambda: scale(experiments, table, ScaleParams())
    )
    matrix, vector = problem.normal_equations(start)
    n = len(problem.sweeps)
    work = milliseconds(lambda: problem.normal_equations(start)) / n
    answer = sent((matrix.own, matrix.coupled, vector), folder) / n
    data = sent((problem.sweeps, problem.intensity, problem.weight, problem.groups.label), folder) / n
    return row("scale", work, answer, data)


def of_refine(experiments: Experiments, table: Reflections, folder: Path) -> tuple[str, ...]:
    """The row of refine."""
    problem, p, _ = first_fit(
        "gnomon.maths.geometry_fit.fit.minimise", lambda: refine(experiments, table, RefineParams())
    )

    def one_step() -> object:
        state = problem.model.at(p)
        prediction = problem.predict(state)
        return assemble(problem, state, prediction, problem.residuals(state, prediction))

    normal = one_step()
    n = len(experiments)
    return row("refine", milliseconds(one_step) / n, sent(normal, folder) / n, sent(problem.obs, folder) / n)


def row(name: str, *cost: float) -> tuple[str, ...]:
    """Figures as the table has them."""
    return (name, *(f"{c:.2f}" for c in cost))


def of_a_task(folder: Path) -> float:
    """CPU ms, here, of a task that does nothing."""
    with cluster_at("local", folder, {}, 1) as cluster:
        list(cluster.map(abs, range(4)))  # the workers have started
        start = time.process_time()
        list(cluster.map(abs, range(TASKS)))
        return 1000 * (time.process_time() - start) / TASKS


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wedges", type=int, default=36)
    given = parser.parse_args()
    experiments, table, _ = integrated_wedges(WedgesParams(wedges=given.wedges // 3, basis="true"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [of_scale(experiments, table, folder), of_refine(experiments, table, folder)]
        empty = of_a_task(folder)
    head = ("ms of CPU a data set and step", "worked out", "answer sent", "observations sent")
    print(text_table(f"{len(experiments)} data sets of {np.bincount(table['id']).mean():.0f} observations", head, rows))
    print(f"a task that does nothing: {empty:.2f} ms of CPU here")


if __name__ == "__main__":
    main()
