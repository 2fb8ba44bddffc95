"""One reflection: its pixels are the images', its numbers the table's, its equivalents those that gemmi finds."""

import json
import urllib.request
from dataclasses import replace

import gemmi
import numpy as np
import pytest
from in_browser import serious_faults, stage_number, until
from test_server import unpacked

from gnomon.io.expt import read_experiments
from gnomon.io.images import cbf
from gnomon.io.refl import read_reflections
from gnomon.models.columns import COLUMNS
from gnomon.models.flags import Flag
from gnomon.steps.integrate.shares import shares_of
from gnomon.web.reflection import _box, _cut


def told(address, path, **query):
    words = "&".join(f"{key}={urllib.request.quote(str(value))}" for key, value in query.items())
    with urllib.request.urlopen(f"{address}api/reflection{path}?{words}") as answer:
        data = answer.read()
    return json.loads(data) if data[:1] == b"{" else data


@pytest.fixture
def scaled(processed):
    return read_reflections(processed / "scaled.refl"), read_experiments(processed / "scaled.expt")


def strong_rows(table, n=20):
    """Rows of whole, bright reflections."""
    bright = table["intensity.prf.value"] / np.sqrt(np.maximum(table["intensity.prf.variance"], 1e-9))
    good = table.has(Flag.INTEGRATED_PRF) & ~table.has(Flag.OVERLOADED) & (table["partiality"] > 0.99)
    return np.flatnonzero(good)[np.argsort(-bright[good])[:n]]


def test_columns_have_the_tables_values_units_and_meanings(address, scaled):
    table, _ = scaled
    row = int(strong_rows(table)[3])
    found = told(address, "", stage=stage_number(address, "scaled.expt"), row=row)
    assert {c["name"] for c in found["columns"]} == {n for n in table.names if n != "shoebox"}
    for column in found["columns"]:
        np.testing.assert_array_equal(np.ravel(column["value"]), np.ravel(table[column["name"]][row]))
        if column["name"] in COLUMNS:
            declared = COLUMNS[column["name"]]
            assert (column["unit"], column["meaning"]) == (declared.unit, declared.meaning)
    bits = sum(int(Flag[word.upper().replace(" ", "_")]) for word in found["flags"])
    assert bits == int(table["flags"][row]) & bits
    assert {"integrated prf", "integrated sum", "predicted"} <= set(found["flags"])
    assert found["hkl"] == table["miller_index"][row].tolist()


def test_pixels_are_cut_from_the_images_around_those_that_the_table_keeps(address, processed):
    """find_spots keeps the strong pixels of its spots alone."""
    strong = read_reflections(processed / "strong.refl")
    for row in (0, 99):
        data = told(address, "/pixels", stage=stage_number(address, "imported.expt"), row=row)
        head = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
        counts, mask, _ = strong["shoebox"].pixels(row)
        found, box = unpacked(data), np.array(head["bbox"])
        x, y, z = strong["bbox"][row, ::2] - box[::2]
        part = tuple(slice(low, low + n) for low, n in zip((z, y, x), counts.shape))
        np.testing.assert_array_equal(found["data"][part][counts > 0], counts[counts > 0])
        np.testing.assert_array_equal(found["mask"][part] & 8, mask & 8)
        assert found["data"].size > counts.size


def test_pixels_are_cut_from_the_images(processed):
    strong = read_reflections(processed / "strong.refl")
    (e,) = read_experiments(processed / "imported.expt")
    frames = [cbf.decode(cbf.read_cbf(str(path))) for path in sorted((processed / "images").glob("*.cbf"))]
    for row in (3, 50):
        x0, x1, y0, y1, z0, z1 = strong["bbox"][row]
        bbox, data, mask, _ = _cut(e, 0, np.array(strong["bbox"][row]))
        np.testing.assert_array_equal(bbox, strong["bbox"][row])
        np.testing.assert_array_equal(data, [frame[y0:y1, x0:x1] for frame in frames[z0:z1]])
        assert (mask == 1).all()
    bbox, data, _, _ = _cut(e, 0, np.array([-5, 3, -2, 4, -1, 2]))
    assert bbox.tolist() == [0, 3, 0, 4, 0, 2]
    assert data.shape == (2, 4, 3)


