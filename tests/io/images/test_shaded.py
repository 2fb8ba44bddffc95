"""Images less what the goniometer hides."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.images.experiment_images import shadow_of, unshadowed
from gnomon.io.images.masks import valid_counts
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.scan import Scan

NX, NY = 60, 40
BAR = {"part": [{"axis": "scan", "points": [[-9, -2, -20], [-9, 2, -20], [3, 2, -20], [3, -2, -20]]}]}


def experiment(**params):
    axes = np.eye(3)
    detector = Detector((Panel(axes[0], -axes[1], np.array([-30.0, 20.0, -100.0]), (NX, NY), (1.0, 1.0)),))
    images = ImageSet(template="a_####.cbf", params=params)
    return Experiment(Beam(), detector, Goniometer(), Scan((3, 40), (-2.0, 1.0)), images=images, identifier="a")


class Reader:
    """Every pixel of image n counts n; the arrays are not to be written to."""

    def read(self, number):
        pixels = np.full((NY, NX), number, np.int32)
        pixels.flags.writeable = False
        return (pixels,)


def test_pixels_in_shadow_hold_what_no_trusted_range_does():
    one = experiment(dynamic_shadowing="Auto", shadow=BAR)
    (pixels,) = unshadowed(Reader(), one).read(4)  # from -1 to 0 degrees
    shaded = shadow_of(one).on(-1.0, 0.0)[0]
    low, _ = valid_counts(one.detector.panels[0])
    assert 200 < shaded.sum() < NX * NY / 2
    assert (pixels[shaded] < low).all()
    assert (pixels[~shaded] == 4).all()


def test_the_shadow_moves_with_the_images():
    reader = unshadowed(Reader(), experiment(shadow=BAR))
    first, later = (reader.read(number)[0] == number for number in (4, 20))
    assert not np.array_equal(first, later)


@pytest.mark.parametrize("params", [{}, {"dynamic_shadowing": "Auto"}, {"dynamic_shadowing": False, "shadow": BAR}])
def test_without_a_shadow_the_reader_is_the_one_given(params):
    reader = Reader()
    assert unshadowed(reader, experiment(**params)) is reader


def test_a_shadow_of_which_nothing_is_known_is_an_error():
    with pytest.raises(InputError, match="give shadow=FILE to apply_mask or import"):
        unshadowed(Reader(), experiment(dynamic_shadowing=True))


def test_the_description_travels_in_the_experiments(tmp_path):
    one = experiment(dynamic_shadowing="Auto", shadow=BAR)
    write_experiments(tmp_path / "a.expt", Experiments.of([one]))
    (again,) = read_experiments(tmp_path / "a.expt")
    np.testing.assert_array_equal(shadow_of(again).on(5.0, 6.0)[0], shadow_of(one).on(5.0, 6.0)[0])


def test_stills_have_fixed_parts_only():
    still = experiment(shadow=BAR).replace(goniometer=None, scan=None)
    with pytest.raises(InputError, match="stills"):
        unshadowed(Reader(), still)
    fixed = {"part": [{"points": BAR["part"][0]["points"]}]}
    (pixels,) = unshadowed(Reader(), experiment(shadow=fixed).replace(goniometer=None, scan=None)).read(1)
    assert (pixels != 1).sum() > 200
