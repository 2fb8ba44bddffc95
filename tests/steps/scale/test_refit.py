"""a and b that were planted come out of refine_error_model."""

import json

import numpy as np
import pytest
from diffract import instrument

from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.scale.refit import refit_error_model


def scaled(a, b, each=4, n=1500):
    """``n`` unique reflections of P 1, ``each`` times measured, that scatter by a^2 (sigma^2 + (b I)^2)."""
    rng = np.random.default_rng(11)
    hkl = np.indices((20, 20, 20)).reshape(3, -1).T[1:]
    hkl = np.repeat(hkl[rng.permutation(len(hkl))[:n]], each, axis=0)
    I = np.repeat(np.exp(rng.uniform(np.log(30), np.log(3e4), n)), each)
    rows, g = len(I), rng.uniform(0.5, 2.0, n * each)
    sigma = np.sqrt(I + 20.0) * rng.uniform(0.8, 1.2, rows)
    value = I + rng.normal(size=rows) * a * np.hypot(sigma, b * I)
    flags = Flag.INTEGRATED_PRF | Flag.INTEGRATED_SUM | Flag.SCALED
    return Reflections({
        "miller_index": hkl, "id": np.zeros(rows, int), "flags": np.full(rows, np.uint64(flags)),
        "inverse_scale_factor": g, "intensity.prf.value": value * g, "intensity.prf.variance": (sigma * g) ** 2,
        "intensity.sum.value": value * g, "intensity.sum.variance": (sigma * g) ** 2,
    })  # fmt: skip


@pytest.mark.parametrize(("a", "b"), [(1.0, 0.03), (1.4, 0.06), (0.8, 0.0)])
def test_what_was_planted_is_found(a, b):
    found = refit_error_model(scaled(a, b), "P 1", "prf", 25.0, 8)
    assert found.a == pytest.approx(a, rel=0.04)
    assert found.b == pytest.approx(b, rel=0.06, abs=0.003)
    assert found.isa == pytest.approx(1 / (a * b), rel=0.08) if b else found.isa > 300
    assert len(found.bins) == 8
    assert sum(one.n for one in found.bins) == found.n
    assert all(one.after == pytest.approx(1.0, abs=0.25) for one in found.bins)
    assert found.bins[0].before > 1.3 * a**2 if b else True


def test_what_is_given_is_held():
    table = scaled(1.4, 0.06)
    held_a = refit_error_model(table, "P 1", "sum", 25.0, 5, (1.2, None))
    assert held_a.a == pytest.approx(1.2)
    assert held_a.a * held_a.b == pytest.approx(1.4 * 0.06, rel=0.1)  # which the strong reflections tell alone
    held_b = refit_error_model(table, "P 1", "sum", 25.0, 5, (None, 0.02))
    assert held_b.b == pytest.approx(0.02)
    assert held_b.a > 1.6  # to make up for a b that is too small
    assert refit_error_model(table, "P 1", "sum", 25.0, 5, (1.4, 0.06)).bins[0].after == pytest.approx(1.0, abs=0.2)


def test_too_few_are_told():
    with pytest.raises(InputError, match="has 0 observations with equivalents above min_Ih=1e"):
        refit_error_model(scaled(1.0, 0.03), "P 1", "prf", 1e9, 5)


def test_the_command_says_and_writes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    crystal = Crystal(b_matrix(np.array([60.0, 60, 60, 90, 90, 90])))
    table = scaled(1.4, 0.06)
    write_experiments("scaled.expt", Experiments.of([instrument().replace(crystal=crystal)]))
    write_reflections("scaled.refl", table.with_identifiers({0: "truth"}))
    main(["refine_error_model", "scaled.expt", "scaled.refl", "output.json=model.json", "min_Ih=30"])
    found = json.loads((tmp_path / "model.json").read_text())
    assert found["a"] == pytest.approx(1.4, rel=0.04)
    assert f"a = {found['a']:.5f}, b = {found['b']:.5f}" in capsys.readouterr().out
    assert "Error model" in (tmp_path / "error_model.html").read_text()
