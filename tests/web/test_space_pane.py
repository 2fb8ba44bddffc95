"""Reciprocal space: points are where an independent formula has them, a click shows the row of the table, and a lasso's
command line takes the rows that the lasso holds."""

import contextlib
import json
import shlex
import urllib.request

import numpy as np
import pytest
from in_browser import refusal, serious_faults, stage_number, until
from scipy.spatial.transform import Rotation
from test_server import unpacked

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections

VIEW = "document.querySelector('[data-pane=space]').view"
SHOWN = f"document.querySelector('[data-pane=space]')?.view?.cloud?.lattice.length > 0 && {VIEW}.told.frames > 0"

COLOURS = """(view) => {
  view.whole();
  const gl = view.renderer.getContext(), data = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
  gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, data);
  const found = new Set();
  for (let i = 0; i < data.length; i += 4) found.add([0, 1, 2].reduce((sum, k) => sum * 16 + (data[i + k] >> 4), 0));
  return found.size;
}"""
"""How many colours, of 4 bits a channel, stand on the canvas."""


@pytest.fixture
def opened(page, address):
    """``opened(name, ...)``: the pane, showing the stage of that name; more goes into the address."""

    def go(name, **more):
        words = "".join(f"&{key}={value}" for key, value in more.items())
        page.goto(f"{address}#panes=space&stage={stage_number(address, name)}{words}")
        until(page, SHOWN)
        return page

    return go


def points(address, name):
    """The points as the browser gets them: positions in 1/Å, and the arrays."""
    with urllib.request.urlopen(f"{address}api/points?stage={stage_number(address, name)}") as answer:
        data = answer.read()
    arrays = unpacked(data)
    head = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
    return (arrays["place"][:, :3] / 65535 * 2 - 1) * head["half"], arrays, head


def back_to_phi_zero(e, rows):
    """Rays through pixels, less the beam, turned back by scipy: the laboratory's geometry without gnomon's formulae."""
    panel = e.detector.panels[0]
    mm = e.detector.pixel_to_mm(0, rows["xyzobs.px.value"][:, :2])  # corrected for parallax
    ray = panel.origin + mm[:, :1] * panel.fast_axis + mm[:, 1:] * panel.slow_axis
    s = ray / np.linalg.norm(ray, axis=1)[:, None] / e.beam.wavelength - e.beam.s0
    first, width = e.scan.oscillation
    phi = first + width * (rows["xyzobs.px.value"][:, 2] - (e.scan.image_range[0] - 1))
    turn = Rotation.from_rotvec(np.deg2rad(phi)[:, None] * e.goniometer.rotation_axis)
    s = Rotation.from_matrix(e.goniometer.setting_rotation).inv().apply(s)
    return Rotation.from_matrix(e.goniometer.fixed_rotation).inv().apply(turn.inv().apply(s))


@pytest.mark.parametrize("name", ["imported", "refined", "scaled"])
def test_points_are_where_rays_turned_back_have_them(address, processed, name):
    table = read_reflections(processed / ("strong.refl" if name == "imported" else f"{name}.refl"))
    (e,) = read_experiments(processed / f"{name}.expt")
    found, arrays, head = points(address, f"{name}.expt")
    rows = table.select(arrays["rows"]) if "rows" in arrays else table
    seen = rows["xyzobs.px.value"].any(axis=1)
    step = 2 * head["half"] / 65535
    expected = back_to_phi_zero(e, rows)[seen]
    np.testing.assert_allclose(found[seen], expected, atol=step * 0.51)
    assert 1 / head["d_min"] == pytest.approx(np.linalg.norm(expected, axis=1).max(), abs=step)
    np.testing.assert_array_equal(
        arrays["place"][seen, 3] + head["first"], np.floor(rows["xyzobs.px.value"][seen, 2]) + 1
    )
    if name == "scaled":  # as close to the nodes of the lattice as refinement has them
        off = np.linalg.norm(found - rows["miller_index"] @ e.crystal.A.T, axis=1)
        assert np.median(off) < 0.05 / max(e.crystal.cell[:3])


def test_a_click_shows_the_row_of_the_table(opened, processed):
    page = opened("scaled.expt")
    table = read_reflections(processed / "scaled.refl")
    (e,) = read_experiments(processed / "scaled.expt")
    told = ""
    for point in (7, 1234):
        x, y = page.evaluate(f"(() => {{ const s = {VIEW}.onScreen({VIEW}.point({point})); return [s.x, s.y]; }})()")
        page.locator(".space canvas").click(position={"x": x, "y": y})
        until(page, "location.hash.includes('row=')")
        new = f"!== {json.dumps(told)}"  # and no longer what the click before showed
        until(page, f"(t => /row .* Å/.test(t) && t {new})(document.querySelector('.space .told').innerText)")
        told = page.locator(".space .told").inner_text()
        row = int(told.split()[1])
        place = page.evaluate(f"(() => {{ const s = {VIEW}.onScreen({VIEW}.point({row})); return [s.x, s.y]; }})()")
        assert np.hypot(place[0] - x, place[1] - y) < 3  # the row in front, where two lie on each other
        h = table["miller_index"][row]
        assert told.split(" · ")[1] == " ".join(map(str, h))
        d = 1 / np.linalg.norm(e.crystal.A @ h)
        assert float(told.split(" · ")[2].split()[0]) == pytest.approx(d, rel=3e-3)
        image = int(table["xyzobs.px.value"][row, 2]) + 1
        assert image == 1 or until(page, f"location.hash.includes('image={image}')")  # 1 is the default


