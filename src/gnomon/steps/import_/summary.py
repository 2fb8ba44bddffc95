"""What import found."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiment, Experiments
from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class SweepSummary:
    """What the headers of one sweep, or of one still, say, and what was given in their stead."""

    template: str = figure("name of its files, with # for the digits of their numbers; the file's of a single image")
    still: bool = figure("whether the crystal does not turn")
    image_range: tuple[int, int] = figure("first and last image")
    oscillation: tuple[float, float] = figure("start and width of the first image; zeros of stills", unit="degree")
    axis: tuple[float, ...] = figure("direction of the rotation axis in the laboratory; empty where there is none")
    wavelength: float = figure("wavelength", unit="Å")
    distance: float = figure("from the crystal to the plane of the panel that the direct beam hits", unit="mm")
    beam_centre: tuple[float, float] = figure("where the direct beam meets it, fast and slow; nan: nowhere", unit="px")
    panel: int = figure("the panel that the direct beam hits, or the first")
    n_panels: int = figure("panels of the detector")
    image_size: tuple[int, int] = figure("pixels of that panel, fast and slow")
    detector: str = figure("serial number of the detector, empty where the header has none")


@dataclass(frozen=True, kw_only=True)
class ImportSummary(Summary):
    """What import found in all files."""

    formats: Mapping[str, int] = figure("images of each file format")
    n_images: int = figure("images")
    sweeps: tuple[SweepSummary, ...] = figure("one for each sweep, and for each still")
    shared: Mapping[str, tuple[tuple[int, ...], ...]] = figure(
        "of beam, detector and goniometer: the groups of sweeps that share one"
    )
    shadowing_parts: int = figure("parts of the goniometer whose shadows are left out of every image")
    overruled: tuple[str, ...] = figure("kinds of model that parameters or a reference changed")
    warnings: tuple[str, ...] = figure("what was left out, and what is doubtful")


def summary_of(
    experiments: Experiments, formats: Mapping[str, int], warnings: Sequence[str], overruled: Sequence[str]
) -> ImportSummary:
    """The summary; formats: images of each; overruled: the kinds of model that parameters or a reference changed."""
    kinds = ("beam", "detector", "goniometer")
    return ImportSummary(
        formats=dict(formats),
        n_images=sum(formats.values()),
        sweeps=tuple(_sweep(experiment) for experiment in experiments),
        shared={kind: tuple(tuple(members) for _, members in experiments.groups_sharing(kind)) for kind in kinds},
        shadowing_parts=max((e.images.shadowing_parts for e in experiments if e.images), default=0),
        overruled=tuple(overruled),
        warnings=tuple(warnings),
    )


def _sweep(experiment: Experiment) -> SweepSummary:
    scan, images, detector = experiment.scan, experiment.images, experiment.detector
    s0 = experiment.beam.s0[None]
    panel = max(int(detector.find_panel(s0)[0]), 0)  # the one that the direct beam hits, or the first
    normal, origin = detector.normals[panel], detector.frames[panel, :, 2]
    fast, slow = detector.mm_to_pixel(panel, detector.intersect(panel, s0))[0].tolist()
    axis = () if experiment.goniometer is None else np.round(experiment.goniometer.lab_axis, 4).tolist()
    nx, ny = detector.panels[panel].image_size
    start, width = scan.oscillation if scan else (0.0, 0.0)
    return SweepSummary(
        template=os.path.basename(images.template or images.paths[0]) if images else "",
        still=experiment.is_still,
        image_range=scan.image_range if scan else (1, 1),
        oscillation=(float(start), float(width)),
        axis=tuple(axis),
        wavelength=float(experiment.beam.wavelength),
        distance=abs(float(origin @ normal)),
        beam_centre=(fast, slow),
        panel=panel,
        n_panels=len(detector),
        image_size=(int(nx), int(ny)),
        detector=detector.panels[0].identifier,
    )
