"""process begins from what it is given, and what an earlier run left does not pass for its result."""

from pathlib import Path

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.process.start import start_of
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

SPECIES = ("cow", "pig")


@pytest.fixture(scope="module")
def data():
    return integrated_wedges(
        WedgesParams(species=SPECIES, wedges=4, d_min=3.0, basis="primitive", species_cc=0.9, image_size=(487, 619))
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(stem, experiments, table):
    write_experiments(f"{stem}.expt", experiments)
    write_reflections(f"{stem}.refl", table)


def species_by_cluster():
    """The names of the crystals of each cluster, but for their numbers."""
    names = {e.identifier: e.images.template for e in read_experiments("scaled.expt")}
    found = []
    for path in sorted(Path().glob("cluster_*_scaled.expt")):
        members = [Path(names[e.identifier]).name for e in read_experiments(path)]
        found.append((len(members), {name.partition("_")[0] for name in members}))
    return found


def test_integrated_crystals_become_merged_clusters(data, folder, capsys):
    experiments, table, _ = data
    write("integrated", experiments, table)
    for old in ("strong.refl", "scaled.mtz", "cluster_7_merged.mtz", "notes.txt"):
        Path(old).write_text("of an earlier run")
    before = Path("integrated.refl").read_bytes()
    main(["process", "integrated.expt", "integrated.refl", "nproc=1", "output.html=None"])
    said = capsys.readouterr().out
    assert "integrated data given: begins at symmetry" in said
    assert "8 crystals in orientations of their own" in said
    assert species_by_cluster() == [(4, {"cow"}), (4, {"pig"})]
    assert "cluster_0" in said.partition("What each sweep gave")[2]
    assert Path("integrated.refl").read_bytes() == before
    assert Path("strong.refl").read_text() == Path("notes.txt").read_text() == "of an earlier run"
    assert "scaled.mtz is now scaled.mtz.before1" in said
    assert "cluster_7_merged.mtz is now cluster_7_merged.mtz.before1" in said
    assert not Path("cluster_7_merged.mtz").exists()


def test_a_prefix_is_that_of_all_files_of_all_stages(data, folder, capsys):
    experiments, table, _ = data
    write("integrated", experiments, table)
    Path("out").mkdir()
    Path("out/cluster_7_a_merged.mtz").write_text("of an earlier run")
    main(["process", "integrated.expt", "integrated.refl", "nproc=1", "output.html=None", "output.prefix=out/a"])
    assert {path.name for path in folder.iterdir()} == {"integrated.expt", "integrated.refl", "out"}
    made = {path.name for path in Path("out").iterdir()}
    assert {"a_scaled.expt", "cluster_1_a_scaled.expt", "cluster_1_a_merged.mtz", "a_gnomon.process.json"} <= made
    assert all("a_" in name for name in made)
    assert "out/cluster_7_a_merged.mtz is now out/cluster_7_a_merged.mtz.before1" in capsys.readouterr().out
    main(["process", "integrated.expt", "integrated.refl", "nproc=1", "output.html=None", "output.prefix=out/a"])
    assert "as an earlier run left it" in capsys.readouterr().out


def test_files_of_crystals_apart_are_the_same_as_one_of_all(data, folder):
    experiments, table, _ = data
    write("all", experiments, table)
    for i in range(len(experiments)):
        write(f"one_{i}", *subset(experiments, table, [i]))
    both = [[f"{stem}.{kind}" for kind in ("expt", "refl")] for stem in ["all"]]
    apart = [f"one_{i}.{kind}" for kind in ("expt", "refl") for i in range(len(experiments))]
    made = []
    for number, words in enumerate((*both, apart)):
        Path(str(number)).mkdir()
        names = [f"output.{kind}=None" for kind in ("html", "unmerged_mtz")]
        main(["process", *words, "nproc=1", f"output.mtz={number}/merged.mtz", *names])
        assert len(list(Path(str(number)).glob("cluster_*_merged.mtz"))) == len(SPECIES)
        made.append(read_reflections("scaled.refl"))
    for name in ("id", "miller_index", "intensity.scale.value", "inverse_scale_factor"):
        np.testing.assert_array_equal(made[0][name], made[1][name])


def test_data_of_one_setting_stay_in_it(data, folder, capsys):
    experiments, table, _ = data
    write("integrated", experiments, table)
    main(["cosym", "integrated.expt", "integrated.refl", "space_group=I213", "output.html=None"])
    capsys.readouterr()
    main(["process", "symmetrized.expt", "symmetrized.refl", "nproc=1", "output.html=None"])
    said = capsys.readouterr().out
    assert "begins at scale, in the space group and setting they are in" in said
    assert {e.crystal.hall_symbol.strip() for e in read_experiments("scaled.expt")} == {"I 2b 2c 3"}


def test_images_beside_experiments_and_reflections_alone_are_refused(data, folder, capsys):
    write("integrated", *data[:2])
    for words, told in (
        (["integrated.expt", "a_001.cbf"], "a_001.cbf is given beside experiments"),
        (["integrated.refl"], "needs an experiment file"),
    ):
        with pytest.raises(SystemExit):
            main(["process", *words])
        assert told in capsys.readouterr().err


def test_a_run_that_fails_leaves_no_older_results(data, folder, capsys):
    experiments, table, _ = data
    write("integrated", *subset(experiments, table, [0]))
    Path("merged.mtz").write_text("of an earlier run")
    with pytest.raises(SystemExit):  # nothing is left between the limits
        main(["process", "integrated.expt", "integrated.refl", "d_min=100", "nproc=1"])
    assert "merged.mtz is now merged.mtz.before1" in capsys.readouterr().out
    assert not Path("merged.mtz").exists()


def test_the_start_is_what_has_not_been_done(data):
    experiments, table, _ = data
    assert start_of(experiments, None, False) == "find_spots"
    spots = Reflections({"id": np.full(3, -1), "flags": np.full(3, int(Flag.STRONG))})
    assert start_of(experiments, spots, False) == "index"
    indexed = table.with_columns({"flags": np.full(len(table), int(Flag.INDEXED | Flag.STRONG))})
    assert start_of(experiments, indexed, False) == "refine"
    assert start_of(experiments.with_items(e.replace(crystal=None) for e in experiments), indexed, False) == "index"
    assert start_of(experiments, table, False) == "symmetry"
    assert start_of(experiments, table, True) == "scale"
