"""``export`` at the command line: limits hold for all that is written, and the free set is the one that was given."""

import json
from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.io.unmerged import read_data_set
from gnomon.maths.crystal.lattice import b_matrix, d_spacing
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


def sweep(wavelength=1.0):
    panel = Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-50.0, 50, -100]), (1000, 1000), (0.1, 0.1))
    crystal = Crystal(b_matrix(CELL), " P 2ac 2ab")
    return Experiment(
        Beam(wavelength=wavelength), Detector((panel,)), Goniometer(np.eye(3)[0]), Scan((1, 90), (0.0, 1.0)), crystal
    )


def scaled_pair(wavelengths=(1.0,)):
    """Two observations of every reflection to 3 Å on each wavelength, scaled."""
    rng = np.random.default_rng(6)
    hkl = np.tile(possible_indices(CELL, "P212121", 3.0), (2 * len(wavelengths), 1))
    n = len(hkl)
    mean = 1000 * np.exp(-20 / d_spacing(hkl, CELL) ** 2)
    table = Reflections(
        {
            "id": np.repeat(np.arange(len(wavelengths)), n // len(wavelengths)),
            "miller_index": hkl.astype(np.int32),
            "flags": np.full(n, Flag.SCALED, np.uint64),
            "intensity.scale.value": rng.exponential(mean) + 5 * rng.normal(size=n),
            "intensity.scale.variance": np.full(n, 25.0),
            "inverse_scale_factor": np.ones(n),
            "xyzobs.px.value": rng.uniform(0, 90, (n, 3)),
        },
        {i: f"sweep-{i}" for i in range(len(wavelengths))},
    )
    sweeps = [sweep(w).replace(identifier=f"sweep-{i}") for i, w in enumerate(wavelengths)]
    return Experiments.of(sweeps), table


def write_pair(folder, wavelengths=(1.0,)):
    experiments, table = scaled_pair(wavelengths)
    write_experiments(folder / "scaled.expt", experiments)
    write_reflections(folder / "scaled.refl", table)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pair(tmp_path)
    return tmp_path


def refln(path):
    return gemmi.as_refln_blocks(gemmi.cif.read(str(path)))[0]


def test_limits_reach_the_merged_part(folder, capsys):
    """ "left out: 31301 outside the limits" was said while the merged data went on to 2.50 Å."""
    main(["export", "scaled.expt", "scaled.refl", "format=mmcif", "d_min=4", "d_max=20"])
    d = d_spacing(refln("scaled.cif").make_miller_array(), CELL)
    assert (d.min() >= 4, d.max() <= 20, len(d) > 300) == (True, True, True)
    main(["export", "scaled.expt", "scaled.refl", "format=sca", "d_min=4"])
    hkl = [[int(line[a : a + 4]) for a in (0, 4, 8)] for line in Path("scaled.sca").read_text().splitlines()[3:]]
    assert d_spacing(np.array(hkl), CELL).min() >= 4


def test_no_free_set_is_made_up_for_mmcif(folder, capsys):
    main(["export", "scaled.expt", "scaled.refl", "format=mmcif"])
    assert set(refln("scaled.cif").block.find_loop("_refln.status")) <= {"o"}
    assert "no free set in the file" in capsys.readouterr().out


def test_the_free_set_of_the_merged_mtz_is_used(folder, capsys):
    main(["merge", "scaled.expt", "scaled.refl", "seed=5", "mtz=merged.mtz"])
    main(["export", "scaled.expt", "scaled.refl", "merged.mtz", "format=mmcif"])
    assert "flags from merged.mtz" in capsys.readouterr().out
    block = refln("scaled.cif")
    status = np.array(list(block.block.find_loop("_refln.status")))
    found = {tuple(h) for h in block.make_miller_array()[status == "f"].tolist()}
    mtz = gemmi.read_mtz_file("merged.mtz")
    wanted = mtz.make_miller_array()[np.array(mtz.column_with_label("FreeR_flag")) == 0]
    assert found == {tuple(h) for h in wanted.tolist()}
    assert len(found) > 20


def test_several_wavelengths_are_a_data_set_each(folder):
    write_pair(folder, (0.9793, 0.9797, 0.9793))
    main(["export", "scaled.expt", "scaled.refl"])
    mtz = gemmi.read_mtz_file("scaled.mtz")
    assert [(d.dataset_name, round(d.wavelength, 4)) for d in mtz.datasets[1:]] == [
        ("WAVE1", 0.9793),
        ("WAVE2", 0.9797),
    ]
    assert [mtz.batches[i].dataset_id for i in (0, 100, 250)] == [1, 2, 1]
    found = [round(e.beam.wavelength, 4) for e in read_data_set("scaled.mtz")[0]]
    assert found == [0.9793, 0.9797, 0.9793]
    main(["export", "scaled.expt", "scaled.refl", "format=xds_ascii"])
    assert [round(e.beam.wavelength, 4) for e in read_data_set("scaled.HKL")[0]] == found


def test_each_wavelength_is_a_step_of_the_record(folder):
    write_pair(folder, (0.9793, 0.9797))
    main(["merge", "scaled.expt", "scaled.refl"])
    steps = json.loads(Path("gnomon.merge.json").read_text())["steps"]
    assert [(s["step"], s["part"], s["outputs"][0]["path"]) for s in steps] == [
        ("merge", "0.97930", "merged_0.97930.mtz"),
        ("merge", "0.97970", "merged_0.97970.mtz"),
    ]
    assert [s["summary"]["wavelength"] for s in steps] == pytest.approx([0.9793, 0.9797])
    assert min(s["summary"]["free_set"]["count"] for s in steps) > 20
    main(["export", "scaled.expt", "scaled.refl"])
    (step,) = json.loads(Path("gnomon.export.json").read_text())["steps"]
    assert (step["step"], step["part"], step["summary"]["wavelengths"]) == ("export", "", [0.9793, 0.9797])


def test_what_holds_one_wavelength_is_written_of_each(folder, capsys):
    write_pair(folder, (0.9793, 0.9797, 0.9793))
    main(["merge", "scaled.expt", "scaled.refl"])
    files = [gemmi.read_mtz_file(f"merged_{w}.mtz") for w in ("0.97930", "0.97970")]
    assert [round(f.datasets[-1].wavelength, 4) for f in files] == [0.9793, 0.9797]
    assert [int(np.median(f.column_with_label("N").array)) for f in files] == [4, 2]
    flags = [np.array(f.column_with_label("FreeR_flag")) for f in files]
    np.testing.assert_array_equal(*flags)
    assert not Path("merged.mtz").exists()
    main(["export", "scaled.expt", "scaled.refl", "format=mmcif"])
    assert sorted(p.name for p in Path().glob("*.cif")) == ["scaled_0.97930.cif", "scaled_0.97970.cif"]
    assert "0.97930 Å" in capsys.readouterr().out


def integrated_pair(folder):
    """The sweep with counts beside its scaled intensities."""
    experiments, table = scaled_pair()
    n = len(table)
    counts = {
        "intensity.sum.value": 2 * table["intensity.scale.value"],
        "intensity.sum.variance": np.full(n, 100.0),
        "flags": np.full(n, Flag.SCALED | Flag.INTEGRATED, np.uint64),
        "panel": np.zeros(n, np.int32),
    }
    write_experiments(folder / "scaled.expt", experiments)
    write_reflections(folder / "scaled.refl", table.with_columns(counts))
    return table


def test_formats_have_the_names_of_dials(folder):
    table = integrated_pair(folder)
    data = ["scaled.expt", "scaled.refl"]
    main(["export", *data, "format=sadabs", "sadabs.hklout=a_1.sad", "run=2"])
    lines = Path("a_1.sad").read_text().splitlines()
    assert {int(line[28:32]) for line in lines} == {2}
    found = sorted(float(line[12:20]) for line in lines)
    np.testing.assert_allclose(found, np.sort(2 * table["intensity.scale.value"]), rtol=1e-4, atol=0.01)
    main(["export", *data, "format=json", "json.filename=points.json", "json.n_digits=3"])
    assert len(json.loads(Path("points.json").read_text())["rlp"]) == 3 * len(table)
    main(["export", *data, "format=json", "d_min=4"])
    rlp = np.array(json.loads(Path("rlp.json").read_text())["rlp"]).reshape(-1, 3)
    assert len(rlp) == (d_spacing(table["miller_index"], CELL) >= 4).sum()
    main(["export", *data, "format=nxs", "nxs.hklout=b.nxs"])
    main(["export", *data, "format=pets", "filename_prefix=c", "excitation_error_cutoff=1"])
    main(["export", "scaled.expt", "format=mosflm", "mosflm.directory=m"])
    main(["export", "scaled.expt", "format=mosflm", "mosflm.directory=m"])  # again into the folder that is there
    names = ("b.nxs", "c.cif_pets", "m/index.mat", "m/mosflm.in")
    assert [name for name in names if not Path(name).exists()] == []


def test_sadabs_takes_no_scaled_intensities(folder, capsys):
    with pytest.raises(SystemExit):
        main(["export", "scaled.expt", "scaled.refl", "format=sadabs", "intensity=scale"])
    assert "sadabs takes no scaled intensities; give intensity=sum or profile" in capsys.readouterr().err
    assert not Path("scaled.sad").exists()


def names_in(path):
    data_set = gemmi.read_mtz_file(path).datasets[-1]
    return data_set.crystal_name, data_set.project_name, data_set.dataset_name


def test_names_and_numbers_of_merge(folder):
    words = ["merge", "scaled.expt", "scaled.refl"]
    main(words)
    assert names_in("merged.mtz") == ("XTAL", "gnomon", "NATIVE")
    main([*words, "crystal_names=LYS", "project_name=P1", "dataset_names=SOAK", "output.json=m.json"])
    assert names_in("merged.mtz") == ("LYS", "P1", "SOAK")
    told = json.loads(Path("m.json").read_text())["all"]
    assert told == json.loads(Path("gnomon.merge.json").read_text())["steps"][0]["summary"]
    assert told["n_unique"] == len(gemmi.read_mtz_file("merged.mtz").make_miller_array())
    main(["export", "scaled.expt", "scaled.refl", "mtz.crystal_name=LYS", "mtz.project_name=P1"])
    assert names_in("scaled.mtz") == ("LYS", "P1", "NATIVE")


def test_each_wavelength_has_its_name(folder, capsys):
    write_pair(folder, (0.9793, 0.9797))
    words = ["merge", "scaled.expt", "scaled.refl"]
    main([*words, "dataset_names=PEAK,INFL", "output.json=m.json"])
    assert [names_in(f"merged_{w}.mtz")[2] for w in ("0.97930", "0.97970")] == ["PEAK", "INFL"]
    assert list(json.loads(Path("m.json").read_text())) == ["0.97930", "0.97970"]
    with pytest.raises(SystemExit):
        main([*words, "dataset_names=A,B,C"])
    assert "dataset_names: 3 names for 2 wavelengths; give one, or one each" in capsys.readouterr().err
