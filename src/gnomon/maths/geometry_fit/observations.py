"""The reflections a fit works from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gnomon.maths.geometry.centroids import observed_rays
from gnomon.maths.geometry.ewald import is_entering
from gnomon.maths.geometry_fit.precision import FIRST_EXCESS, angle_kind, counting_variance, is_cut_by_scan
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections


@dataclass(frozen=True)
class Observations:
    """N reflections, experiment by experiment."""

    rows: np.ndarray  # (N,) in the table
    experiment: np.ndarray  # (N,)
    panel: np.ndarray  # (N,)
    hkl: np.ndarray  # (N, 3), float
    px: np.ndarray  # (N, 3): px, px, images
    phi: np.ndarray  # (N,), rad
    entering: np.ndarray  # (N,)
    unit: np.ndarray  # (N, 3): mm, mm, rad in a px, px, image
    variance: np.ndarray  # (N, 3), px^2, px^2, image^2, by counting statistics
    kind: np.ndarray  # (N,), of spots that know their angle equally well, see gnomon.maths.geometry_fit.precision
    weight: np.ndarray  # (N,), what the tails of the residuals make of each; 1 of a spot that errs as it should
    domains: np.ndarray  # (N, 3), px^2, px^2, image^2, the variance by the domains of the crystal
    share: np.ndarray  # (N, 3), of the rest of the variance that is left where domains explain some
    excess: np.ndarray = field(
        default_factory=FIRST_EXCESS.copy
    )  # (kinds, 3), px^2, px^2, image^2, what comes on top of the variance

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def sigma(self) -> np.ndarray:
        """(N, 3): mm, mm, rad, larger where the weight is less than 1."""
        variance = self.share * (self.variance + self.excess[self.kind]) + self.domains
        return np.sqrt(variance / self.weight[:, None]) * self.unit

    def select(self, which: np.ndarray) -> Observations:
        """Those at ``which``, a mask or indices."""
        return replace(self, **{name: getattr(self, name)[which] for name in _PER_REFLECTION})


_PER_REFLECTION = tuple(name for name in Observations.__dataclass_fields__ if name != "excess")


def usable(experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(N,) bool: indexed, with a variance of its centroid, on an image that counts, not excluded from refinement."""
    number, z = reflections["id"], reflections["xyzobs.px.value"][:, 2]
    good = (number >= 0) & (number < len(experiments)) & (reflections["miller_index"] != 0).any(axis=1)
    if "flags" in reflections:
        good &= ~reflections.has(Flag.EXCLUDED_FOR_REFINEMENT | Flag.NOT_SUITABLE_FOR_REFINEMENT)
    good &= (reflections["xyzobs.px.variance"] > 0).all(axis=1)
    each = reflections.by_experiment()
    for i, experiment in enumerate(experiments):
        (first, last), own = experiment.needed_scan.array_range, z[each[i]]
        good[each[i]] &= (own >= first) & (own <= last) & experiment.is_valid_at(own)
    return good


def is_whole(experiment: Experiment, panel: np.ndarray, bbox: np.ndarray) -> np.ndarray:
    """(N,) bool: whether neither the ends of the scan nor the edges of the panels (N,) may cut the boxes (N, 6)."""
    size = experiment.detector.image_sizes[panel]
    inside = (bbox[:, 0] > 0) & (bbox[:, 2] > 0) & (bbox[:, 1] < size[:, 0]) & (bbox[:, 3] < size[:, 1])
    return inside & ~is_cut_by_scan(experiment, bbox)


LEAST_WHOLE = 200  # reflections of an experiment that suffice without those that are cut: ten a parameter
USUAL_SINE = 0.2  # of the diffraction angle of most reflections, X-rays


def _one(
    experiment: Experiment, number: int, rows: np.ndarray, reflections: Reflections, cutoff: float
) -> Observations:
    """The observations of one experiment; those near the spindle, |(u1 x u0) . axis| < cutoff, are left out.

    So are those that are cut, where enough are whole: a spot wanders over the detector as it crosses, and what is
    seen of it errs in position and angle to one side, alike in all crystals. The distance took 23 um from that.

    reflections: with variances by counting.
    """
    bbox = reflections["bbox"][rows] if "bbox" in reflections else None
    if bbox is not None:
        whole = is_whole(experiment, reflections["panel"][rows].astype(np.intp), bbox)
        if whole.sum() >= LEAST_WHOLE:
            rows, bbox = rows[whole], bbox[whole]
    panel, px = reflections["panel"][rows].astype(np.intp), reflections["xyzobs.px.value"][rows]
    s1, mm = observed_rays(experiment, panel, px)
    s0, width = experiment.beam.s0, np.deg2rad(experiment.needed_scan.oscillation[1])
    normal = np.cross(s1, s0) / (s0 @ s0)
    volume = np.abs(normal @ experiment.needed_goniometer.lab_axis)
    if len(
        rows
    ):  # electrons diffract within a degree or two of the beam: all volumes are small, not all ill determined
        cutoff *= min(1.0, float(np.median(np.linalg.norm(normal, axis=1))) / USUAL_SINE)
    kind = angle_kind(experiment, bbox, len(rows))
    found = Observations(
        rows=rows,
        experiment=np.full(len(rows), number),
        panel=panel,
        hkl=reflections["miller_index"][rows].astype(float),
        px=px,
        phi=mm[:, 2],
        entering=is_entering(experiment, s1),
        unit=np.column_stack([experiment.detector.pixel_sizes[panel], np.full(len(rows), abs(width))]),
        variance=reflections["xyzobs.px.variance"][rows],
        kind=kind,
        weight=np.ones(len(rows)),
        domains=np.zeros((len(rows), 3)),
        share=np.ones((len(rows), 3)),
    )
    return found.select(volume >= cutoff)


def observations(experiments: Experiments, reflections: Reflections, cutoff: float) -> Observations:
    """The usable reflections in order of their experiments and, within, of the table.

    cutoff: the volume of spindle, beam and ray (unit vectors) below which phi is ill determined (Waterman et al.
    2016, eq. 40).
    """
    good = usable(experiments, reflections)
    each = reflections.by_experiment()
    rows = [each.array(i)[good[each[i]]] for i in range(len(experiments))]
    counted = counting_variance(reflections["xyzobs.px.variance"])
    by_counting = reflections.with_columns({"xyzobs.px.variance": counted})
    parts = [_one(e, i, rows[i], by_counting, cutoff) for i, e in enumerate(experiments)]
    return Observations(*(np.concatenate([getattr(p, f) for p in parts]) for f in _PER_REFLECTION))
