"""Blank, dimmed and displaced images, and the flawed wedges of a mesh."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.simulate.effects import beam_fluctuation, diffracting_volume, spot_shift
from gnomon.simulate.flaws import flawed_member, flawed_params
from gnomon.simulate.params import SweepParams
from gnomon.simulate.population import population
from gnomon.simulate.series import Series
from gnomon.simulate.species import species_of
from gnomon.simulate.species_params import CrystalsParams


def test_images_lose_beam_crystal_or_a_share_of_it():
    params = SweepParams(images=10, shut=((1, 2), (9, 10)), away=((4, 4),), dimmed=((5, 6, 0.1),))
    assert (beam_fluctuation(params) > 0).tolist() == [False] * 2 + [True] * 6 + [False] * 2
    assert diffracting_volume(params).tolist() == [1, 1, 1, 0, 0.1, 0.1, 1, 1, 1, 1]


def test_spots_move_from_the_middle_on():
    params = SweepParams(images=10, beam_jump=(2.5, 1.5))
    assert [spot_shift(params, j).tolist() for j in (1, 5, 6, 10)] == [[0, 0], [0, 0], [2.5, 1.5], [2.5, 1.5]]


@pytest.fixture(scope="module")
def members():
    flaws = ("two", "ice", "empty", "leaves", "cell", "mosaic", "damaged", "dim")
    params = CrystalsParams(
        species=("cow",), wedges=1, flaws=flaws, images=10, image_size=(195, 180), distance=150.0, d_min=5.0
    )
    return params, {m.flaw: m for m in population(params, species_of(params))}


def test_each_flaw_is_there_once(members):
    params, by_flaw = members
    assert list(by_flaw) == ["", *params.flaws]
    assert by_flaw["two"].name == "two_01"
    assert by_flaw["dim"].name == "dim_08"


def test_what_flaws_do(members):
    params, by_flaw = members
    own = {flaw: flawed_params(params, m) for flaw, m in by_flaw.items()}
    assert own["leaves"].away == ((5, 10),)
    assert own["empty"].away == ((1, 10),)
    assert own["ice"].ice > 0
    assert own["mosaic"].mosaicity == pytest.approx(5 * params.mosaicity)
    assert own["damaged"].decay_b == 30
    assert flawed_member(by_flaw["dim"]).scale == pytest.approx(0.05 * by_flaw["dim"].scale)
    a, b = flawed_member(by_flaw["cell"]).crystal.cell.a, by_flaw["cell"].crystal.cell.a
    assert a / b == pytest.approx(1.02, rel=1e-6)


def test_two_crystals_are_of_one_cell_in_two_orientations(members):
    params, by_flaw = members
    series = Series.of(params, species_of(params))
    first, second = series.setting_matrices(by_flaw["two"])
    assert np.linalg.det(first) == pytest.approx(np.linalg.det(second))
    assert np.abs(first - second).max() > 1e-3
    assert len(series.setting_matrices(by_flaw["ice"])) == 1
