"""Pictures show the counts that are there, where they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from gnomon import export_bitmaps, read_experiments
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.images.experiment_images import images_of
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.steps.export_bitmaps.layout import as_seen, side_by_side
from gnomon.steps.export_bitmaps.shades import RING, palette


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("drawn")
    simulate_dataset(EXAMPLE.changed(images=2), made)
    return made


@pytest.fixture(scope="module")
def experiments(folder):
    return read_experiments(folder / "truth.expt")


@pytest.fixture(scope="module")
def counts(experiments):
    return images_of(experiments[0]).read(2)[0]


def drawn(experiments, **params):
    (picture,) = export_bitmaps(experiments, image_range=(2, 2), **params).product
    return picture


def test_shades_are_of_counts(experiments, counts):
    """Two fifths of 256 at the 90th percentile of what is usable, here 2 counts: each takes 51.2 off white."""
    used = counts >= 0
    assert np.percentile(counts[used], 90) == 2
    grey = drawn(experiments)[..., 0]
    np.testing.assert_array_equal(grey, np.clip(np.floor(256 - 51.2 * np.maximum(counts, 0)), 0, 255))
    np.testing.assert_array_equal(drawn(experiments, colour_scheme="inverse_greyscale")[..., 0], 255 - grey)
    half = np.clip(np.floor(256 - 25.6 * np.maximum(counts, 0)), 0, 255)
    np.testing.assert_array_equal(drawn(experiments, brightness=50.0)[..., 1], half)
    rows = grey[: 619 // 4 * 4, : 487 // 4 * 4].reshape(154, 4, 121, 4)
    np.testing.assert_array_equal(drawn(experiments, binning=4)[..., 2], rows.min(axis=(1, 3)))


def test_marks_are_where_they_belong(experiments, counts):
    yellow = (drawn(experiments, saturation=30.0) == (254, 254, 1)).all(axis=2)
    np.testing.assert_array_equal(yellow, counts > 30)
    pink = (drawn(experiments, show_mask=True) == (255, 176, 186)).all(axis=2)
    np.testing.assert_array_equal(pink, counts < 0)


def test_thresholds_are_those_of_photons(experiments, counts):
    """Two shades; above all three thresholds is above each; spots are, and one in a thousand pixels of background."""
    parts = {name: drawn(experiments, display=name)[..., 0] == 0 for name in ("sigma_b", "sigma_s", "threshold")}
    assert set(np.unique(drawn(experiments, display="threshold"))) == {0, 255}
    np.testing.assert_array_equal(parts["threshold"], parts["sigma_b"] & parts["sigma_s"] & (counts > 0))
    assert parts["threshold"][counts > 100].mean() > 0.9  # but beside brighter ones
    assert parts["threshold"][counts < 3].mean() < 1e-3


def test_rings_are_at_their_angle(experiments):
    """tan of twice the Bragg angle, by the distance from the beam; the sensor's depth moves it by less than a pixel."""
    e = experiments[0]
    picture = drawn(experiments, rings=True, ring_number=1)
    y, x = np.nonzero((picture == RING).all(axis=2))
    assert len(x) > 500
    ((at_x, at_y, words),) = export_bitmaps(experiments, image_range=(2, 2), rings=True, ring_number=1).product.labels(
        0
    )
    frame, pixel = e.detector.frames[0], e.detector.pixel_sizes[0]
    centre = e.detector.intersect(0, e.beam.s0[None])[0]
    radius = np.hypot(*((np.column_stack([x, y]) + 1.0) * pixel - centre).T)
    wanted = np.tan(2 * np.arcsin(e.beam.wavelength / 2 / float(words))) * abs(frame[2, 2])
    assert np.abs(radius - wanted).max() < 2 * pixel.max()
    assert (picture[at_y, at_x] == RING).all()


def test_panels_are_seen_as_they_stand():
    """One panel of 80 x 60, and the same cut in two, of which one is read out turned by a right angle."""
    x, y, origin = np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-8.0, 6.0, -60.0])
    left = Panel(x, y, origin, (50, 60), (0.2, 0.2))
    right = Panel(-y, x, origin + 50 * 0.2 * x + 60 * 0.2 * y, (60, 30), (0.2, 0.2))  # fast up, slow to the right
    values = np.arange(60 * 80).reshape(60, 80)
    pieces = [values[:, :50], values[::-1, 50:].T]
    e = Experiment(Beam(np.array([0.0, 0, 1]), 1.0), Detector((left, right)))
    np.testing.assert_array_equal(as_seen(e).of(pieces), values)
    beside = side_by_side(e, 4).of(pieces, -1)
    assert beside.shape == (60 + 4 + 30, 60)
    np.testing.assert_array_equal(beside[64:], pieces[1])
    assert (beside[60:64] == -1).all()
    placed = Detector((left, replace(left, raw_image_offset=(55, 2))))
    assert side_by_side(e.replace(detector=placed), 4).panel.shape == (62, 105)


def test_colours_run_from_few_to_many():
    assert palette("rainbow")[[0, 255]].tolist() == [[64, 0, 255], [255, 0, 0]]
    assert palette("heatmap")[[0, 255]].tolist() == [[25, 25, 25], [255, 255, 255]]


def test_files_are_named_after_images_and_none_is_lost(folder, experiments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    source = str(folder / "truth.expt")
    main(["export_bitmaps", source, "output.directory=sub", "png.compress_level=9", "binning=2"])
    assert sorted(path.name for path in (tmp_path / "sub").iterdir()) == ["image0001.png", "image0002.png"]
    with Image.open("sub/image0002.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), drawn(experiments, binning=2))
    main(["export_bitmaps", source, "image_range=2,2", "output.file=a.jpg", "jpeg.quality=90"])
    with Image.open("a.jpg") as picture:
        off = np.asarray(picture).astype(int) - drawn(experiments)
        assert picture.format == "JPEG"
    assert np.abs(off).mean() < 5
    main(["export_bitmaps", source, "image_range=1,1", "format=tiff", "prefix=x"])
    with Image.open("x0001.tiff") as picture:
        assert (picture.format, picture.size) == ("TIFF", (487, 619))
    for words, message in (
        (["output.file=a.png"], "there are 2 pictures"),
        (["output.file=a.gif", "image_range=1,1"], "give a name that ends in .png"),
        (["image_range=1,3"], "has images 1 to 2"),
    ):
        with pytest.raises(SystemExit):
            main(["export_bitmaps", source, *words])
        assert message in capsys.readouterr().err
    with pytest.raises(InputError, match="needs images"):
        export_bitmaps(experiments.map(lambda e: e.replace(images=None)))
