"""What refine's printed uncertainties are worth: errors of cell edges over their sigmas, all faults at once.

usage: python benchmarks/pulls.py [CRYSTAL ...] [--seeds N] [--against perfect|static] [--small]

Sweeps are made of centroids, without images (gnomon.simulate.centroids): 45 degrees on ten modules that are out of
place, a thick sensor, a crystal that slips and is off the spindle, errors in the header; each seed has its own. Printed
are, over all seeds, r.m.s. and largest of the pulls (refined minus true edge over the printed sigma), r.m.s. and
largest errors of edges, and predicted minus true centroids. A pull of 1 is honest, 0.7 to 1.5 is wanted.

--against perfect: modules where they should be; fitted all the same, as the program decides, and not at all.
--against static: crystals as the program decides, and standing still.
--small: 40 images of a degree, to 3.6 Å.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnomon.report.table import text_table
from gnomon.simulate.centroids import indexed_sweep
from gnomon.simulate.params import SimulateParams
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.step import refine

CRYSTALS: dict[str, dict[str, Any]] = {
    "p21": {"cell": (42.0, 58.0, 66.0, 90.0, 103.0, 90.0), "space_group": "P21"},
    "c2": {"cell": (108.0, 52.0, 64.0, 90.0, 106.0, 90.0), "space_group": "C2"},
    "p3121": {"cell": (70.0, 70.0, 80.0, 90.0, 90.0, 120.0), "space_group": "P3121"},
    "tetragonal": {"cell": (79.0, 79.0, 38.0, 90.0, 90.0, 90.0), "space_group": "P43212"},
    "cubic": {"cell": (78.0, 78.0, 78.0, 90.0, 90.0, 90.0), "space_group": "I213"},
}
SMALL: dict[str, Any] = {"images": 40, "width": 1.0, "d_min": 3.6}
WAYS: dict[str, dict[str, RefineParams]] = {
    "all": {"as it decides": RefineParams()},
    "perfect": {
        "modules fitted": RefineParams(modules=True),
        "as it decides": RefineParams(),
        "in one piece": RefineParams(modules=False),
    },
    "static": {"as it decides": RefineParams(), "static": RefineParams(scan_varying=False)},
}


@dataclass(frozen=True)
class Run:
    """One sweep refined."""

    error: np.ndarray  # of the edges that are free, relative
    pull: np.ndarray  # the same over their printed sigmas
    prediction: np.ndarray  # (3,) r.m.s. from true, px, px, images


def sweep_params(crystal: str, seed: int, **changes: Any) -> SimulateParams:
    """All faults at once; those of the header are drawn by the seed: 2 px and 0.3 mm r.m.s."""
    rng = np.random.default_rng([seed, 31])
    faults = {
        "module_shift": 0.05, "module_turn": 0.01, "slippage": 0.05, "off_spindle": 0.003, "thickness": 1.0,
        "beam_error": tuple(2 * rng.normal(size=2)), "distance_error": 0.3 * rng.normal(),
    }  # fmt: skip
    sweep = {
        "image_size": (981, 1043), "distance": 150.0, "images": 90, "width": 0.5, "d_min": 3.0, "mosaicity": 0.1,
        "wilson_b": 28.0, "mean_intensity": 200.0,
    }  # fmt: skip
    return SimulateParams(**{**sweep, **faults, **CRYSTALS[crystal], "seed": seed, **changes})


def runs(params: SimulateParams, ways: Sequence[RefineParams]) -> list[Run]:
    """One sweep refined in each way."""
    sweep, found = indexed_sweep(params), []
    true, edges = sweep.true.cell, _free_edges(params.cell)
    for way in ways:
        done = refine(sweep.experiments, sweep.reflections, way)
        crystal = done.experiments[0].needed_crystal
        assert crystal.cell_parameter_sd is not None
        error = (crystal.cell - true)[edges]
        off = done.reflections["xyzcal.px"] - sweep.centroid
        found.append(Run(error / true[edges], error / crystal.cell_parameter_sd[edges], np.sqrt((off**2).mean(axis=0))))
    return found


def _free_edges(cell: Sequence[float]) -> list[int]:
    """Of edges that are alike the first."""
    return [i for i in range(3) if cell[i] not in cell[:i]]


def rms(values: Sequence[np.ndarray] | np.ndarray) -> float:
    """Over all."""
    return float(np.sqrt(np.mean(np.square(values))))


def row(name: str, done: list[Run]) -> list[str]:
    """The figures of all seeds."""
    pulls, errors = np.array([r.pull for r in done]), 100 * np.array([r.error for r in done])
    x, y, z = np.sqrt(np.mean([r.prediction**2 for r in done], axis=0))
    return [
        name, f"{rms(pulls):.2f}", f"{np.abs(pulls).max():.1f}", f"{rms(errors):.4f}", f"{np.abs(errors).max():.4f}",
        f"{x:.4f}", f"{y:.4f}", f"{z:.4f}",
    ]  # fmt: skip


def main() -> None:
    """Print a row a crystal and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crystals", nargs="*", default=list(CRYSTALS))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--against", choices=("perfect", "static"), default="all")
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    changes = dict(SMALL) if given.small else {}
    changes |= {"module_shift": 0.0, "module_turn": 0.0} if given.against == "perfect" else {}
    ways = WAYS[given.against]
    head = ["crystal", "pull", "worst", "edges, %", "worst, %", "x, px", "y, px", "z, images"]
    for crystal in given.crystals:
        sweeps = [sweep_params(crystal, seed, **changes) for seed in range(1, given.seeds + 1)]
        each = [runs(sweep, list(ways.values())) for sweep in sweeps]
        rows = [row(f"{crystal}, {name}", list(done)) for name, done in zip(ways, zip(*each))]
        print(text_table(f"{crystal}: {given.seeds} sweeps", head, rows), flush=True)


if __name__ == "__main__":
    main()