def test_shoeboxes_of_the_table_are_shown_where_it_has_their_background(processed):
    strong = read_reflections(processed / "strong.refl")
    (e,) = read_experiments(processed / "imported.expt")
    one = strong.select([7])
    whole = replace(one["shoebox"], mask=one["shoebox"].mask | 2)
    source, bbox, data, _, _ = _box(e, one.with_columns({"shoebox": whole}))
    assert source == "the table"
    np.testing.assert_array_equal(bbox, one["bbox"][0])
    np.testing.assert_array_equal(data, whole.pixels(0)[0])
    source, *_ = _box(e.replace(images=None), one)
    assert source == "the table"  # strong pixels alone, where there are no images


def test_the_profile_is_a_gaussian_at_the_prediction(scaled):
    """Its sum is the recorded part, its centre the prediction, its width sigma_b along the ray."""
    table, (e,) = scaled
    for row in strong_rows(table, 6):
        one, bbox = table.select([row]), table["bbox"][row]
        share = shares_of(e, one, bbox).share
        assert 0.9 < share.sum() < 1.02
        z, y, x = (np.arange(n) + 0.5 + low for n, low in zip(share.shape, bbox[[4, 2, 0]]))
        centre = [(share.sum(axis=(0, 1)) @ x) / share.sum(), (share.sum(axis=(0, 2)) @ y) / share.sum()]
        np.testing.assert_allclose(centre, one["xyzcal.px"][0, :2], atol=0.06)
        assert (share.sum(axis=(1, 2)) @ z) / share.sum() == pytest.approx(one["xyzcal.px"][0, 2], abs=0.25)
        middle = e.detector.panels[0]
        ray = np.linalg.norm(e.detector.lab_coordinates(0, one["xyzcal.mm"][:, :2]))
        width = np.deg2rad(np.mean(e.profile.sigma_b)) * ray / middle.pixel_size[0]
        spread = np.sqrt((share.sum(axis=(0, 1)) @ (x - centre[0]) ** 2) / share.sum())
        assert 0.9 * width < spread < 1.6 * width  # oblique rays are broader


def test_the_fit_explains_bright_spots(address, scaled):
    table, _ = scaled
    stage, ratios = stage_number(address, "scaled.expt"), []
    for row in strong_rows(table, 12):
        found = unpacked(told(address, "/pixels", stage=stage, row=row))
        seen = (found["data"] - found["background"])[(found["mask"] & 4) > 0].sum()
        ratios.append((found["expected"] - found["background"])[(found["mask"] & 4) > 0].sum() / seen)
    assert np.median(ratios) == pytest.approx(1, abs=0.1)


def test_equivalents_are_those_that_gemmi_finds(address, scaled):
    table, (e,) = scaled
    stage = stage_number(address, "scaled.expt")
    group = gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(e.crystal.hall_symbol))
    asu, ops = gemmi.ReciprocalAsu(group), group.operations()
    unique = [tuple(asu.to_asu(h, ops)[0]) for h in table["miller_index"].tolist()]
    used = (table["intensity.scale.variance"] > 0) & (table["inverse_scale_factor"] > 0)
    row = next(int(r) for r in strong_rows(table, 200) if used[r] and unique.count(unique[r]) > 2)
    found = told(address, "/equivalents", stage=stage, row=row)
    expected = [i for i in range(len(table)) if used[i] and unique[i] == unique[row]]
    assert sorted(one["row"] for one in found["equivalents"]) == expected
    g = table["inverse_scale_factor"][expected]
    value, variance = table["intensity.scale.value"][expected] / g, table["intensity.scale.variance"][expected] / g**2
    counts = ~table.has(Flag.BAD_FOR_SCALING)[expected]
    mean = np.average(value[counts], weights=1 / variance[counts])
    assert found["mean"] == pytest.approx(mean)
    for one in found["equivalents"]:
        i = expected.index(one["row"])
        assert one["deviation"] == pytest.approx((value[i] - mean) / np.sqrt(variance[i]))
        assert one["counts"] == counts[i]


