"""Long lists: shared models once, a line an experiment; everything if asked."""

import numpy as np
from diffract import crystal, instrument

from gnomon.models.beam import Beam
from gnomon.models.experiment import Experiments
from gnomon.models.imageset import ImageSet
from gnomon.report.show import describe_experiments


def wedges(n, beams=1):
    """n crystals on one instrument, on two-lattice sweeps, in as many beams as told."""
    rng = np.random.default_rng(0)
    one, lights = instrument(), [Beam(wavelength=1 + 0.01 * k) for k in range(beams)]
    return Experiments.of(
        one.replace(
            identifier=f"id-{i}",
            beam=lights[i % beams],
            images=ImageSet(template=f"/data/x{i // 2}_####.cbf"),
            crystal=crystal((50, 60, 70 + i, 90, 90, 90), rng, " P 2ac 2ab"),
        )
        for i in range(n)
    )


def test_a_long_list_is_a_table():
    text = describe_experiments(wedges(240))
    lines = text.splitlines()
    assert len(lines) < 240 + 50
    assert max(map(len, lines)) < 160
    assert text.count("Detector:") == text.count("wavelength:") == 1
    row = next(line for line in lines if "x3 (2)" in line)
    assert " ".join(row.split()) == "7 x3 (2) 0 0 0 1-180 0 to 90 50.00 60.00 77.00 90.00 90.00 90.00 P 21 21 21"


def test_each_different_model_is_shown_once():
    text = describe_experiments(wedges(20, beams=3))
    assert text.count("wavelength:") == 3
    assert text.count("Detector:\nPanel") == 1
    many = describe_experiments(wedges(20, beams=20))
    assert many.count("wavelength:") == 8
    assert "and 12 more with a beam, detector or goniometer of their own" in many


def test_columns_of_nothing_are_left_out():
    bare = wedges(9).map(lambda e: e.replace(crystal=None, goniometer=None, scan=None))
    header = next(line for line in describe_experiments(bare).splitlines() if line.split()[:1] == ["name"])
    assert header.split() == ["name", "beam", "detector"]


def test_short_lists_and_full_ones_show_every_model():
    assert describe_experiments(wedges(8)).count("Unit cell:") == 8
    assert describe_experiments(wedges(30), full=True).count("Unit cell:") == 30
