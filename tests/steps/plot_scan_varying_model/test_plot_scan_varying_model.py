"""Turns, strains and beam shifts that were put in come out, in the summary, the table and the page."""

import numpy as np
import pytest
from diffract import crystal, instrument

from gnomon import plot_scan_varying_model
from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import rotation_about
from gnomon.pipeline import STEPS

CELL = (50.0, 60.0, 70.0, 90.0, 90.0, 90.0)


def varying(turn, strain=0.0, beam=0.0):
    """Twenty images over which a crystal turns by ``turn`` (3,) degrees about x, y and z, in that order, and swells."""
    from dataclasses import replace

    experiment = instrument(n_images=20, width=0.5, start=10.0)
    one = crystal(CELL, np.random.default_rng(3))
    along = np.linspace(0, 1, 21)
    x, y, z = np.eye(3)
    points = np.array([
        rotation_about(z, np.deg2rad(turn[2] * t)) @ rotation_about(y, np.deg2rad(turn[1] * t))
        @ rotation_about(x, np.deg2rad(turn[0] * t)) @ one.A / (1 + strain * t)
        for t in along
    ])  # fmt: skip
    s0 = np.array([rotation_about(y, np.deg2rad(beam * t)) @ experiment.beam.s0 for t in along])
    source = replace(experiment.beam, s0_at_scan_points=s0 if beam else None)
    return experiment.replace(crystal=replace(one, A_at_scan_points=points), beam=source)


def told(*experiments, **params):
    return plot_scan_varying_model(Experiments.of(experiments), **params)


def test_turns_and_strains_are_those_put_in():
    result = told(varying((0.3, -0.2, 0.5), strain=0.01))
    (model,) = result.summary.models
    assert model.image == tuple(range(21))
    assert (model.angle[0], model.angle[-1]) == (10.0, 20.0)
    assert [axis[-1] for axis in model.orientation] == pytest.approx([0.3, -0.2, 0.5], abs=1e-9)
    assert [axis[10] for axis in model.orientation] == pytest.approx([0.15, -0.1, 0.25], abs=1e-9)
    assert [edge[-1] / edge[0] for edge in model.cell[:3]] == pytest.approx([1.01] * 3)
    assert model.volume[-1] / model.volume[0] == pytest.approx(1.01**3)
    assert model.beam_centre == ()


def test_turns_about_other_axes():
    result = told(varying((0.4, 0.0, 0.0)), e1=(0, 1, 0), e2=(0, 0, 1), e3=(1, 0, 0))
    assert [axis[-1] for axis in result.summary.models[0].orientation] == pytest.approx([0, 0, 0.4], abs=1e-9)
    far = told(varying((0.4, 0.0, 0.0)), relative_to_static_orientation=False).summary.models[0].orientation
    assert max(abs(axis[0]) for axis in far) > 5


def test_the_beam_moves_by_distance_times_angle():
    (model,) = told(varying((0.1, 0, 0), beam=0.02)).summary.models
    fast, slow = model.beam_centre
    assert abs(fast[-1] - fast[0]) == pytest.approx(200 * np.tan(np.deg2rad(0.02)) / 0.172, rel=1e-4)
    assert slow[-1] == pytest.approx(slow[0])


def test_words_and_page_show_what_varies():
    result = told(
        varying((0.3, -0.2, 0.5), beam=0.02), instrument().replace(crystal=crystal(CELL, np.random.default_rng(1)))
    )
    stage = STEPS["plot_scan_varying_model"]
    words = stage.describe(result)
    assert "Experiment 1: nothing varies along the scan" in words
    last = words.split("\n\n")[0].splitlines()[-1].split()
    assert last[:2] == ["20", "20.00"]
    assert "0.5000" in last
    (section,) = stage.page_sections(result)
    assert {figure.title for figure in section.blocks} > {
        "a / Å",
        "beam fast / px",
        "turns from the mean orientation / °",
    }


def test_what_cannot_be_is_told():
    static = told(instrument().replace(crystal=crystal(CELL, np.random.default_rng(1))))
    assert STEPS["plot_scan_varying_model"].page_sections(static) == []
    with pytest.raises(InputError, match="not at right angles"):
        told(varying((0.1, 0, 0)), e1=(1, 1, 0))
    with pytest.raises(InputError, match="left-handed"):
        told(varying((0.1, 0, 0)), e1=(-1, 0, 0))
