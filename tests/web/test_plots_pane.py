"""Plots: those of the report; a click in one shows images, data sets and shells in all panes; a branch is scaled."""

import contextlib
import shlex
import urllib.request

import numpy as np
import pytest
from in_browser import refusal, serious_faults, stage_number, until

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.names import data_set_names
from gnomon.report.html.blocks import Figure
from gnomon.report.html.steps import sections_of
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.web.workspace import Workspace

DRAWN = "document.querySelectorAll('.pane.plots .wait[hidden]').length > 0"


@pytest.fixture(scope="module")
def wedges(tmp_path_factory):
    """A folder of 4 wedges of each of 3 species, scaled."""
    folder = tmp_path_factory.mktemp("wedges")
    experiments, table, _ = integrated_wedges(WedgesParams(wedges=4, d_min=4.0, basis="primitive"))
    write_experiments(folder / "integrated.expt", experiments)
    write_reflections(folder / "integrated.refl", table)
    with contextlib.chdir(folder):
        main(["scale", "integrated.expt", "integrated.refl", "output.log=/dev/null"])
    return folder


@pytest.fixture
def many(wedges, serve):
    with serve(Workspace([str(wedges)])) as found:
        yield found


def opened(page, address, name, more=""):
    page.goto(f"{address}#panes=plots&stage={stage_number(address, name)}{more}")
    until(page, DRAWN, 60)
    return next(frame for frame in page.frames if "/api/plots/page" in frame.url)


def titles_of(frame, condition):
    """The titles of figures whose data meet a condition."""
    return frame.locator("figure").evaluate_all(
        "async (all) => { const found = []; for (const f of all) { const data = await dataOf(f.querySelector('.plot'));"
        f" if ({condition}) found.push(f.querySelector('h3').textContent); }} return found; }}"
    )


def drawn(page, frame, title):
    """The plot of this title, drawn and in sight, as a handle."""
    box = frame.locator("figure", has=frame.locator("h3", has_text=title)).first
    box.evaluate(
        "(figure) => { for (let e = figure; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true; }"
    )
    plot = box.locator(".plot")
    plot.scroll_into_view_if_needed()
    for _ in range(600):
        if plot.evaluate("(p) => p.linked === true"):
            break
        page.wait_for_timeout(50)
    plot.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    return plot


def click(page, plot, trace, i):
    """A click on point i of a trace."""
    x, y = plot.evaluate(
        """(p, [t, i]) => {
          const trace = p._fullData[t], l = p._fullLayout, box = p.getBoundingClientRect();
          const x = l[trace.xaxis.replace('x', 'xaxis')], y = l[trace.yaxis.replace('y', 'yaxis')];
          return [x._offset + x.d2p(trace.x[i]), y._offset + y.d2p(trace.y[i])];
        }""",
        [trace, i],
    )
    plot.hover(position={"x": x, "y": y})
    page.wait_for_timeout(100)
    plot.click(position={"x": x, "y": y})


def test_the_figures_are_the_reports(page, address, processed):
    frame = opened(page, address, "integrated.expt")
    data = read_experiments(processed / "integrated.expt"), read_reflections(processed / "integrated.refl")
    expected = [b.title for s in sections_of(*data) for b in s.blocks if isinstance(b, Figure)]
    found = frame.locator("figure h3").all_inner_texts()
    assert len(expected) > 3
    assert set(expected) <= set(found)
    assert "integrate: " in "".join(frame.locator("h2").all_inner_texts())  # what the step told, too


def test_a_click_on_an_image_shows_it(page, address):
    frame = opened(page, address, "integrated.expt")
    titles = titles_of(frame, "data.layout.xaxis?.title === 'image'")
    plot = drawn(page, frame, titles[0])
    t, x = plot.evaluate("(p) => [0, Array.from(p._fullData[0].x)]")
    i = len(x) // 2
    click(page, plot, t, i)
    until(page, f"location.hash.includes('image={round(x[i])}')")


def test_a_click_on_a_shell_limits_the_resolution(page, address):
    frame = opened(page, address, "scaled.expt")
    plot = drawn(page, frame, "How far the data reach")
    s2 = np.array(plot.evaluate("(p) => Array.from(p._fullData[0].x)"))
    click(page, plot, 0, 5)
    until(page, "location.hash.includes('dmin=')")
    given = dict(part.split("=") for part in page.evaluate("location.hash").lstrip("#").split("&"))
    assert float(given["dmin"]) == pytest.approx(((s2[5] + s2[6]) / 2) ** -0.5, rel=1e-3)
    assert float(given["dmax"]) == pytest.approx(((s2[4] + s2[5]) / 2) ** -0.5, rel=1e-3)


