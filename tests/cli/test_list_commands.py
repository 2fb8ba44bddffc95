"""The commands on experiment lists: names of files, and what cannot be done in one line."""

import json

import numpy as np
import pytest
from diffract import crystal, instrument

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import write_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Eleven crystals in all.expt, with a reflection each in all.refl; the commands run there."""
    one, rng = instrument(), np.random.default_rng(0)
    items = [one.replace(identifier=f"e{i}", crystal=crystal((50, 60, 70, 90, 90, 90), rng)) for i in range(11)]
    write_experiments(tmp_path / "all.expt", Experiments.of(items))
    table = Reflections(
        {"id": range(11), "xyzobs.px.value": [[1.0, 1.0, 16.0 * i] for i in range(11)]}, {i: f"e{i}" for i in range(11)}
    )
    write_reflections(tmp_path / "all.refl", table)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def failed(capsys, *words):
    with pytest.raises(SystemExit):
        main(list(words))
    return capsys.readouterr().err


def test_parts_are_numbered_with_as_many_digits_as_needed(folder, capsys):
    main(["split_experiments", "all.expt", "all.refl"])
    assert sorted(p.name for p in folder.glob("split_*.expt")) == [f"split_{i:02d}.expt" for i in range(11)]
    assert "wrote split_00.expt to split_10.expt, 11 files with their reflections" in capsys.readouterr().out
    outputs = [
        entry["path"]
        for step in json.loads((folder / "gnomon.split_experiments.json").read_text())["steps"]
        for entry in step["outputs"]
    ]
    assert sorted(outputs) == sorted(f"split_{i:02d}.{kind}" for i in range(11) for kind in ("expt", "refl"))


def test_templates_that_do_not_work_are_told(folder, capsys):
    assert "use {prefix}, {index}" in failed(capsys, "split_experiments", "all.expt", "output.template={number}.expt")
    assert "put {index} into it" in failed(capsys, "split_experiments", "all.expt", "output.template=a.{extension}")
    assert not list(folder.glob("a.*"))


def test_the_names_that_dials_gives_outputs_will_do(folder):
    names = ["output.experiments_filename=x.expt", "output.reflections_filename=x.refl"]
    main(["combine_experiments", "all.expt", "all.refl", *names])
    assert len(read_experiments("x.expt")) == 11
    main(["slice_sequence", "all.expt", "image_range=1,20", "output.experiments_filename=y.expt"])
    assert read_experiments("y.expt")[0].scan.image_range == (1, 20)


def test_slices_are_named_after_their_input(folder):
    main(["slice_sequence", "all.expt", "all.refl", "image_range=1,20"])
    main(["slice_sequence", "all.expt", "all.refl", "block_size=45"])
    assert sorted(p.name for p in folder.glob("all_*")) == [
        "all_1_20.expt",
        "all_1_20.refl",
        "all_sliced.expt",
        "all_sliced.refl",
    ]
    assert len(read_experiments("all_sliced.expt")) == 22


def test_nothing_to_combine_or_cluster_is_told(folder, capsys):
    assert "needs pairs of files" in failed(capsys, "combine_experiments")
    assert "1 experiment and 0 reflection files" in failed(capsys, "combine_experiments", "all.expt")
    main(["split_experiments", "all.expt", "all.refl"])
    alone = failed(capsys, "combine_experiments", "split_00.expt", "split_00.refl", "clustering.use=true")
    assert "1 crystals, needed two" in alone
