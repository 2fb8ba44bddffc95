"""The truth as experiments: what a perfect analysis would find."""

from __future__ import annotations

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import PARALLAX, Detector, Panel
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.scan import Scan
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.minicbf import COUNT_CUTOFF
from gnomon.simulate.params import SimulateParams


def true_experiments(
    params: SimulateParams, instrument: Instrument, settings: list[np.ndarray], hall_symbol: str, template: str
) -> Experiments:
    """One experiment a lattice, with the true geometry (not the header's); ``settings`` holds A of each."""
    beam = Beam(
        direction=-instrument.s0 * instrument.wavelength,
        wavelength=instrument.wavelength,
        polarization_fraction=instrument.polarization,
    )
    scan = Scan(
        (1, params.images), (params.start, params.width), np.ones(params.images), np.arange(params.images) * 1.0
    )
    images, detector = ImageSet(template=template), _detector(instrument)
    goniometer = Goniometer(rotation_axis=instrument.spindle)
    return Experiments.of(
        Experiment(
            beam, detector, goniometer, scan, Crystal(A, " " + hall_symbol, mosaicity=params.mosaicity),
            images=images, identifier=identifier_for("truth", template, i),
        )
        for i, A in enumerate(settings)
    )  # fmt: skip


def _detector(instrument: Instrument) -> Detector:
    x, y = (c * instrument.pixel_size for c in instrument.beam_centre)
    panel = Panel(
        fast_axis=np.array([1.0, 0.0, 0.0]),
        slow_axis=np.array([0.0, -1.0, 0.0]),
        origin=np.array([-x, y, -instrument.distance]),
        image_size=instrument.image_size,
        pixel_size=(instrument.pixel_size, instrument.pixel_size),
        trusted_range=(
            -1.0,
            float(COUNT_CUTOFF),
        ),  # as of a Pilatus; DIALS 3.12 trusts only what is above the lower end
        thickness=instrument.thickness,
        material="Si",
        mu=instrument.mu,
        px_mm_strategy=PARALLAX,
    )
    return Detector((panel,))
