"""The image pane in a browser: what it says of a pixel is the file's, the geometry's and the table's."""

import contextlib
import re
import shlex
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
from in_browser import until
from test_server import unpacked

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments
from gnomon.io.images.experiment_images import images_of
from gnomon.io.images.masks import static_mask
from gnomon.io.refl import read_reflections
from gnomon.models.flags import Flag
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.threshold import Threshold


@pytest.fixture
def imported(processed):
    return read_experiments(processed / "imported.expt")[0]


def opened(page, address, **state):
    """The page with the pane on the images of a stage, by its name."""
    told = page.request.get(f"{address}api/workspace").json()["stages"]
    stage = state.pop("stage", "imported.expt")
    number = next(i for i, s in enumerate(told) if s["name"] == stage)
    words = "&".join(f"{key}={value}" for key, value in state.items())
    page.goto(f"{address}#pane=image&stage={number}&{words}")
    page.wait_for_selector(f".pane.image[data-image='{state.get('image', 1)}']")
    page.wait_for_timeout(400)  # the view settles, finer tiles come
    until(page, "!document.querySelector('.pane.image').made.screen.isCoarse")


def readout(page):
    """The line under the cursor, by name."""
    spans = page.locator(".readout span").all()
    return {
        s.get_attribute("data-name"): s.inner_text().removeprefix(s.get_attribute("data-name")).strip() for s in spans
    }


def move_to(page, experiment, x, y):
    """Puts the cursor on a point of the only panel, which is put in the middle first; what is told of it."""
    panel = experiment.detector.panels[0]
    point = panel.origin + panel.fast_axis * x * panel.pixel_size[0] + panel.slow_axis * y * panel.pixel_size[1]
    view = {"image.x": point @ panel.fast_axis, "image.y": point @ panel.slow_axis, "image.scale": 60}
    page.evaluate("(words) => { location.hash = words; }", changed(page.url.split("#")[1], view))
    page.wait_for_timeout(300)
    box = page.locator(".marks").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 30, box["y"] + 30)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(300)
    return readout(page)


def entry_point(panel, x, y):
    """Where a ray that is counted at (x, y) px enters the sensor, mm: it goes on by the mean depth of its photons."""
    point = panel.origin + panel.fast_axis * x * panel.pixel_size[0] + panel.slow_axis * y * panel.pixel_size[1]
    ray = point / np.linalg.norm(point)
    normal = np.cross(panel.fast_axis, panel.slow_axis)
    depths = np.linspace(0, panel.thickness / abs(ray @ normal), 20001)
    stopped = np.exp(-panel.mu * depths)
    depth = np.trapezoid(depths * stopped, depths) / np.trapezoid(stopped, depths)
    return point - depth * (ray - (ray @ normal) * normal)


def changed(words, values):
    """The state in an address with some values replaced."""
    return urlencode({**dict(parse_qsl(words)), **values})


def number(text):
    return float(re.search(r"-?[\d.]+", text).group())


def test_the_pixel_under_the_cursor_is_that_of_the_file(page, address, imported):
    opened(page, address, image=3)
    pixels = images_of(imported).read(3)[0]
    spot = np.unravel_index(np.argmax(np.where(pixels < 60000, pixels, 0)), pixels.shape)
    for y, x in (spot, (spot[0] + 1, spot[1]), (10, 20)):
        told = move_to(page, imported, int(x) + 0.5, int(y) + 0.5)
        assert number(told["counts"]) == pixels[y, x]
        assert told["x, y"] == f"{x + 0.5:.1f}, {y + 0.5:.1f}"


def test_the_resolution_is_that_of_the_geometry(page, address, imported):
    opened(page, address, image=1)
    x, y = 100.5, 333.5
    told = move_to(page, imported, x, y)
    point = entry_point(imported.detector.panels[0], x, y)
    away = imported.beam.s0 / np.linalg.norm(imported.beam.s0)
    two_theta = np.arccos(point @ away / np.linalg.norm(point))
    assert number(told["2θ"]) == pytest.approx(np.degrees(two_theta), abs=0.006)
    assert number(told["d"]) == pytest.approx(imported.beam.wavelength / 2 / np.sin(two_theta / 2), rel=6e-4)


def test_the_view_asks_for_nothing(page, address):
    opened(page, address, image=2)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    page.locator(".marks").focus()
    for key in ("ArrowLeft", "+", "+", "-", "i", "c", "[", "]", "ArrowDown", "0"):
        page.keyboard.press(key)
    box = page.locator(".marks").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.wheel(0, -300)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 350)
    page.mouse.up()
    until(page, "location.hash.includes('image.map')")
    page.wait_for_timeout(500)
    assert asked == []


def test_the_next_image_is_shown_by_a_key_and_stays_in_the_address(page, address):
    opened(page, address, image=5)
    page.locator(".marks").focus()
    page.keyboard.press(".")
    page.wait_for_selector(".pane.image[data-image='6']")
    until(page, "location.hash.includes('image=6')")
    until(page, "document.querySelector('.strip output').innerText.startsWith('6 of 24')")


