"""``process`` hands parameters to single steps by their full names; small molecules; several wavelengths."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.errors import UsageError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.process.asked import STEPS_ASKED
from gnomon.process.params import ProcessParams
from gnomon.process.runner import Runner
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.step import HERE

QUIET = ["nproc=1", "output.html=None"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys, *words):
    main(["process", "a.cbf", *words, "-c"])
    return " ".join(capsys.readouterr().out.split())


def test_a_step_is_told_by_its_name_or_by_the_end_of_a_name(folder, capsys):
    assert "scale { cut_data { d_min = 2.0 } }" in shown(capsys, "scale.d_min=2")
    assert "refinement { parameterisation { scan_varying = False } }" in shown(capsys, "refine.scan_varying=false")
    assert "dispersion { sigma_strong = 4.0 }" in shown(capsys, "sigma_strong=4")
    assert "import { lookup { mask = m.mask } }" in shown(capsys, "mask=m.mask")  # of all steps, not of one
    geometry = shown(capsys, "distance=200", "fast_slow_beam_centre=10,20")
    assert "distance = 200.0" in geometry
    assert "fast_slow_beam_centre = 10.0,20.0" in geometry
    assert "scale {" not in shown(capsys, "d_min=2")  # process' own goes before


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("scale.dmin=2", "of scale: unknown parameter 'dmin'"),
        ("d_max=2", "ambiguous"),
        ("scale.d_min=-1", "scale.cut_data.d_min=-1: input should be greater than 0"),
        ("refine.nothing=2", "of refine: unknown parameter 'nothing'"),
        ("predict.d_min=2", "unknown parameter 'predict.d_min'"),
    ],
)
def test_what_no_step_knows_is_an_error(folder, capsys, word, said):
    with pytest.raises(SystemExit) as ended:
        main(["process", "a.cbf", word, "-c"])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_python_gives_them_by_step():
    params = ProcessParams(steps={"scale": {"d_min": "2.5"}})
    assert params.asked == {"scale": {"d_min": 2.5}}
    assert ProcessParams(small_molecule=True, steps={"symmetry": {"seed": 3}}).asked == {
        "symmetry": {"small_molecule": True, "seed": 3}
    }
    for steps, said in (({"predict": {}}, "no step predict"), ({"scale": {"dmin": 2}}, "did you mean d_min")):
        with pytest.raises((ValueError, UsageError), match=said):
            ProcessParams(steps=steps)
    assert set(STEPS_ASKED) > set(params.asked)


def test_what_was_asked_is_part_of_the_work_that_is_kept():
    """Else a second run with another parameter would take what the first left."""
    seen = []

    class Store:
        def found(self, work, given):
            seen.append(work.key)
            return "kept"

    class Given:
        mark = "x"

    for asked in ({}, {"scale": {"d_min": 2.0}}, {"scale": {"d_min": 2.5}}, {"refine": {"d_min": 2.5}}):
        assert Runner(HERE, Store(), asked).once("scale", Given(), {"anomalous": False}, None) == "kept"
    assert len(set(seen)) == 3
    assert seen[0] == seen[3]


def test_images_are_imported_as_told(folder, write_cbf, capsys):
    for number in (1, 2):
        write_cbf(folder / f"a_{number:04d}.cbf", np.zeros((60, 80), np.int32), Start_angle=f"{0.5 * number} deg.")
    with pytest.raises(SystemExit):
        main(["process", "a_0001.cbf", "a_0002.cbf", "distance=123.5", "integrate.d_min=2", *QUIET])  # no spots at all
    (found,) = read_experiments("imported.expt")
    fast, slow, origin = found.detector.frames[0].T
    assert abs(origin @ np.cross(fast, slow)) == pytest.approx(123.5)


def wedges(wavelengths=(1.0,), **params):
    """Integrated wedges of one kind of crystal, in the settings of their truth; wavelengths: one after the other."""
    given = WedgesParams(species=("cow",), wedges=4, d_min=4.0, basis="true", image_size=(487, 619), **params)
    experiments, table, _ = integrated_wedges(given)
    changed = [
        e.replace(beam=e.beam.with_s0(e.beam.s0 * e.beam.wavelength / wavelengths[i % len(wavelengths)]))
        for i, e in enumerate(experiments)
    ]
    return experiments.with_items(changed), table


def test_scale_goes_by_what_it_is_told(folder, capsys):
    experiments, table = wedges()
    write_experiments("integrated.expt", experiments)
    write_reflections("integrated.refl", table)
    main(["process", "integrated.expt", "integrated.refl", "many=false", "scale.d_min=6", "cosym.min_pairs=4", *QUIET])
    said = capsys.readouterr().out
    assert "resolution as asked, 6.00 Å" in said
    assert "cosym.* had no use: cosym did not run on these data" in said
    found = read_reflections("scaled.refl")
    used = found["d"][found["inverse_scale_factor"] > 0]
    assert used.min() == pytest.approx(6, abs=0.05)
    with pytest.raises(SystemExit):
        main(["process", "integrated.expt", "integrated.refl", "import.distance=6", *QUIET])
    assert "import.* changes how images are imported, and experiments are given" in capsys.readouterr().err


def test_each_wavelength_is_merged_by_itself(folder):
    experiments, table = wedges((0.9793, 0.9797))
    write_experiments("integrated.expt", experiments)
    write_reflections("integrated.refl", table)
    main(["process", "integrated.expt", "integrated.refl", "many=false", *QUIET])
    files = {w: gemmi.read_mtz_file(f"merged_{w}.mtz") for w in ("0.97930", "0.97970")}
    assert [round(f.datasets[-1].wavelength, 4) for f in files.values()] == [0.9793, 0.9797]
    n = [np.nansum(f.column_with_label("N").array) for f in files.values()]
    scaled = read_reflections("scaled.refl")
    used = scaled["inverse_scale_factor"] > 0
    share = [np.isin(scaled["id"][used], [i, i + 2]).sum() for i in (0, 1)]
    np.testing.assert_allclose(n, share, rtol=0.02)  # outliers
    assert not Path("merged.mtz").exists()


@pytest.mark.real
def test_a_small_molecule_goes_to_shelx(shared, folder):
    """L-cysteine: published are P212121, 5.428 8.141 12.038 (shared/data/README.md)."""
    files = [str(shared / "l_cysteine_integrated" / f"25_integrated{end}") for end in ("_experiments.json", ".refl")]
    main(["process", *files, "small_molecule=true", "composition=C3H7NO2S", *QUIET])
    ins = dict(line.split(maxsplit=1) for line in Path("scaled.ins").read_text().splitlines() if " " in line)
    assert ins["TITL"] == "gnomon in P212121, number 19"
    assert ins["SFAC"] == "C H N O S"
    assert ins["UNIT"] == "12 28 4 8 4"
    cells = [ins["CELL"].split()[1:4]]
    p4p = dict(line.split(maxsplit=1) for line in Path("scaled.p4p").read_text().splitlines())
    cells.append(p4p["CELL"].split()[:3])
    np.testing.assert_allclose(np.array(cells, float), [[5.428, 8.141, 12.038]] * 2, rtol=2e-3)
    rows = Path("scaled.hkl").read_text().splitlines()
    assert len(rows) > 2000
    assert rows[-1].split()[:3] == ["0", "0", "0"]
