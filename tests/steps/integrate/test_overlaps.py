"""Two crystals in one beam, most of whose spots claim each other's pixels, against the truth of both."""

from dataclasses import replace

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.truth import TrueReflections
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.step import integrate

from .conftest import SMALL, strong_of

TWO = SMALL.changed(
    cell=(78, 78, 78, 90, 90, 90), space_group="I213", images=8, width=1.0, distance=75.0, second_lattice=0.6,
    second_lattice_angle=37.0, dead_pixels=0, image_size=(487, 407), mosaicity=0.12, mean_intensity=150.0, d_min=None,
)  # fmt: skip


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The table of both lattices, in which each whole reflection is in the truth, and what the images hold of it."""
    folder = tmp_path_factory.mktemp("two")
    truth = simulate_dataset(TWO, folder)
    experiments, t = read_experiments(folder / "truth.expt"), truth.reflections
    found = []
    for number in (0, 1):
        own = experiments.with_items([experiments[number]])
        mine = TrueReflections(**{name: values[t.lattice == number] for name, values in t.arrays.items()})
        spots = strong_of(replace(truth, reflections=mine), own)
        spots = spots.with_columns({"id": np.full(len(spots), number)})
        found.append(spots.with_identifiers({number: experiments[number].identifier}))
    table = integrate(experiments, Reflections.concatenate(found), IntegrateParams()).reflections
    rows = {(int(n), *h, bool(e)): i for i, (n, h, e) in enumerate(zip(t.lattice, map(tuple, t.hkl), t.entering))}
    keys = zip(table["id"], map(tuple, table["miller_index"]), table["entering"])
    at = np.array([rows.get((int(n), *h, bool(e)), -1) for n, h, e in keys])
    whole = (at >= 0) & (t.partiality[at] > 0.99) & (t.lost[at] < 1e-3 * t.counts[at]) & (table["partiality"] > 0.99)
    return table.select(whole), t.counts[at[whole]]


@pytest.mark.parametrize(("kind", "flag"), [("sum", Flag.INTEGRATED_SUM), ("prf", Flag.INTEGRATED_PRF)])
def test_neighbours_on_the_same_pixels_are_told_apart(compared, kind, flag):
    table, counts = compared
    use = table.has(Flag.OVERLAPPED_FG) & table.has(flag)
    assert use.sum() > 0.97 * table.has(Flag.OVERLAPPED_FG).sum() > 2000
    value, sigma = table[f"intensity.{kind}.value"][use], np.sqrt(table[f"intensity.{kind}.variance"][use])
    z = (value - counts[use]) / sigma
    assert abs(z.mean()) < 0.1
    assert z.std() < 1.15
    assert np.abs(z).max() < 15
    assert value.sum() / counts[use].sum() == pytest.approx(1, abs=0.005)