def test_indices_are_those_of_the_table(page, address, processed):
    """At a prediction the readout has its indices, and those that the crystal's A and the angle give agree with it."""
    table = read_reflections(processed / "integrated.refl")
    z = table["xyzcal.px"][:, 2]
    rows = np.flatnonzero((np.abs(z - 6.5) < 0.05) & ((table["flags"] & np.uint64(Flag.INTEGRATED)) != 0))[:3]
    assert len(rows) == 3
    experiment = read_experiments(processed / "integrated.expt")[0]
    opened(page, address, stage="integrated.expt", image=7)
    page.wait_for_selector(".pane.image[data-marks]")
    for row in rows:
        x, y, _ = table["xyzcal.px"][row]
        told = move_to(page, experiment, x, y)
        hkl = table["miller_index"][row].tolist()
        assert [int(word) for word in told["hkl"].split()] == hkl
        np.testing.assert_allclose([float(word) for word in told["by the crystal"].split()], hkl, atol=0.06)
        assert told["state"] in ("integrated", "partial")


def test_a_click_selects_and_a_selection_is_shown(page, address, processed):
    experiment = read_experiments(processed / "integrated.expt")[0]
    table = read_reflections(processed / "integrated.refl")
    row = int(np.flatnonzero(np.abs(table["xyzcal.px"][:, 2] - 6.5) < 0.05)[0])
    opened(page, address, stage="integrated.expt", image=7)
    page.wait_for_selector(".pane.image[data-marks]")
    move_to(page, experiment, *table["xyzcal.px"][row][:2])
    page.mouse.down()
    page.mouse.up()
    until(page, "location.hash.includes('row=')")
    chosen = int(dict(parse_qsl(page.url.split("#")[1]))["row"])
    np.testing.assert_allclose(table["xyzcal.px"][chosen][:2], table["xyzcal.px"][row][:2], atol=2)
    other = int(np.flatnonzero(np.abs(table["xyzcal.px"][:, 2] - 19.5) < 0.05)[0])
    page.evaluate("(words) => { location.hash = words; }", changed(page.url.split("#")[1], {"row": other}))
    page.wait_for_selector(".pane.image[data-image='20']")


INKED = """() => {
  const { overlay, ink } = document.querySelector(".pane.image").made, { marks } = overlay;
  const places = [...Array(marks.n).keys()].map((i) => overlay.on(marks.arrays.panel[i], marks.place(i)));
  const [x, y] = [0, 1].map((k) => places.map((p) => p[k]));
  const [left, top] = [Math.min(...x), Math.min(...y)], size = [Math.max(...x) - left, Math.max(...y) - top];
  const { data } = ink.getContext("2d").getImageData(left, top, ...size);
  return data.filter((alpha, i) => i % 4 === 3 && alpha > 100).length / (data.length / 4);
}"""
"""The share of the picture about the reflections on which something is drawn."""


def test_reflections_of_a_whole_detector_leave_its_pixels_to_be_seen(page, address):
    opened(page, address, stage="integrated.expt", image=7, **{"image.layers": "spots"})
    page.wait_for_selector(".pane.image[data-marks]")
    page.wait_for_timeout(300)
    assert 0.01 < page.evaluate(INKED) < 0.12  # dots, not boxes that overlap


def test_live_strong_pixels_are_those_of_find_spots(page, address, imported):
    opened(page, address, image=4)
    page.get_by_text("Threshold", exact=True).click()
    page.get_by_label("strong pixels, live").check()
    page.get_by_label("σ strong").fill("4")
    page.get_by_label("σ strong").press("Enter")
    page.get_by_text("sigma_strong=4").wait_for()
    params = FindSpotsParams(sigma_strong=4.0)
    pixels = images_of(imported).read(4)
    wanted = Threshold(imported.detector, static_mask(imported), params)(pixels)
    assert int(page.locator(".pane.image").get_attribute("data-strong")) == len(wanted[0].index)
    line = page.locator(".command code").filter(has_text="find_spots").inner_text()
    assert line.endswith("imported.expt spotfinder.threshold.dispersion.sigma_strong=4")


def test_strong_pixels_of_a_part_are_those_of_the_whole(page, address, imported):
    """The server reads enough about what is in sight."""
    opened(page, address, image=4)
    stage = int(dict(parse_qsl(page.url.split("#")[1]))["stage"])
    query = f"stage={stage}&image=4&windows=0.120.260.200.330"
    answer = page.request.get(f"{address}api/image/strong?{query}").body()
    found = unpacked(answer)
    (wanted,) = Threshold(imported.detector, static_mask(imported), FindSpotsParams())(images_of(imported).read(4))
    y, x = np.divmod(wanted.index, imported.detector.panels[0].image_size[0])
    inside = (x >= 120) & (x < 260) & (y >= 200) & (y < 330)
    assert inside.sum() > 10
    np.testing.assert_array_equal(found["x"], x[inside])
    np.testing.assert_array_equal(found["y"], y[inside])


