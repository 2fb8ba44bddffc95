"""Where simulated images go: a CBF file each, or HDF5."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from gnomon.simulate.image import DEAD_VALUE, Scene
from gnomon.simulate.minicbf import header_contents, write_image
from gnomon.simulate.true_models import InstrumentModels


class Recorder(Protocol):
    """Takes images by number (from 1), in any order, from any thread."""

    def write(self, number: int, image: np.ndarray) -> None:
        """An image (slow, fast) int32; negative pixels have no value."""

    def finish(self) -> None:
        """Called once, after the last image."""


class CbfFiles:
    """Images at the path ``template`` with their number for the hashes."""

    def __init__(self, scene: Scene, template: str) -> None:
        self._scene, self._template = scene, template

    def write(self, number: int, image: np.ndarray) -> None:
        """One file."""
        path = Path(self._template.replace("####", f"{number:04d}"))
        write_image(path, image, header_contents(self._scene.params, self._scene.instrument, number))

    def finish(self) -> None:
        """Nothing is left to do."""


def hdf5_recorder(scene: Scene, path: str, kind: str, bits: int) -> Recorder:
    """A recorder that writes the master file ``path`` (nxmx: a virtual data set; eiger: links) and its data files.

    The header tells what the instrument believes, errors included.
    """
    from gnomon.io.images.hdf5.write import (
        Layout,
        MasterHeader,
        Recording,  # h5py: only where asked for
        Turn,
    )

    params = scene.params
    models = InstrumentModels.of(scene.instrument)
    panel = models.detector.panels[0]
    x, y = (error * panel.pixel_size[0] for error in params.beam_error)
    limit = min(panel.trusted_range[1], 2.0**bits - 2)
    error = np.array([-x, y, -params.distance_error])
    believed = replace(panel, origin=panel.origin + error, trusted_range=(-1.0, limit))
    bad = scene.pixels.gaps.copy()
    bad.ravel()[scene.pixels.dead] = True
    angles = params.start + params.width * np.arange(params.images)
    axes = [Turn("omega", scene.instrument.spindle, angles, params.width)]
    header = MasterHeader(models.beam, believed, axes, 1.0, np.where(bad, -DEAD_VALUE, 0), params.images, bits)
    return Recording(Path(path), kind, header, Layout(bits, files="virtual" if kind == "nxmx" else "links"))
