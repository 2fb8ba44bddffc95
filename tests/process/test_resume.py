"""A second run of process takes what the first left, of the same data and parameters; and a record redoes its run."""

import hashlib
import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from gnomon.cli.main import main
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.pipeline import Stage
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

GIVEN = ["integrated.expt", "integrated.refl", "nproc=1"]
ALL = ["cosym", "scale", "correlation_matrix", "scale", "scale"]


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A folder with a whole run."""
    folder, before = tmp_path_factory.mktemp("first"), Path.cwd()
    experiments, table, _ = integrated_wedges(
        WedgesParams(species=("cow", "pig"), wedges=3, d_min=3.3, basis="primitive", species_cc=0.9)
    )
    os.chdir(folder)
    os.environ["SOURCE_DATE_EPOCH"] = "1796000000"
    try:
        write_experiments("integrated.expt", experiments)
        write_reflections("integrated.refl", table)
        main(["process", *GIVEN])
    finally:
        os.chdir(before)
        del os.environ["SOURCE_DATE_EPOCH"]
    shutil.copytree(folder, kept := folder.with_name("kept"))
    return kept


@pytest.fixture
def again(first, monkeypatch):
    """That folder as it was, to work in (files name images by their full path); the steps that are run there."""
    shutil.rmtree(folder := first.with_name("first0"))
    shutil.copytree(first, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796000000")
    ran, call = [], Stage.__call__

    def noting(stage, *args, **kwargs):
        if stage.name not in ("merge", "export"):  # which are always done: nothing of them is kept
            ran.append(stage.name)
        return call(stage, *args, **kwargs)

    monkeypatch.setattr(Stage, "__call__", noting)
    return ran


def sums(folder="."):
    """The content of every file that holds data."""
    names = [p for p in Path(folder).iterdir() if p.suffix in (".expt", ".refl", ".mtz", ".npz")]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in names}


def test_what_is_whole_is_not_done_again(first, again, capsys):
    main(["process", *GIVEN])
    said = capsys.readouterr().out
    assert again == []
    assert said.count("as an earlier run left it") == len(ALL)
    assert sums() == sums(first)
    steps = json.loads(Path("gnomon.process.json").read_text())["steps"]
    assert [s["step"] for s in steps if s.get("kept")] == ALL
    assert "What each sweep gave" in said
    assert "Laue group" in said


def test_restart_does_all_again(first, again):
    main(["process", *GIVEN, "restart=true"])
    assert again == ALL
    assert sums() == sums(first)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("symmetrized.refl", ["cosym"]),
        ("gnomon.scale.json", ["scale"]),
        ("cluster_1_scaled.expt", ["scale"]),
        ("gnomon.correlation_matrix.npz", ["correlation_matrix"]),
        ("cluster_0_merged.mtz", []),
    ],
)
def test_what_is_lost_or_broken_alone_is_done_again(name, wanted, first, again):
    """What comes after it is of the same data still, as it is made anew to the same bytes."""
    if wanted == ["scale"]:
        Path(name).unlink()
    else:
        Path(name).write_bytes(Path(name).read_bytes()[:-7])
    main(["process", *GIVEN])
    assert again == wanted
    assert sums() == sums(first)


def test_changed_parameters_redo_what_depends_on_them(again):
    main(["process", *GIVEN, "d_min=3.6"])
    assert again == ["scale", "correlation_matrix", "scale", "scale"]
    again.clear()
    main(["process", *GIVEN, "d_min=3.6", "anomalous=true"])
    assert again == ["scale", "correlation_matrix", "scale", "scale"]
    again.clear()
    main(["process", *GIVEN, "d_min=3.6", "anomalous=true", "nproc=2"])
    assert again == []


def test_other_data_under_the_same_name_are_other_data(again):
    experiments, table, _ = integrated_wedges(
        WedgesParams(species=("cow", "pig"), wedges=3, d_min=3.3, basis="primitive", species_cc=0.9, seed=7)
    )
    write_experiments("integrated.expt", experiments)
    write_reflections("integrated.refl", table)
    main(["process", *GIVEN])
    assert again[0] == "cosym"
    assert len(again) >= 3


@pytest.mark.parametrize("death", [2, 5, 8, 11, 14])
def test_a_run_that_died_is_gone_on_with(death, first, again, monkeypatch):
    """Dead before its so-maniest file is in place."""
    for path in Path().iterdir():
        if path.name not in GIVEN:
            path.unlink()
    replace, written = os.replace, []

    def dying(source, target):
        written.append(target)
        if len(written) == death:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", dying)
    with pytest.raises(SystemExit):
        main(["process", *GIVEN])
    monkeypatch.setattr(os, "replace", replace)
    done = len(again)
    main(["process", *GIVEN])
    assert len(again) - len(ALL) <= 1  # the step in hand, and no other, is done twice
    assert done <= len(ALL)
    assert sums() == sums(first)


def test_a_record_redoes_its_run_to_the_byte(again, capsys, monkeypatch):
    script = Path(__file__).parents[2] / "tools" / "redo.py"
    module = importlib.util.module_from_spec(spec := importlib.util.spec_from_file_location("redo", script))
    monkeypatch.setitem(sys.modules, "redo", module)
    spec.loader.exec_module(module)
    for path in Path().iterdir():
        if path.name not in (*GIVEN, "gnomon.process.json"):
            path.unlink()
    assert module.main("gnomon.process.json", "redone") == 0
    said = capsys.readouterr().out
    assert said.count("the same") == 2 * 4 + 2 * 2  # cosym, scale and two clusters; two files of each for structures
    assert sums("redone").keys() >= {"symmetrized.expt", "scaled.refl", "cluster_1_merged.mtz"}
