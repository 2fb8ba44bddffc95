"""Cameras whose counts are noise about zero: from images to intensities without a parameter, and without bias."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.spatial import cKDTree

from gnomon.pipeline import STAGES
from gnomon.simulate.assess.frame import match
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

BASE = {
    "image_size": (487, 407), "distance": 95.0, "images": 12, "wilson_b": 30.0, "seed": 3, "gaps": False,
    "dead_pixels": 0, "hot_pixels": 0,
}  # fmt: skip


def processed(folder, given=None, **changes):
    """The truth, and what integration makes of it."""
    truth = simulate_dataset(SimulateParams(**{**BASE, **changes}), folder)
    result = import_images([str(p) for p in sorted(folder.glob("*.cbf"))], given or ImportParams())
    for step in ("find_spots", "index", "refine", "integrate"):
        result = STAGES[step](result.experiments, result.reflections if step != "find_spots" else None)
    return truth, result


def integrated(folder, **changes):
    return processed(folder, **changes)[1].reflections


def test_intensities_are_those_of_a_counting_detector(tmp_path):
    plain, signed = (integrated(tmp_path / name, read_noise=noise) for name, noise in (("plain", 0.0), ("signed", 4.0)))
    distance, same = cKDTree(plain["xyzcal.px"] * (1, 1, 10)).query(signed["xyzcal.px"] * (1, 1, 10))
    for kind in ("sum", "prf"):
        value, variance = f"intensity.{kind}.value", f"intensity.{kind}.variance"
        rows = (distance < 1.5) & (signed[variance] > 0) & (plain[variance][same] > 0)
        ours, theirs = signed[value][rows], plain[value][same][rows]
        assert len(ours) > 4000
        for part in np.array_split(np.argsort(theirs), 4):
            error = (ours - theirs)[part].std() / np.sqrt(len(part))
            assert abs((ours - theirs)[part].mean()) < 4 * error + 0.005 * theirs[part].mean()


@pytest.mark.parametrize(("gain", "noise"), [(1.0, 2.0), (3.0, 5.0)])
def test_sigmas_hold_the_noise_of_readout(tmp_path, gain, noise):
    """Spread of (I - truth) / sigma in bins of intensity; without the noise of readout 1.2 to 2.9 (gain 1)."""
    given = ImportParams() if gain == 1 else ImportParams(gain=gain)
    truth, result = processed(tmp_path, given, gain=gain, read_noise=noise, mean_intensity=60.0, images=20)
    (told,) = re.findall(r"readout adds ([\d.]+) photons", " ".join(result.summary.sentences))
    assert float(told) == pytest.approx(noise / gain, rel=0.04)  # weak spots in the blocks: 2.07 and 1.71
    table, true = result.reflections, truth.reflections
    row = match(truth, result.experiments, table)
    whole = (row >= 0) & (true.partiality[row] > 0.98) & (true.lost[row] < 0.01 * true.counts[row])
    for kind in ("sum", "prf"):
        value, variance = (table[f"intensity.{kind}.{name}"] for name in ("value", "variance"))
        rows = np.flatnonzero(whole & (variance > 0))
        expected = true.counts[row[rows]]
        pull = (value[rows] - expected) / np.sqrt(variance[rows])
        parts = np.array_split(np.argsort(expected), 6)
        spreads = [np.clip(pull[part], -5, 5).std() for part in parts]
        assert min(map(len, parts)) > 1000
        np.testing.assert_allclose(spreads[:-1], 1, atol=0.05)
        assert spreads[-1] == pytest.approx(1, abs=0.1)  # of counting cameras as well: profiles err, not counts
