"""Predicted reflections against the Laue condition written out elsewhere, and the files that they go to."""

from dataclasses import replace

import numpy as np
import pytest
from diffract import crystal, diffract, instrument

from gnomon import predict, read_reflections
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag

CELL = (50.0, 60.0, 70.0, 90.0, 100.0, 90.0)


@pytest.fixture(scope="module")
def experiments():
    return Experiments.of([instrument(n_images=30).replace(crystal=crystal(CELL, np.random.default_rng(5)))])


def same_spots(table, hkl, xyz):
    """Whether the same reflections are predicted at the same places."""
    order = [np.lexsort(np.column_stack([h, z.round(3)]).T) for h, z in
             ((table["miller_index"], table["xyzcal.px"][:, 2]), (hkl, xyz[:, 2]))]  # fmt: skip
    return (
        np.array_equal(table["miller_index"][order[0]], hkl[order[1]])
        and np.abs(table["xyzcal.px"][order[0]] - xyz[order[1]]).max() < 1e-6
    )


def test_every_reflection_is_where_the_laue_condition_has_it(experiments):
    result = predict(experiments, d_min=2.5)
    hkl, xyz = diffract(experiments[0], d_min=2.5)
    table = result.reflections
    assert len(table) == len(hkl) == result.summary.n_predicted[0] > 1000
    assert same_spots(table, hkl, xyz)
    assert table.has(Flag.PREDICTED).all()
    assert (np.diff(table["xyzcal.px"][:, 2]) >= 0).all()
    assert table.identifiers == {0: "truth"}


def test_a_buffer_goes_beyond_the_scan(experiments):
    more = predict(experiments, d_min=4.0, buffer_size=10).reflections
    longer = experiments[0].replace(scan=replace(experiments[0].scan, image_range=(-9, 40), oscillation=(-5.0, 0.5)))
    hkl, xyz = diffract(longer, d_min=4.0)
    assert len(more) == len(hkl)
    assert np.allclose(np.sort(more["xyzcal.px"][:, 2]), np.sort(xyz[:, 2]))
    assert more["xyzcal.px"][:, 2].min() < -1


def test_static_prediction_is_that_of_the_mean_crystal(experiments):
    (e,) = experiments
    points = np.repeat(e.crystal.A[None], 31, 0) * np.linspace(0.99, 1.01, 31)[:, None, None]
    varying = Experiments.of([e.replace(crystal=replace(e.crystal, A_at_scan_points=points))])
    static = predict(varying, d_min=3.0, force_static=True).reflections
    assert same_spots(static, *diffract(e, d_min=3.0))
    assert not np.array_equal(predict(varying, d_min=3.0).reflections["xyzcal.px"], static["xyzcal.px"])


def test_the_file_is_called_as_output_says(experiments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_experiments("a.expt", experiments)
    main(["predict", "a.expt", "d_min=4"])
    main(["predict", "a.expt", "d_min=4", "output=other.refl"])
    assert len(read_reflections("predicted.refl")) == len(read_reflections("other.refl")) > 100


def test_what_cannot_be_predicted_is_told(experiments):
    with pytest.raises(InputError, match="needs a crystal"):
        predict(Experiments.of([instrument()]))
    with pytest.raises(InputError, match="still"):
        predict(experiments.map(lambda e: e.replace(scan=None)))
