"""Small HDF5 data sets, written as beamlines do."""

import numpy as np
import pytest

from gnomon.io.images.hdf5.write import Layout, MasterHeader, Recording, Turn
from gnomon.models.beam import Beam
from gnomon.models.detector import Panel

SHAPE = (37, 50)
OMEGA = Turn("omega", np.array([1.0, 0.0, 0.0]), 10 + 0.25 * np.arange(7), 0.25)


def told(axes=(OMEGA,), bits=32, n_images=7):
    panel = Panel(
        np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-1.7, 1.2, -90.0]), SHAPE[::-1], (0.075, 0.075),
        trusted_range=(-1.0, 2.0**min(bits, 31) - 2), thickness=0.45, material="Si",
    )  # fmt: skip
    bad = np.zeros(SHAPE, int)
    bad[3, 4] = 2
    return MasterHeader(Beam(wavelength=0.98), panel, axes, 0.01, bad, n_images, bits)


@pytest.fixture
def counts():
    """(7, slow, fast) int32 with a pixel that has no value."""
    images = np.random.default_rng(3).poisson(4, (7, *SHAPE)).astype(np.int32)
    images[:, 3, 4] = -1
    return images


@pytest.fixture
def record(tmp_path, counts):
    """``record(kind, layout, lost, **told)`` gives the path of the master; images ``lost`` are not written."""

    def write(kind="nxmx", layout=None, lost=(), **fields):
        layout = layout or Layout(per_file=3)
        path = tmp_path / "a_master.h5"
        recording = Recording(path, kind, told(bits=layout.bits, **fields), layout)
        for number in (2, 1, 7, 4, 3, 6, 5):
            if number not in lost:
                recording.write(number, counts[number - 1])
        recording.finish()
        return str(path)

    return write