def test_a_drawn_mask_is_that_of_generate_mask(page, address, tmp_path):
    """A rectangle, a circle, a polygon and a ring drawn by hand: written by the page, then by the line it shows."""
    opened(page, address, image=1)
    page.get_by_text("Mask", exact=True).click()
    box = page.locator(".marks").bounding_box()

    def at(x, y):
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    for kind, a, b in (
        ("rectangle", (0.4, 0.2), (0.5, 0.3)),
        ("circle", (0.5, 0.5), (0.53, 0.5)),
        ("ring", (0.6, 0.6), (0.62, 0.63)),
    ):
        page.get_by_role("button", name=kind, exact=True).click()
        page.mouse.move(*at(*a))
        page.mouse.down()
        page.mouse.move(*at(*b))
        page.mouse.up()
    page.get_by_role("button", name="polygon", exact=True).click()
    for corner in ((0.42, 0.7), (0.5, 0.72), (0.46, 0.8), (0.42, 0.7)):
        page.mouse.click(*at(*corner))
    drawn, typed = tmp_path / "drawn.mask", tmp_path / "typed.mask"
    name = page.get_by_label("file", exact=True)
    name.fill(str(drawn))
    name.press("Enter")
    page.wait_for_timeout(500)
    line = page.locator(".command code").filter(has_text="untrusted.polygon=").inner_text()
    for kind in ("rectangle", "circle", "polygon"):
        assert f"untrusted.{kind}=" in line
    page.get_by_role("button", name="write", exact=True).click()
    page.get_by_text("may be used").wait_for()
    _, *words = line.replace(str(drawn), str(typed)).split()
    with contextlib.chdir(tmp_path):
        main([*words, "output.log=/dev/null"])
    assert drawn.read_bytes() == typed.read_bytes()


@pytest.mark.parametrize("name", ["imported.expt", "images/sim_0001.cbf", "x/y/z.mask", ""])
def test_no_mask_is_written_over_what_was_read(page, address, processed, name):
    before = {path: path.stat().st_mtime_ns for path in Path(processed).rglob("*")}
    body = {"stage": 0, "experiment": 0, "border": 3, "rings": [], "shapes": [], "write": True}
    answer = page.request.post(
        f"{address}api/image/mask", data=body | {"output": str(processed / name) if name else ""}
    )
    assert answer.status == 400
    assert before == {path: path.stat().st_mtime_ns for path in Path(processed).rglob("*")}


def test_the_beam_centre_is_where_it_was_dragged_and_its_line_puts_it_there(page, address, imported, tmp_path):
    opened(page, address, image=1)
    panel, pane = imported.detector.panels[0], "document.querySelector('.pane.image').made"

    def beam_centre(panel):
        """(x, y) px where s0 meets the panel."""
        columns = np.column_stack([imported.beam.s0, -panel.fast_axis, -panel.slow_axis])
        return np.linalg.solve(columns, panel.origin)[1:] / panel.pixel_size

    before = beam_centre(panel)
    x, y = page.evaluate(f"{pane}.screen.toScreen({pane}.places[0].at({before[0]}, {before[1]}))")
    box = page.locator(".marks").bounding_box()
    page.mouse.move(box["x"] + x + 1, box["y"] + y - 1)
    page.mouse.down()
    page.mouse.move(box["x"] + x + 70, box["y"] + y + 30)
    page.mouse.move(box["x"] + x + 60, box["y"] + y + 40)
    page.mouse.up()
    side = page.evaluate(f"{pane}.pixelSide()")
    line = page.locator(".command code").filter(has_text="gnomon import").inner_text()
    with contextlib.chdir(tmp_path):
        main([*shlex.split(line)[1:], "output.log=None"])
    made = read_experiments(tmp_path / "imported.expt")[0]
    assert made.image_range == imported.image_range
    np.testing.assert_allclose(beam_centre(made.detector.panels[0]), before + np.array([60, 40]) / side, atol=0.01)


def test_no_rule_of_accessibility_is_broken(page, address):
    axe = Path(__file__).parents[2] / "tools/web/node_modules/axe-core/axe.min.js"
    if not axe.exists():
        pytest.skip("needs axe-core (npm ci in tools/web)")
    opened(page, address, stage="integrated.expt", image=2)
    for name in ("Threshold", "Profiles", "Mask"):
        page.get_by_text(name, exact=True).click()
    for _ in range(2):
        page.wait_for_timeout(200)
        broken = page.evaluate(f"{axe.read_text()}; axe.run()")["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in broken if v["impact"] in ("serious", "critical")] == []
        page.get_by_role("button", name="Light or dark").click()
