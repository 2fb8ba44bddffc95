"""Cameras whose counts are noise about zero: from images to intensities without a parameter, and without bias."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from gnomon.pipeline import STAGES
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

BASE = {
    "image_size": (487, 407), "distance": 95.0, "images": 12, "wilson_b": 30.0, "seed": 3, "gaps": False,
    "dead_pixels": 0, "hot_pixels": 0,
}  # fmt: skip


def integrated(folder, **changes):
    simulate_dataset(SimulateParams(**{**BASE, **changes}), folder)
    result = import_images([str(p) for p in sorted(folder.glob("*.cbf"))], ImportParams())
    for step in ("find_spots", "index", "refine", "integrate"):
        result = STAGES[step](result.experiments, result.reflections if step != "find_spots" else None)
    return result.reflections


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
