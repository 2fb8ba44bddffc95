"""Wedges whose crystals slip on their mounts, from images: predictions and cells held to truth."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gnomon
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.maths.geometry.prediction import predict
from gnomon.maths.geometry.rotation_vectors import rotation_matrix
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.simulate.crystals import simulate_crystals
from gnomon.simulate.effects import Slippage
from gnomon.simulate.example import SERIES
from gnomon.simulate.population import population
from gnomon.simulate.species import species_of

STEPS = {
    "find_spots": ["imported.expt"],
    "index": ["imported.expt", "strong.refl", "joint=false"],
    "refine": ["indexed.expt", "indexed.refl"],
}


@pytest.mark.slow
@pytest.mark.parametrize("slippage", [0.02, 0.2])
def test_slipping_crystals_are_followed(tmp_path, slippage):
    params = SERIES["insulins_small"].changed(wedges=2, images=20, width=0.5, slippage=slippage)
    truth = simulate_crystals(params, tmp_path / "images")
    env = {**os.environ, "PYTHONPATH": str(Path(gnomon.__file__).parents[1])}
    for step, words in {"import": sorted(map(str, (tmp_path / "images").glob("*.gz"))), **STEPS}.items():
        done = subprocess.run(
            [sys.executable, "-m", "gnomon", step, *words], cwd=tmp_path, capture_output=True, text=True, env=env
        )
        assert done.returncode == 0, done.stdout + done.stderr
    table = read_reflections(tmp_path / "refined.refl")
    table = table.select(table.has(Flag.INDEXED))
    members = {m.name: m for m in population(params, species_of(params))}
    true = {Path(e.images.template).name[:-12]: e for e in read_experiments(tmp_path / "images" / "truth.expt")}
    errors = []
    for i, e in enumerate(read_experiments(tmp_path / "refined.expt")):
        name = Path(e.images.template).name[:-12]
        P = truth.setting_of(truth.names.index(name), e.crystal.A)
        slip = Slippage.of(params.changed(seed=members[name].seed))
        A = rotation_matrix(slip(np.deg2rad(0.5 * np.arange(21)))) @ true[name].crystal.A
        known = true[name].replace(crystal=replace(true[name].crystal, A=A[10], A_at_scan_points=A))
        rows = table.select(table["id"] == i)
        columns = {"miller_index": np.rint(rows["miller_index"] @ P).astype(int), "id": np.zeros(len(rows), int)}
        right = predict(Experiments.of([known]), rows.with_columns(columns))
        z = right["xyzcal.px"][:, 2]
        both = right.has(Flag.PREDICTED) & rows.has(Flag.PREDICTED) & (z > 0) & (z < 20)  # in the scan
        errors.append((rows["xyzcal.px"] - right["xyzcal.px"])[both])
        cell = cell_from_a_matrix(true[name].crystal.A @ P.T)
        assert np.abs(e.crystal.cell[:3] / cell[:3] - 1).max() < 4e-4
    x, y, z = np.sqrt((np.concatenate(errors) ** 2).mean(axis=0))
    assert max(x, y) < 0.07
    assert z < 0.05
