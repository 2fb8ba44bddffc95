"""Pages of real results: whole, light, safe, and drawn by a browser."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from gnomon.models.imageset import ImageSet
from gnomon.pipeline import STAGES
from gnomon.report.html.blocks import Figure
from gnomon.report.html.page import page
from gnomon.report.html.process import Part, process_sections
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.step import Result

STEPS = ("cosym", "scale", "correlation_matrix")
NASTY = "<script>alert(1)</script>&x"


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """What cosym, scale and correlation_matrix make of 36 wedges of three species, one of them with a nasty name."""
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=3.5, basis="primitive"))
    first = experiments[0].replace(images=ImageSet(template=f"{NASTY.replace('/', '')}_####.cbf"))
    found = Result(experiments.with_items([first, *experiments[1:]]), table)
    made = {}
    for name in STEPS:
        made[name] = found = STAGES[name](found.experiments, found.reflections)
    return made


@pytest.fixture(scope="module")
def sections(results):
    """The sections of each step's page, and of the page of process."""
    made = {name: STAGES[name].page_sections(result) for name, result in results.items()}
    parts = [Part(name, "", result, ["it is so, because"], name == "scale") for name, result in results.items()]
    parts.append(Part("scale", "cluster_0", results["scale"], [], True))
    return {**made, "process": process_sections(parts)}


@pytest.fixture(scope="module")
def pages(sections) -> dict[str, str]:
    return {name: page(f"gnomon {name}", found, "made by a test") for name, found in sections.items()}


PAGES = [*STEPS, "process"]


def figures_of(text: str) -> list[dict]:
    """The data of every figure of a page."""
    found = re.findall(r'<script type="application/json"( data-gzip)? id[^>]*>(.*?)</script>', text, re.S)
    return [json.loads(gzip.decompress(base64.b64decode(data)) if packed else data) for packed, data in found]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_loaded_from_elsewhere(pages, name):
    assert not re.search(
        r"""<(?:script|img|iframe)[^>]*\ssrc=|<link\b|@import|url\(\s*['"]?http""", pages[name][: 10**5]
    )
    own = pages[name].replace(re.search(r"<script>/\*\*.*?</script>", pages[name], re.S)[0], "")
    assert "http://" not in own
    assert "https://" not in own


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_has_data(pages, name):
    found = figures_of(pages[name])
    assert len(found) >= 4
    for figure in found:
        drawn = [
            trace for trace in figure["traces"] if trace.get("z") or any(y is not None for y in trace.get("y", []))
        ]
        assert drawn, figure["layout"]


@pytest.mark.parametrize("name", PAGES)
def test_the_data_of_36_data_sets_are_light(pages, name):
    plotly = re.search(r"<script>/\*\*.*?</script>", pages[name], re.S)[0]
    assert len(plotly) > 10**6
    assert len(pages[name]) - len(plotly) < 1e6


@pytest.mark.parametrize("name", PAGES)
def test_names_are_escaped(pages, name):
    assert "<script>alert" not in pages[name]
    shown = NASTY.replace("/", "")
    assert html.escape(shown) in pages[name] or html.escape(html.escape(shown, quote=False)) in pages[name]


def test_every_data_set_is_named(pages, results):
    for name in results["cosym"].summary.names[1:]:
        assert all(name in pages[step] for step in STEPS)


def test_sections_of_a_cluster_are_told_apart(sections):
    titles = [s.title for s in sections["process"]]
    headings = [(s.group, s.title) for s in sections["process"]]
    assert len(headings) == len(set(headings))
    assert titles[:2] == ["Comparison", "Clusters"]
    assert "cluster_0: Table 1" in titles


def test_figures_are_of_finite_size(sections):
    figures = [b for found in sections.values() for s in found for b in s.blocks if isinstance(b, Figure)]
    assert figures
    assert all(np.isfinite(figure.height) and figure.title for figure in figures)


@pytest.mark.parametrize("name", PAGES)
def test_a_browser_draws_every_figure(pages, name, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium to look at pages with")
    path = tmp_path / f"{name}.html"
    printed = "<script>dispatchEvent(new Event('beforeprint'))</script></body>"  # draws what is not in view too
    path.write_text(pages[name].replace("</body>", printed), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    command = [browser, *options, "--virtual-time-budget=20000", "--dump-dom", f"file://{path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert not re.findall(r"CONSOLE.*", done.stderr)
    drawn = re.findall(r'<div[^>]*class="plot js-plotly-plot', done.stdout)
    assert len(drawn) == len(figures_of(pages[name])) > 0


def test_a_page_without_figures_needs_no_library(sections):
    bare = [replace(s, blocks=[b for b in s.blocks if not isinstance(b, Figure)]) for s in sections["cosym"]]
    assert len(page("bare", bare)) < 10**6


def test_a_page_of_many_clusters_stays_light_and_compares_them_in_one_plot(results):
    parts = [Part(name, "", result, [], name == "scale") for name, result in results.items()]
    parts += [Part("scale", f"cluster_{i}", results["scale"], [], True) for i in range(12)]
    found = process_sections(parts)
    assert len(page("gnomon process", found)) < 2e6
    (compared,) = [b for s in found for b in s.blocks if isinstance(b, Figure) and b.title == "CC1/2 of clusters"]
    assert [trace["name"] for trace in compared.traces] == ["all", *(f"cluster_{i}" for i in range(12))]
