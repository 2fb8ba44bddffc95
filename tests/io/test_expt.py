"""Experiment lists: every real file goes round without loss, and models keep their sharing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments

SHARED = Path(os.environ["GNOMON_SHARED_DATA"])
FILES = sorted([*SHARED.rglob("*.expt"), *SHARED.rglob("*experiments.json")])


def panel(**changes: Any) -> Panel:
    axes = {"fast_axis": np.array([1.0, 0, 0]), "slow_axis": np.array([0, -1.0, 0]), "origin": np.array([-1.0, 2, -90])}
    return Panel(**{**axes, "image_size": (10, 20), "pixel_size": (0.1, 0.1), **changes})


def differences(before: Any, after: Any, folder: Path, at: str = "") -> list[str]:
    """Paths into the JSON where a value of ``before`` is missing or different in ``after``."""
    if isinstance(before, dict):
        return [
            d
            for key, value in before.items()
            for d in (differences(value, after[key], folder, f"{at}/{key}") if key in after else [f"{at}/{key}"])
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [d for i, pair in enumerate(zip(before, after)) for d in differences(*pair, folder, f"{at}/{i}")]
    if before == "ImageSweep":  # the name of an ImageSequence before DIALS 3
        before = "ImageSequence"
    if isinstance(before, str) and before and at.startswith("/imageset") and not at.endswith("__id__"):
        before = os.path.normpath(folder.absolute() / before) if "params" not in at else before
    return [] if before == after else [f"{at}: {before!r} -> {after!r}"]


@pytest.mark.real
@pytest.mark.skipif(not FILES, reason="no shared data (GNOMON_SHARED_DATA)")
def test_every_real_file_goes_round_to_the_last_digit(tmp_path: Path) -> None:
    for path in FILES:
        write_experiments(tmp_path / "out.expt", read_experiments(path))
        before, after = (json.loads(p.read_text()) for p in (path, tmp_path / "out.expt"))
        assert differences(before, after, path.parent) == [], path


@pytest.mark.real
@pytest.mark.skipif(not FILES, reason="no shared data (GNOMON_SHARED_DATA)")
def test_shared_models_are_one_object() -> None:
    experiments = read_experiments(SHARED / "narrow_wedges/sweep_006_experiments.json")
    assert len(experiments) > 1
    assert len(experiments.groups_sharing("detector")) == 1
    assert len(experiments.groups_sharing("crystal")) == len(experiments)


def test_a_model_that_experiments_share_is_stored_once(tmp_path: Path) -> None:
    beam, detector = Beam(), Detector((panel(),))
    items = [Experiment(beam, detector, crystal=Crystal(np.diag([0.1, 0.2, 0.3])), identifier=str(i)) for i in range(3)]
    write_experiments(tmp_path / "a.expt", Experiments.of(items, ["2026|gnomon"]))
    content = json.loads((tmp_path / "a.expt").read_text())
    assert [len(content[k]) for k in ("beam", "detector", "crystal", "scan")] == [1, 1, 3, 0]
    again = read_experiments(tmp_path / "a.expt")
    assert again[0].detector is again[2].detector
    assert again[0].crystal is not again[2].crystal
    assert again.history == ("2026|gnomon",)
    assert [e.identifier for e in again] == ["0", "1", "2"]


def test_a_moved_crystal_is_written_not_the_vectors_of_its_file(tmp_path: Path) -> None:
    start = Experiment(Beam(), Detector((panel(),)), crystal=Crystal(np.diag([0.1, 0.2, 0.3])))
    write_experiments(tmp_path / "a.expt", Experiments.of([start]))
    read = read_experiments(tmp_path / "a.expt")[0]
    assert read.crystal is not None
    moved = read.replace(crystal=read.crystal.reindexed(np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1.0]])))
    write_experiments(tmp_path / "b.expt", Experiments.of([moved]))
    crystal = read_experiments(tmp_path / "b.expt")[0].crystal
    assert crystal is not None
    np.testing.assert_allclose(crystal.cell[:3], [5, 10, 10 / 3])


def test_scans_of_newer_versions_take_their_width_from_the_end_points(tmp_path: Path) -> None:
    starts = [10 + 0.1 * i for i in range(1000)]
    scan = {
        "image_range": [5, 1004],
        "batch_offset": 2,
        "properties": {"oscillation": starts, "exposure_time": [1.0] * 1000},
    }
    content = {
        "__id__": "ExperimentList",
        "experiment": [{"__id__": "Experiment", "beam": 0, "detector": 0, "scan": 0, "crystal": None, "profile": -1}],
        "beam": [{"direction": [0, 0, 1], "wavelength": 1, "unheard_of": [1, 2]}],
        "detector": [{"panels": [{"fast_axis": [1, 0, 0], "slow_axis": [0, 1, 0], "origin": [0, 0, 1],
                                  "image_size": [1, 1], "pixel_size": [1, 1]}]}],
        "scan": [scan],
    }  # fmt: skip
    (tmp_path / "new.expt").write_text(json.dumps(content))
    experiment = read_experiments(tmp_path / "new.expt")[0]
    assert experiment.scan is not None
    assert experiment.scan.oscillation == pytest.approx((10, 0.1), abs=1e-14)
    assert experiment.scan.batch_offset == 2
    assert experiment.scan.exposure_time is not None
    assert experiment.crystal is None
    assert experiment.beam.extra == {"unheard_of": [1, 2]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "not an experiment list"),
        ("[]", "needed an ExperimentList"),
        ('{"__id__": "Datablock"}', "needed an ExperimentList"),
        ('{"__id__": "ExperimentList", "experiment": [{"beam": 3}]}', "names beam 3"),
        ('{"__id__": "ExperimentList", "experiment": [{}]}', "no beam and no detector"),
        ('{"__id__": "ExperimentList", "beam": [{"direction": [0, 0, 1]}]}', "'wavelength' is missing"),
        ('{"__id__": "ExperimentList", "beam": [{"direction": [0, 1], "wavelength": 1}]}', "'direction' is not"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.expt").write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_experiments(tmp_path / "bad.expt")
    assert "\n" not in str(caught.value)
    assert "bad.expt" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*nowhere\.expt"):
        read_experiments(tmp_path / "nowhere.expt")