def turning_number(points, corners):
    """How often the polygon winds round each point: the sum of the angles to its corners, one after the other."""
    total = np.zeros(len(points))
    for a, b in zip(corners, np.roll(corners, -1, axis=0)):
        u, v = a - points, b - points
        total += np.arctan2(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0], (u * v).sum(axis=1))
    return np.rint(total / (2 * np.pi))


def test_the_lassos_command_line_takes_the_rows_that_it_holds(opened, processed, tmp_path):
    page = opened("scaled.expt", dmin=3.4, **{"space.slab": 0.15})
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.locator(".space canvas").focus()
    page.keyboard.press("l")
    box = page.locator(".space canvas").bounding_box()
    corners = [(300, 300), (620, 260), (700, 600), (480, 420), (330, 560)]
    page.mouse.move(box["x"] + corners[0][0], box["y"] + corners[0][1])
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.up()
    page.locator(".space .result code").first.wait_for()
    line = page.locator(".space .result code").first.inner_text()
    chosen = np.array(page.evaluate(f"Array.from({VIEW}.kept)")) == 2
    screen = page.evaluate(
        f"Array.from({{length: {len(chosen)}}}, (_, i) => {{ const s = {VIEW}.onScreen({VIEW}.point(i)); "
        f"return [s.x, s.y, s.depth, Math.hypot(...{VIEW}.point(i))]; }})"
    )
    x, y, depth, length = np.array(screen).T
    held = turning_number(np.column_stack([x, y]), np.array(corners, float)) != 0
    held &= (np.abs(depth) <= 0.075) & (length <= 1 / 3.4)
    assert 50 < chosen.sum() < 3000
    assert np.mean(held != chosen) < 0.002  # d of the index in its cell, not of the point, decides at the limit
    words = shlex.split(line)
    assert words[:2] == ["gnomon", "filter_reflections"]
    with contextlib.chdir(processed):
        main([*words[1:], f"output.reflections={tmp_path / 'out.refl'}", "output.log=/dev/null"])
    table, found = read_reflections(processed / "scaled.refl"), read_reflections(tmp_path / "out.refl")
    np.testing.assert_array_equal(found["xyzcal.px"], table["xyzcal.px"][chosen])


def test_a_selection_is_indexed_at_once_and_opened(opened, processed):
    page = opened("imported.expt")
    before = sorted(p.name for p in processed.iterdir())
    page.locator(".space canvas").focus()
    page.keyboard.press("Shift+Enter")
    page.get_by_role("button", name="index these now").click()
    until(page, "document.querySelector('#stage').selectedOptions[0].text.startsWith('indexed: ')")
    stages = page.evaluate("fetch('api/workspace').then((r) => r.json())")["stages"]
    (e,) = read_experiments(processed / "indexed.expt")
    np.testing.assert_allclose(stages[-1]["experiments"][0]["cell"], e.crystal.cell, rtol=2e-3)
    assert sorted(p.name for p in processed.iterdir()) == before  # nothing was written


def test_keys_look_down_axes_and_the_beam(opened, processed):
    page = opened("refined.expt")
    (e,) = read_experiments(processed / "refined.expt")
    page.locator(".space canvas").focus()
    for key, direction in [*zip("abc", e.crystal.A.T), ("m", -e.beam.s0), ("x", e.goniometer.lab_axis)]:
        page.keyboard.press(key)
        turn = np.reshape(page.evaluate(f"{VIEW}.turn"), (3, 3))
        np.testing.assert_allclose(turn[2], direction / np.linalg.norm(direction), atol=1e-5)
        np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-5)


def test_limits_and_lattices_hide_points(opened, processed):
    page = opened("scaled.expt")
    table = read_reflections(processed / "scaled.refl")
    page.get_by_label("min, d in Å").fill("4")
    page.get_by_label("min, d in Å").press("Enter")
    until(page, "location.hash.includes('dmin=4')")
    page.get_by_label("Flags, with").fill("integrated_prf & ~outlier_in_scaling")
    page.get_by_label("Flags, with").press("Enter")
    until(page, f"{VIEW}.kept.includes(0)")
    kept = np.array(page.evaluate(f"Array.from({VIEW}.kept)"))
    flags = table["flags"]
    np.testing.assert_array_equal(kept == 1, ((flags & 512) > 0) & ((flags & (1 << 23)) == 0))
    page.get_by_role("checkbox", name="sim").uncheck()
    assert page.evaluate(f"{VIEW}.visible[0]") == 0
    until(page, "location.hash.includes('space.hidden=0')")


