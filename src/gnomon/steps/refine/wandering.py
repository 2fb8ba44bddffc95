"""Beams that wander along scans, as those of electron microscopes do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.model import model_of
from gnomon.maths.geometry_fit.options import Fit
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.refine.params import RefineParams
from gnomon.summary import Decision


def fit_beams_along(static: Fit, reflections: Reflections, params: RefineParams) -> Fit:
    """All that was fitted, fitted again with each scan's beam on a smooth path of its own.

    The beam moves all spots of an image alike, the crystal turns them about the beam and in angle: spots tell one from
    the other as long as the detector stands still. A crystal off the spindle moves them alike, too: on 60 degrees
    of electrons a beam's drift by .0008 degrees went as .02 mm of that, so that crystals are on the spindle here.
    """
    varying = replace(
        static.options, beam_interval=params.beam_interval, beam_intervals=params.beam_intervals, circles=False
    )
    before, after = (
        sum(len(beam.sigma) for beam in model_of(static.experiments, options).beams)
        for options in (static.options, varying)
    )
    held = tuple(place + after - before for place in static.options.held)  # of detectors alone, behind the beams
    return fit_geometry(static.experiments, reflections, replace(varying, held=held))


def beam_decision(experiments: Experiments) -> Decision:
    """How far the beams wander."""
    far = [_excursion(e.beam.s0_at_scan_points) for e in experiments if e.beam.s0_at_scan_points is not None]
    if not far:
        return Decision("beams stand still, because all of them is fixed", parameter="beam.fix")
    words = " to ".join(dict.fromkeys(f"{x:.2g}" for x in (min(far), max(far))))
    return Decision(f"beams wander along scans, by {words} degrees r.m.s.", evidence={"degrees": max(far)})


def _excursion(points: np.ndarray) -> float:
    """Degrees r.m.s. of wave vectors (n, 3) from their mean direction."""
    u = points / np.linalg.norm(points, axis=1, keepdims=True)
    mean = u.mean(axis=0)
    cosine = u @ (mean / np.linalg.norm(mean))
    return float(np.rad2deg(np.sqrt((np.arccos(np.clip(cosine, -1, 1)) ** 2).mean())))
