"""``scale`` at the command line: what it scales to, and the MTZ files that it writes beside."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan

CELL = np.array([40.0, 50.0, 60.0, 90.0, 90.0, 90.0])
SIZES = {"first": 1.0, "second": 3.0}
"""How strong either still wedge is."""


def write_wedge(name: str) -> None:
    """Four observations of every reflection to 5 Å, of 5 images of 0.1 degrees, and the truth SIZES times over."""
    panel = Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-50.0, 50, -100]), (1000, 1000), (0.1, 0.1))
    crystal = Crystal(b_matrix(CELL), " P 2ac 2ab")
    scan = Scan((1, 5), (0.0, 0.1))
    wedge = Experiment(Beam(), Detector((panel,)), Goniometer(np.eye(3)[0]), scan, crystal, identifier=name)
    hkl = possible_indices(CELL, "P212121", 5.0)
    truth = np.random.default_rng(1).exponential(1e4, len(hkl))
    rng = np.random.default_rng(len(name))
    counts = rng.poisson(SIZES[name] * np.repeat(truth, 4)).astype(float)
    n = len(counts)
    table = Reflections(
        {
            "id": np.zeros(n, int),
            "miller_index": np.repeat(hkl, 4, axis=0).astype(np.int32),
            "flags": np.full(n, Flag.INTEGRATED_SUM, np.uint64),
            "s1": np.zeros((n, 3)),
            "intensity.sum.value": counts,
            "intensity.sum.variance": counts + 1.0,
            "xyzobs.px.value": rng.uniform(0, 5, (n, 3)),
        },
        {0: name},
    )
    write_experiments(f"{name}.expt", Experiments.of([wedge]))
    write_reflections(f"{name}.refl", table)


def run(*words: str) -> None:
    main([*words, "output.html=None"])


def columns(path: str) -> dict[str, np.ndarray]:
    mtz = gemmi.read_mtz_file(path)
    return {column.label: np.array(column.array) for column in mtz.columns}


def test_new_data_are_scaled_to_a_file_that_was_scaled_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their factor is 3, as planted, whatever the files' columns; MTZ files beside are those of export and merge."""
    monkeypatch.chdir(tmp_path)
    for name in SIZES:
        write_wedge(name)
    run("scale", "first.expt", "first.refl", "output.experiments=known.expt", "output.reflections=known.refl")
    mtz = ("output.unmerged_mtz=u.mtz", "output.merged_mtz=m.mtz")
    run("scale", "only_target=True", "second.refl", "second.expt", "known.refl", "known.expt", *mtz)
    found = read_reflections("scaled.refl")
    assert [e.identifier for e in read_experiments("scaled.expt")] == ["second"]
    assert np.median(found["inverse_scale_factor"]) == pytest.approx(3, rel=0.005)
    run("merge", "scaled.expt", "scaled.refl", "output.mtz=merged.mtz")
    main(["export", "scaled.expt", "scaled.refl", "output.file=unmerged.mtz"])
    for ours, theirs in (("u.mtz", "unmerged.mtz"), ("m.mtz", "merged.mtz")):
        one, other = columns(ours), columns(theirs)
        assert list(one) == list(other)
        for label in one:
            np.testing.assert_array_equal(one[label], other[label], err_msg=label)