def test_next_and_previous_go_through_what_passes(address, scaled):
    table, _ = scaled
    stage = stage_number(address, "scaled.expt")
    image = np.floor(table["xyzobs.px.value"][:, 2])
    image = np.where(table["xyzobs.px.value"].any(axis=1), image, np.floor(table["xyzcal.px"][:, 2])) + 1
    passing = np.flatnonzero(
        table.has(Flag.INTEGRATED_PRF) & ~table.has(Flag.OVERLOADED) & (table["d"] >= 3.5) & (table["d"] <= 6)
        & (image >= 5) & (image <= 9)
    )  # fmt: skip
    filters = {"flags": "integrated_prf & ~overloaded", "dmin": 3.5, "dmax": 6, "first": 5, "last": 9, "sets": "0"}
    first = told(address, "/next", stage=stage, row=-1, by=1, **filters)
    assert first == {"row": passing[0], "place": 1, "of": len(passing)}
    assert told(address, "/next", stage=stage, row=passing[7], by=1, **filters)["row"] == passing[8]
    assert told(address, "/next", stage=stage, row=passing[7], by=-1, **filters)["row"] == passing[6]
    assert told(address, "/next", stage=stage, row=passing[-1], by=1, **filters)["row"] == passing[-1]
    assert told(address, "/next", stage=stage, row=0, by=1, flags="in_powder_ring & bad_reference")["of"] == 0


def test_bad_questions_are_answered_in_a_line(address):
    for path in (
        "?row=x",
        "?row=-1",
        "?row=99999999",
        "/pixels?row=-5",
        "/next?dmin=far",
        "/next?sets=a",
        "/next?flags=~",
    ):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{address}api/reflection{path}")
        with error.value:
            assert error.value.code == 400, path
            assert "\n" not in json.load(error.value)["error"]


@pytest.fixture
def opened(page, address):
    def go(name, row):
        page.goto(f"{address}#panes=reflection&stage={stage_number(address, name)}&row={row}")
        until(page, "document.querySelectorAll('.reflection .strip canvas').length > 2")
        return page

    return go


def test_a_click_on_an_equivalent_goes_there(opened, scaled):
    table, _ = scaled
    row = int(strong_rows(table)[0])
    page = opened("scaled.expt", row)
    until(page, "document.querySelectorAll('.reflection .equivalents tbody tr').length > 0")
    assert page.locator(".reflection .hkl").inner_text() == " ".join(map(str, table["miller_index"][row]))
    other = page.locator(".reflection .equivalents tbody button:not([aria-current])").first
    wanted = other.inner_text()
    other.click()
    until(page, f"document.querySelector('.reflection .hkl').textContent === {wanted!r}")
    assert f"row={row}" not in page.url.split("&")


def test_keys_go_to_the_next_that_passes(opened, scaled):
    table, _ = scaled
    row = int(strong_rows(table)[0])
    page = opened("scaled.expt", row)
    page.get_by_label("Only reflections with these flags").fill("integrated_prf")
    page.get_by_label("Only reflections with these flags").press("Enter")
    page.locator(".pane.reflection").focus()
    page.keyboard.press("n")
    passing = np.flatnonzero(table.has(Flag.INTEGRATED_PRF))
    following = int(passing[passing > row][0])
    until(page, f"document.querySelector('.reflection input[type=number]').value === '{following}'")
    image = int(page.evaluate("new URLSearchParams(location.hash.slice(1)).get('image') ?? 1"))
    until(page, "location.hash.includes('row=')")
    assert image in (1, int(table["xyzobs.px.value"][following, 2]) + 1)


@pytest.mark.parametrize(
    ("theme", "name"), [("light", "scaled.expt"), ("dark", "scaled.expt"), ("light", "imported.expt")]
)
def test_nothing_serious_stands_in_the_way_of_those_who_cannot_see(opened, scaled, theme, name):
    page = opened(name, int(strong_rows(scaled[0])[0]) if name == "scaled.expt" else 5)
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        page.keyboard.press("t")
    assert serious_faults(page) == []
