"""Nothing that is read is written over, whatever the command and however the name comes about."""

import os
from pathlib import Path

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections

X, Y = np.eye(3)[:2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of work with a pair of files of one crystal, ``a``, and a link to one of them."""
    monkeypatch.chdir(tmp_path)
    detector = Detector((Panel(X, -Y, np.array([-10.0, 10.0, -100.0]), (100, 100), (0.2, 0.2)),))
    images = ImageSet(template=str(tmp_path / "img_###.cbf"), mask=str(tmp_path / "pixels.mask"))
    crystal = Crystal(np.diag([1 / 50, 1 / 60, 1 / 70]), "P 1")
    write_experiments("a.expt", Experiments.of([Experiment(Beam(), detector, None, None, crystal, images=images)]))
    table = {"id": np.zeros(5, int), "panel": np.zeros(5, int), "miller_index": np.arange(15).reshape(5, 3)}
    write_reflections("a.refl", Reflections(table))
    for name in ("img_001.cbf", "pixels.mask"):
        Path(name).write_text(name)
    os.symlink("a.expt", "link.expt")
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".log"}


REINDEX = ["reindex", "a.expt", "a.refl", "change_of_basis_op=b,c,a"]
REFUSED = {
    "an output that is an input": [*REINDEX, "output.reflections=a.refl"],
    "by a link": ["reindex", "link.expt", REINDEX[-1], "output.experiments=a.expt"],
    "by another way to say it": [*REINDEX, "output.experiments=./a.expt"],
    "two outputs of one name": [*REINDEX, "output.experiments=x", "output.reflections=x"],
    "a log that is an input": [*REINDEX, "log=a.expt"],
    "a log that is an output": [*REINDEX, "log=reindexed.refl"],
    "a folder": [*REINDEX, "output.reflections=."],
    "an image": [*REINDEX, "output.reflections=img_001.cbf"],
    "a file of a parameter": ["apply_mask", "a.expt", "mask=pixels.mask", "output.experiments=pixels.mask"],
    "inputs by their names": [
        "combine_experiments",
        "reflections=a.refl",
        "experiments=a.expt",
        "output.reflections=a.refl",
    ],
}
STRANGE = ["reindex a.expt a.refl extra_word", "show a.expt nonexist.txt", "simulate images=1 b"]


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED)
def test_refused_before_any_work(words, folder, capsys):
    before = contents(folder)
    with pytest.raises(SystemExit):
        main(words)
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "give" in error
    assert contents(folder) == before


@pytest.mark.parametrize("words", STRANGE)
def test_words_that_mean_nothing_are_refused(words, folder, capsys):
    before = contents(folder)
    with pytest.raises(SystemExit):
        main(words.split())
    assert f"'{words.split()[-1]}' is no" in capsys.readouterr().err
    assert contents(folder) == before


def test_experiments_and_reflections_by_name_are_inputs(folder):
    main(["combine_experiments", "experiments=a.expt", "reflections=a.refl"])
    assert len(read_reflections("combined.refl")) == 5


def test_a_default_name_that_is_read_is_kept(folder, capsys):
    """``dials.refine refined.expt refined.refl`` stands in tutorials; the first run's files are there after it."""
    main(REINDEX)
    before = contents(folder)
    capsys.readouterr()
    main(["reindex", "reindexed.expt", "reindexed.refl", "change_of_basis_op=b,c,a"])
    after = contents(folder)
    for name in ("reindexed.expt", "reindexed.refl"):
        assert after[f"{name}.before1"] == before[name]
        assert after[name] != before[name]
    assert "reindexed.refl was read here and is new now: what it was is kept as" in capsys.readouterr().out
    np.testing.assert_array_equal(
        np.sort(read_reflections("reindexed.refl")["miller_index"]), np.sort(read_reflections("a.refl")["miller_index"])
    )


def test_devices_stay_devices(folder):
    main([*REINDEX, "output.reflections=/dev/null"])
    assert not os.path.isfile("/dev/null")
    assert len(read_experiments("reindexed.expt")) == 1
    main([*REINDEX, "output.experiments=/dev/null", "output.reflections=/dev/null"])
    assert not os.path.isfile("/dev/null")


def test_files_of_two_runs_are_not_taken_for_a_pair(folder, capsys):
    """As a kill or a full disk between the two files leaves them, or two runs at a time."""
    main(REINDEX)
    old = Path("reindexed.expt").read_bytes()
    main(["reindex", "a.expt", "a.refl", "change_of_basis_op=c,a,b"])
    main(["reindex", "reindexed.expt", "reindexed.refl", "change_of_basis_op=a,b,c", "output.reflections=fits.refl"])
    Path("reindexed.expt").write_bytes(old)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["reindex", "reindexed.expt", "reindexed.refl", "change_of_basis_op=a,b,c", "output.reflections=x.refl"])
    assert "reindexed.refl is not the one that gnomon.reindex wrote" in capsys.readouterr().err
    assert not os.path.exists("x.refl")
