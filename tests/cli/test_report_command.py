"""``gnomon report``: a page of whatever is given; and the pages that steps leave."""

from __future__ import annotations

import contextlib
import json
import re

import pytest

from gnomon.cli.main import main
from gnomon.io.merged_mtz import read_merged

PAGES = ("import", "find_spots", "index", "refine", "integrate", "symmetry", "scale", "merge")
CHAIN = (
    "simulate folder=images images=20 d_min=3.0",
    "import images/",
    "find_spots imported.expt",
    "index imported.expt strong.refl",
    "refine indexed.expt indexed.refl",
    "integrate refined.expt refined.refl d_min=3.0",
    "symmetry integrated.expt integrated.refl",
    "scale symmetrized.expt symmetrized.refl",
    "merge scaled.expt scaled.refl",
    "export scaled.expt scaled.refl",
    "damage_analysis scaled.expt scaled.refl",
    "compute_delta_cchalf scaled.expt scaled.refl mode=image_group",
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """A folder in which every step was run on a small sweep."""
    folder = tmp_path_factory.mktemp("chain")
    with contextlib.chdir(folder):
        for line in CHAIN:
            main(line.split())
    return folder


@pytest.fixture
def here(chain, monkeypatch):
    monkeypatch.chdir(chain)
    return chain


def titles(path) -> list[str]:
    """The headings of a page."""
    return re.findall(r"<h2>(.*?)</h2>", path.read_text(encoding="utf-8"))


def plots(path) -> list[str]:
    """The titles of its plots."""
    return re.findall(r"<figure[^>]*><h3>(.*?)</h3>", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("step", PAGES)
def test_every_step_leaves_a_page(here, step):
    page = here / f"gnomon.{step}.html"
    assert page.stat().st_size < 2e6
    assert titles(page)[-1] == "Provenance"
    assert len(titles(page)) > 1
    assert f"gnomon.{step}.json" in page.read_text(encoding="utf-8")


def test_none_leaves_the_page_out(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["find_spots", str(here / "imported.expt"), "output.html=None"])
    assert not (tmp_path / "gnomon.find_spots.html").exists()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("imported.expt", ["Data: Geometry"]),
        ("imported.expt strong.refl", ["Data: Spots", "Data: Geometry"]),
        ("indexed.expt indexed.refl", ["Data: Spots", "Data: Centroids", "Data: Crystals"]),
        ("refined.expt refined.refl gnomon.refine.json", ["refine: Summary", "Data: Centroids"]),
        ("integrated.expt integrated.refl", ["Data: Integrated reflections"]),
        ("scaled.expt scaled.refl", ["merge: Summary", "Data: Merging", "Data: The crystal by its intensities"]),
        ("scaled.expt scaled.refl gnomon.damage_analysis.json", ["damage_analysis: Radiation damage"]),
        ("gnomon.scale.json gnomon.index.json", ["index: Summary", "scale: By resolution"]),
        ("gnomon.compute_delta_cchalf.json", ["compute_delta_cchalf: Summary"]),
        ("scaled.mtz", ["Data: Merging", "Data: The crystal by its intensities"]),
        ("merged.mtz", ["merged.mtz: The crystal by its intensities"]),
    ],
)
def test_a_page_of_whatever_is_given(here, tmp_path, given, wanted):
    path = tmp_path / "page.html"
    main(["report", *given.split(), f"output.html={path}"])
    assert set(wanted) <= set(titles(path))
    assert path.stat().st_size < 2e6


def test_the_default_name_is_that_of_the_peer(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["report", str(here / "scaled.expt"), str(here / "scaled.refl")])
    assert (tmp_path / "gnomon.report.html").exists()


def test_no_files_is_one_clear_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["report"])
    assert "report needs files" in capsys.readouterr().err
    assert not (tmp_path / "gnomon.report.html").exists()


def test_a_record_of_another_version_is_one_clear_line(here, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    content = json.loads((here / "gnomon.index.json").read_text(encoding="utf-8"))
    content["steps"][0]["summary"]["colour"] = "green"
    (tmp_path / "old.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["report", "old.json"])
    assert "run index again" in capsys.readouterr().err


def test_merged_files_are_read_as_they_were_written(here):
    merged = read_merged(here / "merged.mtz")
    with_counts = json.loads((here / "gnomon.merge.json").read_text(encoding="utf-8"))["steps"][0]["summary"]
    assert len(merged) == with_counts["n_unique"]
    assert merged.wavelength == pytest.approx(with_counts["wavelength"], abs=1e-5)
    assert (merged.mean.sigma > 0).all()


def test_provenance_tells_files_parameters_and_times(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["find_spots", str(here / "imported.expt"), "sigma_strong=4", "output.reflections=out.refl"])
    text = (tmp_path / "gnomon.find_spots.html").read_text(encoding="utf-8")
    origin = text[text.index("<h2>Provenance</h2>") :]
    for words in ("sigma_strong", ">4.0<", "imported.expt", "out.refl", "wall / s", 'href="gnomon.find_spots.log"'):
        assert words in origin


def test_plots_of_the_peers_are_on_the_pages(here):
    assert {"Spots by image", "Spots over the detector"} <= set(plots(here / "gnomon.find_spots.html"))
    assert {"Integrated reflections by image", "I/sigma over the detector"} & set(plots(here / "gnomon.integrate.html"))
    assert {"Wilson plot", "L test", "Cumulative intensities"} <= set(plots(here / "gnomon.merge.html"))
