"""A small crystal, its instrument, and all its crossings."""

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.simulate.effects import orientation
from gnomon.simulate.ewald import crossings
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SimulateParams

SMALL = SimulateParams(cell=(25, 31, 38, 82, 95, 108), space_group="P1", d_min=2.2, images=20, width=1.0)


@pytest.fixture(scope="session")
def params():
    return SMALL


@pytest.fixture(scope="session")
def instrument(params):
    return Instrument.of(params)


@pytest.fixture(scope="session")
def setting(params):
    return orientation(params) @ b_matrix(np.array(params.cell))


@pytest.fixture(scope="session")
def indices():
    grid = np.stack(np.meshgrid(*[np.arange(-9, 10)] * 3, indexing="ij"), -1).reshape(-1, 3)
    return grid[(grid != 0).any(axis=1)]


@pytest.fixture(scope="session")
def found(indices, setting, instrument, params):
    return crossings(indices @ setting.T, instrument, 0.0, np.deg2rad(params.width * params.images))
