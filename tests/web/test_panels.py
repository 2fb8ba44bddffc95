"""The image pane on detectors of many panels, on stills beside a scan, by touch: checked by formulae of their own."""

import contextlib
from dataclasses import dataclass

import numpy as np
import pytest
from in_browser import until
from scipy.spatial.transform import Rotation

pytest.importorskip("starlette", reason="needs the extra gnomon-xtal[view]")

from gnomon.cli.main import main
from gnomon.io.expt import write_experiments
from gnomon.io.images.experiment_images import FittedReader
from gnomon.io.images.masks import read_mask
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.scan import Scan
from gnomon.web.workspace import Workspace

PANE = "document.querySelector('.pane.image').made"
READOUT = """Object.fromEntries(
  [...document.querySelectorAll(".readout span")].map((span) => [span.dataset.name, span.lastChild.data.trim()]))"""
CELL = (15.0, 21.0, 27.0)
ICE = (3.897, 3.669, 3.441, 2.671, 2.249, 2.072, 1.948, 1.918, 1.883)
"""d of hexagonal ice, Å (Blackman & Lisgarten 1957), to the resolution of the detectors here."""


def flat():
    """24 panels of four columns, with gaps, as a large pixel-array detector has them."""
    axes = np.diag([1.0, -1.0, 1.0])
    places = [(-104.0 + 53.0 * column, 84.0 - 28.5 * row, -150.0) for row in range(6) for column in range(4)]
    return Detector(tuple(Panel(axes[0], axes[1], np.array(place), (50, 26), (1.0, 1.0)) for place in places))


