"""Pages in a browser: no errors, nothing asked for elsewhere, readable by everyone, plots that can be saved."""

from __future__ import annotations

import csv
import io

import pytest

from gnomon.cli.main import main
from gnomon.report.html.blocks import Figure
from gnomon.report.html.page import page as html_page
from gnomon.report.html.steps import sections_of
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

SERIOUS = ("serious", "critical")
PAGES = ("find_spots", "index", "refine", "integrate", "scale", "report")


@pytest.fixture(scope="module")
def report(processed):
    """The pages of the steps, and one of everything."""
    files = [str(processed / name) for name in ("scaled.expt", "scaled.refl")]
    main(["report", *files, f"output.html={processed / 'gnomon.report.html'}", "output.log=/dev/null"])
    return processed


@pytest.fixture
def opened(page, report):
    """Opens the page of a step, all of it unfolded and drawn."""

    def open_page(name, *, dark=False, width=1400):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(f"file://{report / f'gnomon.{name}.html'}")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.wait_for_function(
            "[...document.querySelectorAll('.plot')].every((p) => p.classList.contains('js-plotly-plot'))"
        )
        return page

    return open_page


@pytest.mark.parametrize("name", PAGES)
def test_everyone_can_read_it(opened, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    for dark in (False, True):
        found = axe.Axe().run(opened(name, dark=dark)).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in SERIOUS] == []


@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_wider_than_the_screen(opened, width):
    page = opened("report", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_contents_fit_a_screen_and_lead_to_every_section(opened):
    page = opened("report")
    assert page.evaluate("document.querySelector('nav').getBoundingClientRect().height") <= 900
    links = page.evaluate("[...document.querySelectorAll('nav a')].map((a) => a.getAttribute('href').slice(1))")
    sections = page.evaluate("[...document.querySelectorAll('section')].map((s) => s.id)")
    assert links == sections
    assert len(sections) > 3


def test_on_a_phone_the_contents_are_folded(opened):
    page = opened("report", width=400)
    assert page.evaluate("document.querySelector('nav').getBoundingClientRect().height") < 60


def test_a_link_unfolds_its_section(opened):
    page = opened("scale")
    page.evaluate("document.querySelectorAll('section > details').forEach((d) => { d.open = false; })")
    page.locator("nav a").last.click()
    page.wait_for_function("[...document.querySelectorAll('section > details')].at(-1).open")


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("csv", b"series,point,")])
def test_a_plot_is_saved(opened, kind, start):
    page = opened("report")
    with page.expect_download() as waiting:
        page.locator("figure .save button", has_text=kind.upper()).first.click()
    found = waiting.value
    assert found.suggested_filename.endswith(f".{kind}")
    with open(found.path(), "rb") as stream:
        assert stream.read(len(start)) == start


def test_the_saved_table_has_the_figure_s_numbers(page, tmp_path):
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=4.0, basis="primitive"))
    sections = sections_of(experiments, table)
    (tmp_path / "page.html").write_text(html_page("page", sections), encoding="utf-8")
    page.goto(f"file://{tmp_path / 'page.html'}")
    figure = next(b for s in sections for b in s.blocks if isinstance(b, Figure))
    with page.expect_download() as waiting:
        page.locator(f"button[aria-label='Save {figure.title} as CSV']").click()
    with open(waiting.value.path(), encoding="utf-8") as stream:
        rows = list(csv.DictReader(io.StringIO(stream.read())))
    first = figure.traces[0]
    label = figure.layout["yaxis"]["title"]
    assert len(rows) == sum(len(t["y"]) for t in figure.traces)
    mine = [row for row in rows if row["series"] == first["name"]]
    for row, y in zip(mine, first["y"]):
        assert float(row[label]) == pytest.approx(float(y), rel=1e-4)