PIXELS = """(view) => {
  view.whole();
  const gl = view.renderer.getContext(), data = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
  gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, data);
  return [gl.drawingBufferWidth, Array.from(new Uint32Array(data.buffer))];
}"""
"""The words of 4 bytes on the canvas, the lowest line first, and how many a line has."""
BY_SHADER = """(view) => {
  const { tints, visible, rotations, cloud, kept, value } = view;
  view.splats = null;
  view.take(cloud);
  view.lattices(tints, visible, rotations);
  view.keep(kept);
  if (value) view.colour(value, "value");
}"""
"""Makes the view draw by its shaders."""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"space.colour": "i_over_sigma", "dmin": 4, "space.slab": 0.2},
        pytest.param({"space.crystal": "true"}, marks=pytest.mark.slow),
    ],
)
def test_points_are_drawn_alike_without_a_gpu_and_by_shaders(opened, more):
    page = opened("scaled.expt", **more)
    if "space.colour" in more:
        until(page, f"{VIEW}.value !== null")
    assert page.evaluate(f"{VIEW}.splats !== null")
    width, ours = page.evaluate(f"({PIXELS})({VIEW})")
    page.evaluate(f"({BY_SHADER})({VIEW})")
    _, theirs = page.evaluate(f"({PIXELS})({VIEW})")
    ours, theirs = (np.array(p, np.uint32).reshape(-1, width) for p in (ours, theirs))
    paper = np.bincount(ours.ravel() & 0xFFFFFF).argmax()
    ink = [(p & 0xFFFFFF) != paper for p in (ours, theirs)]
    assert ink[0].sum() == pytest.approx(ink[1].sum(), rel=0.1)
    for one, other in (ink, ink[::-1]):  # each has ink where the other has, a pixel aside for the rounding of edges
        near = np.logical_or.reduce([np.roll(other, shift, (0, 1)) for shift in np.ndindex(3, 3)], axis=0)
        assert (one & ~np.roll(near, (-1, -1), (0, 1))).sum() < 0.002 * one.sum()
    same = ink[0] & ink[1]
    off = np.abs(ours.view(np.uint8).astype(int) - theirs.view(np.uint8)).reshape(*ours.shape, 4).max(axis=2)
    assert np.mean(off[same] <= 3) > 0.9  # others: which of two points lies in front at an edge


@pytest.mark.parametrize("by", ["residual", "i_over_sigma", "flags", "resolution", "image", "sweep"])
def test_points_are_coloured_by_what_the_table_says(opened, by):
    page = opened("scaled.expt")
    page.get_by_label("Coloured by").select_option(by)
    until(page, f"location.hash.includes('space.colour={by}')")
    if by in ("residual", "i_over_sigma", "flags"):
        until(page, f"{VIEW}.value !== null")
    drawn = page.evaluate(f"({COLOURS})({VIEW})")
    assert drawn > (8 if by in ("flags", "sweep") else 30)


def test_values_are_the_tables(address, processed):
    table = read_reflections(processed / "scaled.refl")
    stage = stage_number(address, "scaled.expt")
    with urllib.request.urlopen(f"{address}api/points/values?stage={stage}&by=residual") as answer:
        data = answer.read()
    head = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
    found = (unpacked(data)["value"].astype(float) - 1) / 65534 * (head["high"] - head["low"]) + head["low"]
    observed, predicted = table["xyzobs.px.value"][:, :2], table["xyzcal.px"][:, :2]
    expected = np.hypot(*(observed - predicted).T).clip(head["low"], head["high"])
    seen = table["xyzobs.px.value"].any(axis=1)
    np.testing.assert_allclose(found[seen], expected[seen], atol=1e-3)


def test_bad_questions_are_answered_in_a_line(address):
    stage = stage_number(address, "scaled.expt")
    for path in (
        "points?table=9",
        "points/values?by=beauty",
        "points/mask?flag_expression=green",
        "points/mask?partiality_min=x",
    ):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{address}api/{path}&stage={stage}")
        assert error.value.code == 400
        with error.value:
            told = json.load(error.value)["error"]
        assert told
        assert "\n" not in told
    for body in (b"[]", b"{", b"{}", b'{"selection": {"polygon": [1, 2]}}', b'{"selection": {"up": [1, 0, 0]}}'):
        refusal(address, "api/points/lasso", body)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_those_who_cannot_see(opened, theme):
    page = opened("scaled.expt")
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        page.keyboard.press("t")
    page.locator(".space canvas").focus()
    page.keyboard.press("Shift+Enter")
    page.locator(".space .result code").first.wait_for()
    assert serious_faults(page) == []
