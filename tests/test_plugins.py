"""A tiny package beside gnomon adds a format, a spot finder, an exporter and a step, by its entry points alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from gnomon import plugins as module
from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.plugins import plugins
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

PACKAGE = Path(__file__).parent / "tiny_package"


def run(folder: Path, *words: str, code: int = 0) -> str:
    """What ``gnomon words`` prints where the tiny package is installed."""
    path = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "gnomon", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def images(tmp_path, write_cbf) -> Path:
    """Five images of the tiny beamline with one spot of 3 x 3 pixels on the middle three."""
    for number in range(1, 6):
        pixels = np.random.default_rng(number).poisson(3.0, (60, 80)).astype(np.int32)
        if 2 <= number <= 4:
            pixels[20:23, 30:33] = 300
        header = {"Beamline": "tiny beamline", "Start_angle": f"{0.5 * number} deg."}
        write_cbf(tmp_path / f"a_{number:04d}.cbf", pixels, **header)
    return tmp_path


def test_a_beamline_corrects_the_frame_of_a_format_that_gnomon_knows(images):
    names = [f"a_{number:04d}.cbf" for number in range(1, 6)]
    assert "5 images (5 tiny beamline) in 1 sweep" in run(images, "import", *names)
    told = read_experiments(images / "imported.expt")[0].beam.wavelength
    alone = [sys.executable, "-m", "gnomon", "import", *names, "output.experiments=plain.expt"]
    subprocess.run(alone, cwd=images, check=True, capture_output=True)
    assert told == pytest.approx(1.01 * read_experiments(images / "plain.expt")[0].beam.wavelength)


def test_a_spot_finder_gets_its_images_by_the_batch_and_is_chosen_by_name(images):
    run(images, "import", *(f"a_{number:04d}.cbf" for number in range(1, 6)))
    tables = []
    for workers in ("1", "3"):
        printed = run(
            images, "find_spots", "imported.expt", "algorithm=brightest", f"nproc={workers}", "min_spot_size=3"
        )
        assert "brightest" in printed
        tables.append(read_reflections(images / "strong.refl"))
    np.testing.assert_allclose(tables[0]["xyzobs.px.value"], [[31.5, 21.5, 2.5]], atol=0.01)
    assert tables[0]["n_signal"].tolist() == [27]
    np.testing.assert_array_equal(tables[0]["intensity.sum.value"], tables[1]["intensity.sum.value"])
    assert "dispersion, radial_profile, brightest" in run(images, "find_spots", "--help")


@pytest.fixture
def integrated(tmp_path) -> Path:
    """A folder with integrated data of some wedges."""
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=5.0, basis="true"))
    write_experiments(tmp_path / "integrated.expt", experiments)
    write_reflections(tmp_path / "integrated.refl", table)
    return tmp_path


def test_a_step_is_a_command_a_function_and_a_place_in_the_chain(integrated):
    help_text = run(integrated, "--help")
    lines = [line.split()[0] for line in help_text.splitlines() if line.startswith("  ")]
    assert lines.index("integrate") < lines.index("halve") < lines.index("symmetry")
    printed = run(integrated, "halve", "integrated.expt", "integrated.refl", "part=0.25")
    n = len(read_reflections(integrated / "integrated.refl"))
    kept = len(read_reflections(integrated / "halved.refl"))
    assert kept == pytest.approx(n / 4, abs=1)
    assert f"reflections kept: {kept}\nshare of all: 25 %" in printed
    record = json.loads((integrated / "gnomon.halve.json").read_text())
    assert record["steps"][0]["summary"]["kept"] == kept
    told = run(integrated, "halve", "integrated.expt", code=2)
    assert "halve needs a reflection file; give one that ends in .refl" in told
    code = "import gnomon; print(gnomon.halve.name, 'halve' in gnomon.__all__)"
    path = os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.stdout.split() == ["halve", "True"], done.stderr


def test_an_exporter_writes_its_format_with_merged_data_where_it_wants_them(integrated):
    run(integrated, "scale", "integrated.expt", "integrated.refl", "output.html=None")
    printed = run(integrated, "export", "scaled.expt", "scaled.refl", "format=table")
    assert "wrote scaled.txt" in printed
    rows = np.loadtxt(integrated / "scaled.txt", dtype=int)
    assert rows.shape[1] == 3
    assert f"{len(rows)} observations, of which" in printed


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "gnomon.exporters")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (
            [entry("gone", "no_such_package:THING")],
            r"plug-in gone \(no_such_package:THING.*cannot be loaded: .*mend or",
        ),
        ([entry("csv", "json:dumps"), entry("csv", "json:loads")], "two packages add 'csv'"),
    ],
)
def test_a_package_that_cannot_be_used_is_named(entries, words, monkeypatch):
    monkeypatch.setattr(module, "entry_points", lambda group: entries)
    plugins.cache_clear()
    try:
        with pytest.raises(InputError, match=words):
            plugins("gnomon.exporters")
    finally:
        plugins.cache_clear()


def test_a_broken_step_of_a_package_costs_one_line(tmp_path):
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gnomon.steps]\nx = no_such_module:X\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "gnomon", "--help"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("gnomon: the gnomon.steps plug-in x (no_such_module:X, of broken) cannot be loaded:")
    assert len(done.stderr.splitlines()) == 1