def quadrants():
    """64 panels, each turned in its quadrant's direction, and a degree out of the plane."""
    panels = []
    for i in range(64):
        quadrant, place = divmod(i, 16)
        turn = Rotation.from_euler("zyx", [90 * quadrant + 0.4, 1.0, (-1.0) ** i], degrees=True)
        middle = Rotation.from_euler("z", 90 * quadrant, degrees=True).apply(
            [14 + 22 * (place % 4), 14 + 22 * (place // 4), 0]
        )
        fast, slow = turn.apply([[1.0, 0, 0], [0, -1.0, 0]])
        panels.append(Panel(fast, slow, middle - 10 * fast - 9 * slow + [0, 0, -120.0], (20, 18), (1.0, 1.0)))
    return Detector(tuple(panels))


def arms():
    """Two arms that lean towards the crystal."""
    panels = []
    for side in (-1, 1):
        turn = Rotation.from_euler("y", -35.0 * side, degrees=True)
        fast, slow, middle = turn.apply([[1.0, 0, 0], [0, -1.0, 0], [0, 0, -110.0]])
        panels.append(Panel(fast, slow, middle - 30 * fast - 40 * slow, (60, 80), (1.0, 1.0)))
    return Detector(tuple(panels))


DETECTORS = {"flat": flat(), "quadrants": quadrants(), "arms": arms()}


@dataclass(frozen=True)
class InMemory:
    """Images of any number that are in no file: the counts tell panel, image and pixel apart."""

    shapes: tuple[tuple[int, int], ...]

    def fetch(self, number):
        return number

    def unpack(self, number, buffers):
        drawn = np.random.default_rng(number)
        return tuple(drawn.integers(0, 60_000, shape, dtype=np.int32) for shape in self.shapes)


@dataclass(frozen=True)
class Held:
    """One image, of one panel."""

    pixels: np.ndarray

    def fetch(self, number):
        return number

    def unpack(self, number, buffers):
        return (self.pixels,)


def reader(experiment):
    shapes = tuple(panel.image_size[::-1] for panel in experiment.detector.panels)
    return FittedReader(InMemory(shapes), shapes, "memory")


def all_usable(experiment):
    return tuple(np.ones(panel.image_size[::-1], bool) for panel in experiment.detector.panels)


def sweep(detector, **more):
    """A crystal that turns before the detector."""
    turn = Rotation.from_euler("xyz", [20, 30, 40], degrees=True).as_matrix()
    crystal = Crystal(turn @ np.diag(1 / np.array(CELL)))
    made = Experiment(
        Beam(wavelength=0.9), detector, Goniometer(), Scan((1, 20), (5.0, 0.5)), crystal, identifier="turning",
        images=ImageSet(template="turning_####.cbf"),
    )  # fmt: skip
    return made.replace(**more) if more else made


@pytest.fixture
def opened(page, serve, monkeypatch, tmp_path):
    """``opened(experiments, words)``: the page with the pane on them, whose images are in memory."""
    monkeypatch.setattr("gnomon.web.pictures.images_of", reader)
    monkeypatch.setattr("gnomon.web.pictures.static_mask", all_usable)
    with contextlib.ExitStack() as stack:

        def go(*experiments, state="image=3"):
            write_experiments(tmp_path / "imported.expt", Experiments.of(experiments))
            stack.enter_context(contextlib.chdir(tmp_path))
            address = stack.enter_context(serve(Workspace(["imported.expt"])))
            page.goto(f"{address}#pane=image&{state}")
            until(page, "document.querySelector('.pane.image')?.dataset.image")
            return page

        yield go
        page.close()  # before the server


def told_at(page, panel, x, y):
    """What is told of a pixel of a panel, which is put in the middle, under the cursor."""
    page.evaluate(f"{PANE}.centre({panel}, [{x}, {y}], 30)")
    box = page.locator(".image .marks").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 90, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    until(page, "/counts \\d/.test(document.querySelector('.readout').innerText)")
    return page.evaluate(READOUT)


def scattering(experiment, panel, x, y):
    """s1 - s0 (1/Å) of a point of a panel, px."""
    p = experiment.detector.panels[panel]
    point = p.origin + p.fast_axis * x * p.pixel_size[0] + p.slow_axis * y * p.pixel_size[1]
    return point / np.linalg.norm(point) / experiment.beam.wavelength - experiment.beam.s0


@pytest.mark.parametrize("kind", DETECTORS)
def test_what_is_told_of_a_pixel_of_any_panel_is_its_own(opened, kind):
    experiment = sweep(DETECTORS[kind])
    page = opened(experiment)
    until(page, f"{PANE}.overlay.marks.lattices.length")
    counts = reader(experiment).read(3)
    drawn = np.random.default_rng(5)
    for panel in {0, len(counts) - 1, int(drawn.integers(len(counts)))}:
        ny, nx = counts[panel].shape
        x, y = int(drawn.integers(nx)), int(drawn.integers(ny))
        told = told_at(page, panel, x + 0.5, y + 0.5)
        assert (told["panel"], told["counts"]) == (str(panel), str(counts[panel][y, x]))
        q = scattering(experiment, panel, x + 0.5, y + 0.5)
        assert float(told["d"].split()[0]) == pytest.approx(1 / np.linalg.norm(q), rel=6e-4)
        phi = Rotation.from_rotvec(np.deg2rad(5.0 + 0.5 * 2.5) * experiment.goniometer.rotation_axis)
        h = np.linalg.solve(experiment.crystal.A, phi.inv().apply(q))
        found = [float(word) for word in told.get("by the crystal", told["hkl"]).split()]
        np.testing.assert_allclose(found, h, atol=0.011)


@pytest.mark.parametrize(("kind", "reach"), [("flat", 0.62), ("quadrants", 0.62), ("arms", 0.95)])
def test_a_mask_drawn_over_panels_is_that_of_the_lines_and_of_the_geometry(opened, kind, reach, tmp_path):
    experiment = sweep(DETECTORS[kind])
    page = opened(experiment)
    page.get_by_text("Mask", exact=True).click()
    box = page.locator(".image .marks").bounding_box()
    page.get_by_role("button", name="circle", exact=True).click()
    a, b = ((box["x"] + share * box["width"], box["y"] + 0.45 * box["height"]) for share in (0.48, reach))
    for act, at in ((page.mouse.move, a), (page.mouse.down, ()), (page.mouse.move, b), (page.mouse.up, ())):
        act(*at)
    until(page, "[...document.querySelectorAll('.command code')].some(c => c.innerText.includes('generate_mask'))")
    lines = page.locator(".command code").filter(has_text="generate_mask").inner_text().splitlines()
    page.get_by_role("button", name="write", exact=True).click()
    page.get_by_text("may be used").wait_for()
    drawn = read_mask(str(tmp_path / "pixels.mask"), experiment.detector)
    for line in lines:
        main([*line.replace("pixels.mask", "typed.mask").split()[1:], "output.log=None"])
    typed = read_mask(str(tmp_path / "typed.mask"), experiment.detector)
    left_out = 0
    centre, edge = page.evaluate(f"{PANE}.overlay.mask.shapes[0].points")
    for panel, (one, other) in enumerate(zip(drawn, typed)):
        np.testing.assert_array_equal(one, other)
        corner, fast, slow = page.evaluate(f"[[0, 0], [1, 0], [0, 1]].map((p) => {PANE}.places[{panel}].at(...p))")
        y, x = np.indices(one.shape) + 0.5
        on = [corner[k] + x * (fast[k] - corner[k]) + y * (slow[k] - corner[k]) for k in (0, 1)]
        far = np.hypot(on[0] - centre[0], on[1] - centre[1]) / np.hypot(edge[0] - centre[0], edge[1] - centre[1])
        assert not one[far < 0.85].any()  # panels that lean are ellipses on the plane
        assert one[far > 1.18].all()
        left_out += not one.all()
    assert left_out >= 2


def test_rings_of_ice_lie_where_the_geometry_has_them(opened):
    experiment = sweep(DETECTORS["quadrants"])
    page = opened(experiment)
    page.locator(".image .marks").focus()
    page.keyboard.press("e")
    rings = until(page, f"{PANE}.overlay.ice")
    on_it = [ring for ring in rings if ring["lines"] and ring["d"] > ICE[-1] - 0.006]
    assert len(on_it) >= 5
    for ring in on_it:
        assert min(abs(ring["d"] - d) for d in ICE) < 0.006
        for line in ring["lines"][::5]:
            d = [1 / np.linalg.norm(scattering(experiment, line["panel"], *px)) for px in line["points"][::3]]
            np.testing.assert_allclose(d, ring["d"], rtol=1e-3)


def test_stills_beside_a_scan_have_their_own_geometry_and_no_angle(opened):
    scanned = sweep(DETECTORS["arms"])
    still = sweep(
        DETECTORS["flat"], goniometer=None, scan=None, crystal=None, identifier="still",
        images=ImageSet("ImageSet", paths=("still_1.cbf", "still_2.cbf")),
    )  # fmt: skip
    page = opened(scanned, still)
    assert told_at(page, 1, 20.5, 30.5)["φ"] == "6.25°"
    page.evaluate("location.hash = location.hash.replace('image=3', 'image=2') + '&experiment=1'")
    until(
        page, f"{PANE}.instrument.panels.length === 24 && document.querySelector('.pane.image').dataset.image === '2'"
    )
    told = told_at(page, 17, 20.5, 10.5)
    assert "φ" not in told
    assert told["counts"] == str(reader(still).read(2)[17][10, 20])
    q = scattering(still, 17, 20.5, 10.5)
    angle = np.degrees(2 * np.arcsin(np.linalg.norm(q) * still.beam.wavelength / 2))
    assert float(told["2θ"].rstrip("°")) == pytest.approx(angle, abs=0.006)


def test_images_play_round_and_stop(opened):
    page = opened(sweep(DETECTORS["arms"], scan=Scan((1, 4), (5.0, 0.5))), state="image=3")
    page.evaluate("""() => {
      const root = document.querySelector(".pane.image");
      window.seen = [];
      new MutationObserver(() => seen.push(root.dataset.image)).observe(root, { attributeFilter: ["data-image"] });
    }""")
    page.locator(".image .marks").focus()
    page.keyboard.press(" ")
    until(page, "seen.length >= 5")
    page.keyboard.press(" ")
    until(page, "seen.length >= 5")
    page.wait_for_timeout(500)
    seen = page.evaluate("seen")
    assert seen[:5] == ["4", "1", "2", "3", "4"]
    page.wait_for_timeout(600)
    assert page.evaluate("seen") == seen


def test_fingers_move_and_zoom(opened):
    page = opened(sweep(DETECTORS["flat"]))
    client = page.context.new_cdp_session(page)

    def touch(kind, *points):
        fingers = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    before = page.evaluate(f"({{ ...{PANE}.screen.view }})")
    touch("touchStart", (500, 400))
    for x in (520, 560, 600):
        touch("touchMove", (x, 430))
    touch("touchEnd")
    moved = page.evaluate(f"({{ ...{PANE}.screen.view }})")
    assert (before["x"] - moved["x"]) * before["scale"] == pytest.approx(100, abs=0.5)
    assert (before["y"] - moved["y"]) * before["scale"] == pytest.approx(30, abs=0.5)
    touch("touchStart", (400, 400))
    touch("touchStart", (400, 400), (500, 400))
    for x in (550, 600):
        touch("touchMove", (400, 400), (x, 400))
    touch("touchEnd")
    assert page.evaluate(f"{PANE}.screen.view.scale") == pytest.approx(2 * moved["scale"], rel=1e-3)


DARKEST = """(x, y) => {
  const { screen, places } = document.querySelector(".pane.image").made, gl = screen.renderer.getContext();
  const place = screen.toScreen(places[0].at(x, y)).map(Math.round), data = new Uint8Array(256);
  Object.assign(screen, { slow: 0, last: -1e9 }); // the view stands still
  screen.draw(performance.now());
  gl.readPixels(place[0] - 4, gl.drawingBufferHeight - place[1] - 4, 8, 8, gl.RGBA, gl.UNSIGNED_BYTE, data);
  return Math.min(...data.filter((_, i) => i % 4 < 3));
}"""
"""The least of the colours about a pixel of the first panel, on the screen."""


def test_a_spot_of_one_pixel_is_seen_in_the_whole_detector(opened, monkeypatch):
    """Four million pixels of nothing and one of 50,000 counts, on a screen that has a fifth of them."""
    pixels = np.zeros((2000, 1900), np.int32)
    pixels[1234, 877] = 50_000
    monkeypatch.setattr("gnomon.web.pictures.images_of", lambda _: FittedReader(Held(pixels), (pixels.shape,), "one"))
    axes = np.diag([1.0, -1.0, 1.0])
    panel = Panel(axes[0], axes[1], np.array([-95.0, 100, -200]), pixels.shape[::-1], (0.1, 0.1))
    page = opened(sweep(Detector((panel,))), state="image=3&image.layers=")
    until(page, f"!{PANE}.screen.isCoarse")  # finer tiles have come, and the view stands still
    until(page, f"({DARKEST})(877.5, 1234.5) < 30")
    assert page.evaluate(f"({DARKEST})(900.5, 1300.5)") > 200


SHADE = {"part": [{"axis": "scan", "points": [[-9, -2, -20], [-9, 2, -20], [3, 2, -20], [3, -2, -20]]}]}
"""A plate behind the crystal, which turns with it about x."""
INKED = """(places) => {
  const { overlay, ink } = document.querySelector(".pane.image").made, pen = ink.getContext("2d");
  const on = (px) => overlay.on(0, px).map((v) => Math.round(v * overlay.ratio));
  return places.map((px) => pen.getImageData(...on(px), 1, 1).data[3]);
}"""
"""How much is drawn over pixels of the first panel."""


def test_the_shadow_of_the_goniometer_is_drawn_where_rays_are_stopped(opened):
    """At the middle of image 3, at 6.25 degrees: there a ray meets the plane of the turned plate within its edges."""
    axes = np.diag([1.0, -1.0, 1.0])
    detector = Detector((Panel(axes[0], axes[1], np.array([-30.0, 20.0, -100.0]), (60, 40), (1.0, 1.0)),))
    images = ImageSet(template="turning_####.cbf", params={"shadow": SHADE})
    page = opened(sweep(detector, images=images, crystal=None), state="image=3&image.layers=shadow")
    until(page, f"{PANE}.overlay.shadow.length && !{PANE}.overlay.isStale")
    x, y = (v.ravel() + 0.5 for v in np.meshgrid(np.arange(60), np.arange(40)))
    rays = np.column_stack([x - 30, 20 - y, np.full(len(x), -100.0)])
    corners = Rotation.from_euler("x", 6.25, degrees=True).apply(np.array(SHADE["part"][0]["points"], float))
    across, up = corners[3] - corners[0], corners[1] - corners[0]
    normal = np.cross(across, up)
    at = rays * (corners[0] @ normal / (rays @ normal))[:, None] - corners[0]
    shares = np.column_stack([at @ across / (across @ across), at @ up / (up @ up)])
    off = np.abs(shares - 0.5).max(axis=1)
    drawn = np.array(page.evaluate(f"({INKED})({np.column_stack([x, y]).tolist()})"))
    assert (off < 0.45).sum() > 200
    assert (drawn[off < 0.45] > 50).all()
    assert (drawn[off > 0.55] == 0).all()
