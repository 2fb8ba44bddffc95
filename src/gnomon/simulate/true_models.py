"""The truth as experiments: what a perfect analysis would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from gnomon.simulate.params import SweepParams


@dataclass(frozen=True)
class InstrumentModels:
    """Beam, detector and goniometer, to be shared by all that was measured there."""

    beam: Beam
    detector: Detector
    goniometer: Goniometer

    @classmethod
    def of(cls, instrument: Instrument) -> InstrumentModels:
        """With the true geometry, not the header's."""
        beam = Beam(
            direction=-instrument.s0 * instrument.wavelength,
            wavelength=instrument.wavelength,
            polarization_fraction=instrument.polarization,
        )
        return cls(beam, _detector(instrument), Goniometer(rotation_axis=instrument.spindle))


def true_experiments(
    params: SweepParams, models: InstrumentModels, settings: Sequence[np.ndarray], hall_symbol: str, template: str
) -> Experiments:
    """One experiment a lattice; ``settings`` holds A of each at angle zero."""
    scan = Scan(
        (1, params.images), (params.start, params.width), np.ones(params.images), np.arange(params.images) * 1.0
    )
    images = ImageSet(template=template)
    return Experiments.of(
        Experiment(
            models.beam, models.detector, models.goniometer, scan,
            Crystal(A, " " + hall_symbol, mosaicity=params.mosaicity),
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
