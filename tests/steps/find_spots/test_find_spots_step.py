"""find_spots on made-up images: planted spots come back, and workers do not matter."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

import gnomon.steps.find_spots.step as step
from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.report.find_spots import describe
from gnomon.step import Context
from gnomon.steps.find_spots.params import FindSpotsParams

NX, NY, N_IMAGES, FIRST = 80, 60, 12, 5


def panel(x0):
    axis = np.eye(3)
    return Panel(axis[0], -axis[1], np.array([x0, 5.0, -100.0]), (NX, NY), (0.172, 0.172), (0, 1000))


def planted(seed):
    """(N_IMAGES, 2 panels, NY, NX) images with spots at (panel, z, y, x) that span three images."""
    rng = np.random.default_rng(seed)
    images = rng.poisson(3, (N_IMAGES, 2, NY, NX)).astype(np.int32)
    centres = [(0, 1, 20, 30), (0, 6, 40, 12), (1, 4, 33, 70), (1, 9, 8, 8), (0, 9, 50, 60)]
    for p, z, y, x in centres:
        for dz, dy, dx in np.ndindex(3, 3, 3):
            images[z + dz - 1, p, y + dy - 1, x + dx - 1] += 200 if (dz, dy, dx) == (1, 1, 1) else 60
    return images, centres


@pytest.fixture
def sweep(monkeypatch):
    """Two experiments, each with its own images, and the centres planted in them."""
    data = [planted(1), planted(2)]
    images = [ImageSet(template=f"{i}_####.cbf") for i in range(2)]

    class Reader:
        def __init__(self, stack):
            self.stack = stack

        def read(self, number):
            return tuple(self.stack[number - FIRST])

    readers = {s.template: Reader(stack) for s, (stack, _) in zip(images, data)}
    monkeypatch.setattr(step, "images_of", lambda e: readers[e.images.template])
    monkeypatch.setattr(
        step, "static_mask", lambda e, more=None: tuple(np.ones((NY, NX), bool) for _ in e.detector.panels)
    )
    detector = Detector((panel(-7.0), panel(8.0)))
    scan = Scan((FIRST, FIRST + N_IMAGES - 1), (0.0, 0.1))
    items = [
        Experiment(Beam(), detector, Goniometer(), scan, images=s, identifier=f"e{i}") for i, s in enumerate(images)
    ]
    return Experiments.of(items), data[0][1]


def found_in(experiments, workers=1, **params):
    return step.find_spots(experiments, Reflections(), FindSpotsParams(**params), context=Context(Workers(workers)))


def test_planted_spots_are_found_where_they_are(sweep):
    experiments, centres = sweep
    spots = found_in(experiments[:1]).reflections
    truth = sorted((p, x + 0.5, y + 0.5, z + FIRST - 1 + 0.5) for p, z, y, x in centres)
    seen = sorted((int(p), *xyz) for p, xyz in zip(spots["panel"], spots["xyzobs.px.value"]))
    np.testing.assert_allclose(seen, truth, atol=0.1)
    assert spots.has(Flag.STRONG).all()
    assert (spots["n_signal"] >= 26).all()
    assert spots.identifiers == {0: "e0"}


def test_the_number_of_workers_does_not_matter(sweep):
    experiments, _ = sweep
    tables = [found_in(experiments, workers, shoeboxes=True).reflections for workers in (1, 2, 5)]
    assert len(tables[0]) == 10
    assert set(tables[0]["id"].tolist()) == {0, 1}
    for other in tables[1:]:
        for name in ("panel", "bbox", "n_signal", "xyzobs.px.value", "xyzobs.px.variance", "intensity.sum.value"):
            np.testing.assert_array_equal(tables[0][name], other[name])
        np.testing.assert_array_equal(tables[0]["shoebox"].data, other["shoebox"].data)


def test_shoeboxes_hold_the_strong_pixels(sweep):
    spots = found_in(sweep[0], shoeboxes=True).reflections
    sums = [spots["shoebox"].pixels(i)[0].sum() for i in range(len(spots))]
    counts = [(spots["shoebox"].pixels(i)[1] == 5).sum() for i in range(len(spots))]
    np.testing.assert_array_equal(sums, spots["intensity.sum.value"])
    np.testing.assert_array_equal(counts, spots["n_signal"])
    assert "shoebox" not in found_in(sweep[0]).reflections


def test_two_dimensional_spots_end_with_their_image(sweep):
    spots = found_in(sweep[0][:1], force_2d=True).reflections
    assert (spots["bbox"][:, 5] - spots["bbox"][:, 4] == 1).all()
    assert len(spots) == 15


def test_ranges_choose_images(sweep):
    result = found_in(sweep[0], scan_range=((5, 12),), exclude_images=((0, 7, 8), (5, 5)))
    assert result.summary.sweeps[0].images == (6, 9, 10, 11, 12)
    assert result.summary.sweeps[1].images == (6, 7, 8, 9, 10, 11, 12)
    with pytest.raises(InputError, match="scan_range=5,300: experiment 0 has images 5 to 16"):
        found_in(sweep[0], scan_range=((5, 300),))
    with pytest.raises(InputError, match="leave no image of experiment 0"):
        found_in(sweep[0], exclude_images=((1, 100),))


@pytest.mark.parametrize(
    ("params", "left"),
    [
        ({"min_spot_size": 60}, 0),
        ({"max_spot_size": 20}, 0),
        ({"untrusted_panel": (1,)}, 3),
        ({"untrusted_rectangle": ((25, 35, 15, 25),)}, 4),
        ({"untrusted_circle": ((12.5, 40.5, 6.0),)}, 4),
        ({"untrusted_polygon": ((55.0, 45.0, 66.0, 45.0, 66.0, 56.0, 55.0, 56.0),)}, 4),
        ({"border": 12}, 1),
        ({"untrusted_panel": (1,), "untrusted_rectangle": ((0, 20, 0, 20),)}, 4),
    ],
)
def test_filters_remove_what_they_should(sweep, params, left):
    assert len(found_in(sweep[0][:1], **params).reflections) == left


def test_too_many_strong_pixels_is_an_error(sweep):
    with pytest.raises(InputError, match="pixels are strong, more than max_strong_pixel_fraction"):
        found_in(sweep[0], max_strong_pixel_fraction=1e-4)


def test_no_images_is_an_error(sweep):
    bare = sweep[0].map(lambda e: e.replace(images=None))
    with pytest.raises(InputError, match="find_spots needs images"):
        found_in(bare)


def test_excluding_images_of_no_experiment_is_an_error(sweep):
    with pytest.raises(InputError, match="names experiment 3; there are 0 to 1"):
        found_in(sweep[0], exclude_images=((3, 1, 2),))


def test_the_report_names_the_counts(sweep):
    text = describe(found_in(sweep[0]).summary)
    assert "10 strong spots in all" in text
    assert "Sweep 1: images 5 to 16" in text
    assert "spots per image" in text


def test_a_window_without_width_is_refused():
    with pytest.raises(ValidationError, match="half widths"):
        FindSpotsParams(kernel_size=(0, 3))


@pytest.mark.parametrize("algorithm", ["dispersion_extended", "dispersion", "radial_profile"])
def test_spots_in_the_shadow_of_the_goniometer_are_not_found(sweep, algorithm):
    experiments, centres = sweep
    (x0, y0), (x1, y1) = ((px * 0.172 - 7.0, 5.0 - py * 0.172) for px, py in ((0, 30), (36, 60)))
    part = {"points": [(x, y, -100.0) for x in (x0, x1) for y in (y0, y1)]}  # columns 0 to 36, rows 30 to 60 of panel 0
    plain = experiments[:1]
    shaded = plain.map(lambda e: e.replace(images=replace(e.images, params={"shadow": {"part": [part]}})))
    boxes = []
    for given in (plain, shaded):
        spots = found_in(given, algorithm=algorithm).reflections
        boxes.append({(int(p), *box) for p, box in zip(spots["panel"], spots["bbox"].tolist())})
    hidden = {c for c in centres if c[0] == 0 and c[2] >= 30 and c[3] < 36}
    assert len(hidden) == 1
    assert len(boxes[0]) == len(centres)
    assert boxes[1] < boxes[0]
    ((_, left, right, top, bottom, *_),) = boxes[0] - boxes[1]
    ((_, _, y, x),) = hidden
    assert left <= x < right
    assert top <= y < bottom


def test_only_the_region_of_interest_is_looked_at(sweep):
    experiments, centres = sweep
    spots = found_in(experiments[:1], region_of_interest=(0, 40, 30, 60)).reflections
    found = [(int(p), *np.floor(xyz[:2]).astype(int)) for p, xyz in zip(spots["panel"], spots["xyzobs.px.value"])]
    assert found == [(p, x, y) for p, _, y, x in centres if x < 40 and y >= 30]
    with pytest.raises(InputError, match="holds no pixel"):
        found_in(experiments[:1], region_of_interest=(500, 600, 0, 10))
