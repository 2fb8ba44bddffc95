"""detect_blanks: stretches of a scan where spots are few, or intensities nothing, beside the best of the scan.

A quick look by two fractions, as its DIALS namesake has it. What find_spots and symmetry leave out by themselves is
judged by :mod:`gnomon.maths.images.blank_images`.
"""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns
from gnomon.steps.detect_blanks.params import DetectBlanksParams
from gnomon.steps.detect_blanks.summary import AlongScan, BlankSearch, DetectBlanksSummary, Range

KINDS = {"strong": Flag.STRONG, "indexed": Flag.INDEXED}


def detect_blanks(
    experiments: Experiments, reflections: Reflections, params: DetectBlanksParams
) -> Result[DetectBlanksSummary]:
    """Experiments and reflections as they are, and what each step of each scan has.

    Strong and indexed reflections are counted, by the mean over images of the step; of integrated ones the mean
    I/sigma is told, of the sum where it succeeded. Raises InputError where no experiment has a scan.
    """
    require_columns("detect_blanks", reflections, ("xyzobs.px.value", "flags"))
    each, found = reflections.by_experiment(), []
    for i, experiment in enumerate(experiments):
        if not experiment.is_still:
            own = reflections.select(each[i])
            found.append(BlankSearch(i, _kinds(experiment, own, params)))
    if not found:
        raise InputError("detect_blanks needs a scan, and there are only stills; leave them out")
    return Result(experiments, reflections, DetectBlanksSummary(experiments=tuple(found)))


def _kinds(experiment: Experiment, own: Reflections, params: DetectBlanksParams) -> tuple[AlongScan, ...]:
    edges = _edges(experiment, params.phi_step)
    z = own["xyzobs.px.value"][:, 2]
    found = []
    for kind, flag in KINDS.items():
        rows = own.has(flag)
        if rows.any():
            counts = np.histogram(z[rows], edges)[0] / np.diff(edges)
            found.append(_along(kind, int(rows.sum()), edges, counts, params.counts_fractional_loss))
    integrated = own.has(Flag.INTEGRATED_SUM) if "intensity.sum.variance" in own else np.zeros(len(own), bool)
    integrated &= own["intensity.sum.variance"] > 0 if integrated.any() else integrated
    if integrated.any():
        ratio = own["intensity.sum.value"][integrated] / np.sqrt(own["intensity.sum.variance"][integrated])
        number = np.histogram(z[integrated], edges)[0]
        total = np.histogram(z[integrated], edges, weights=ratio)[0]
        mean = total / np.maximum(number, 1)
        found.append(_along("integrated", len(ratio), edges, mean, params.misigma_fractional_loss))
    return tuple(found)


def _edges(experiment: Experiment, phi_step: float) -> np.ndarray:
    """(n + 1,) images: whole ones, about ``phi_step`` degrees apart; the last step may be shorter."""
    scan = experiment.needed_scan
    first, last = scan.array_range
    step = max(1, round(phi_step / abs(scan.oscillation[1])))
    return np.array([*range(first, last, step), last], float)


def _along(kind: str, n: int, edges: np.ndarray, values: np.ndarray, fraction: float) -> AlongScan:
    blank = values < fraction * values.max()
    return AlongScan(
        kind=kind,
        n=n,
        low=tuple(edges[:-1].tolist()),
        high=tuple(edges[1:].tolist()),
        value=tuple(values.tolist()),
        blank=tuple(blank.tolist()),
        blank_images=tuple(_stretches(edges, blank)),
    )


def _stretches(edges: np.ndarray, blank: np.ndarray) -> list[Range]:
    """First and last image of each run of blank steps."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], blank, [False]]).astype(int)))
    return [(int(edges[a]) + 1, int(edges[b])) for a, b in zip(change[::2], change[1::2])]
