"""The image pane in a browser: what it says of a pixel is the file's, the geometry's and the table's."""

import re
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.io.images.experiment_images import images_of


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
    box = page.locator("canvas.marks").bounding_box()
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
    page.locator("canvas.marks").focus()
    for key in ("ArrowLeft", "+", "+", "-", "i", "c", "[", "]", "ArrowDown", "0"):
        page.keyboard.press(key)
    box = page.locator("canvas.marks").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.wheel(0, -300)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 350)
    page.mouse.up()
    page.wait_for_timeout(500)
    assert asked == []
    assert "image.map" in page.url


def test_the_next_image_is_shown_by_a_key_and_stays_in_the_address(page, address):
    opened(page, address, image=5)
    page.locator("canvas.marks").focus()
    page.keyboard.press(".")
    page.wait_for_selector(".pane.image[data-image='6']")
    page.wait_for_timeout(300)
    assert "image=6" in page.url
    assert page.locator(".strip output").inner_text().startswith("6 of 24")