def test_a_branch_selects_data_sets_and_scales_just_these(page, many, wedges):
    frame = opened(page, many, "scaled.expt", "&plots.compare=true")
    with_tree = titles_of(frame, "data.traces.some((t) => t.meta)")
    plot = drawn(page, frame, with_tree[0])
    t, ends = plot.evaluate(
        "(p) => { const t = p._fullData.findIndex((d) => d.meta && d.customdata);"
        " return [t, p._fullData[t].customdata]; }"
    )
    i = max((j for j, (a, b) in enumerate(ends) if b - a < len(ends)), key=lambda j: ends[j][1] - ends[j][0])
    names = plot.evaluate("(p, t) => p._fullData[t].meta", t)[ends[i][0] : ends[i][1] + 1]
    click(page, plot, t, i)
    until(page, "location.hash.includes('sets=')")
    known = data_set_names(read_experiments(wedges / "scaled.expt"))
    sets = sorted(known.index(name) for name in names)
    given = dict(part.split("=") for part in page.evaluate("location.hash").lstrip("#").split("&"))
    assert given["sets"].replace("%2C", ",") == ",".join(map(str, sets))
    page.locator(".pane.plots .line code").wait_for()
    words = shlex.split(page.locator(".pane.plots .line code").inner_text())
    assert words[:2] == ["gnomon", "scale"]
    assert words[4] == f"use_datasets={','.join(map(str, sets))}"
    page.get_by_label("Name of the new folder").fill("branch")
    page.get_by_role("button", name="scale these in").click()
    until(page, "document.querySelector('#stage').selectedOptions[0].text.startsWith('branch/scaled.expt')", 120)
    made = read_experiments(wedges / "branch" / "scaled.expt")
    table = read_reflections(wedges / "branch" / "scaled.refl")
    assert data_set_names(made) == [known[k] for k in sets] or len(np.unique(table["id"][table["id"] >= 0])) == len(
        sets
    )
    again = {"stage": stage_number(many, "scaled.expt"), "sets": sets, "folder": "branch"}
    assert "is there already" in refusal(many, "api/plots/scale", again)


MARKERS = """(plot) => {
  const l = plot._fullLayout, box = plot.getBoundingClientRect();
  return plot._fullData.filter((t) => t.mode === "markers" && t.text).flatMap((t) => {
    const [x, y] = [l[t.xaxis.replace("x", "xaxis")], l[t.yaxis.replace("y", "yaxis")]];
    return [...t.x].map((_, i) => [t.text[i], x._offset + x.d2p(t.x[i]), y._offset + y.d2p(t.y[i])]);
  });
}"""
"""What is written at each marker, and where it is in the plot, CSS pixels."""


def test_a_lasso_selects_the_data_sets_in_it_and_its_line_takes_just_these(page, many, wedges):
    frame = opened(page, many, "scaled.expt", "&plots.compare=true")
    titles = titles_of(frame, "data.traces.some((t) => t.mode === 'markers' && t.text)")
    plot = drawn(page, frame, titles[0])
    assert plot.evaluate("(p) => p._fullLayout.dragmode") == "lasso"
    points = plot.evaluate(MARKERS)
    names, places = [point[0] for point in points], np.array([point[1:] for point in points])
    order = np.argsort(places[:, 0])
    gaps = np.diff(places[order, 0])
    cut = int(np.argmax(gaps))  # between the two that are farthest apart along x
    chosen = {names[i] for i in order[: cut + 1]}
    (left, top), bottom = places.min(axis=0) - 7, places[:, 1].max() + 7
    right = places[order[cut : cut + 2], 0].mean()
    box = plot.bounding_box()
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 3)]
    page.mouse.move(box["x"] + corners[0][0], box["y"] + corners[0][1])
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
    page.mouse.up()
    until(page, "location.hash.includes('sets=')")
    known = data_set_names(read_experiments(wedges / "scaled.expt"))
    expected = [k for k, name in enumerate(known) if any(name in text for text in chosen)]
    page.locator(".pane.plots .line code").wait_for()
    words = shlex.split(page.locator(".pane.plots .line code").inner_text())
    assert words[:2] == ["gnomon", "scale"]
    assert words[4] == f"use_datasets={','.join(map(str, expected))}"
    assert 0 < len(expected) < len(known)


def test_the_frame_has_a_policy_and_no_origin_of_its_own(page, address):
    with urllib.request.urlopen(f"{address}api/plots/page?stage=0") as answer:
        policy = answer.headers["content-security-policy"]
        text = answer.read().decode()
    assert policy.startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy
    assert "<script>" not in text  # only those that are served
    frame = opened(page, address, "scaled.expt")
    assert frame.evaluate("origin") == "null"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{address}api/plots/page.py")
    with error.value:
        assert error.value.code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"sets": []},
        {"sets": [99]},
        {"sets": "0"},
        {"sets": [0], "folder": "../up"},
        {"sets": [0], "folder": ""},
        {"sets": [0], "table": 7, "folder": "a"},
    ],
)
def test_what_cannot_be_scaled_is_told(address, body):
    assert "JSON" not in refusal(address, "api/plots/scale", body)


def test_what_pages_of_other_sites_can_send_is_refused(address):
    body = {"stage": stage_number(address, "scaled.expt"), "sets": [0], "folder": "elsewhere"}
    assert "no JSON" in refusal(address, "api/plots/scale", body, kind="text/plain")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_those_who_cannot_see(page, address, theme):
    frame = opened(page, address, "scaled.expt")
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        page.keyboard.press("t")
    until(frame, f"document.documentElement.dataset.theme === '{theme}'")
    assert frame.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()") == (
        "#ffffff" if theme == "light" else "#14171b"
    )
    assert serious_faults(page) == []
