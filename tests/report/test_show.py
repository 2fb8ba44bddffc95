"""What files hold, in readable text: the figures are those that dials.show prints of the same files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.report.numbers import vector, with_sd
from gnomon.report.show import describe_experiments
from gnomon.report.show_reflections import describe_reflections

QUARTZ = Path(os.environ["GNOMON_SHARED_DATA"]) / "dials_files/quartz_processed"


@pytest.mark.real
@pytest.mark.skipif(not QUARTZ.exists(), reason="no shared data (GNOMON_SHARED_DATA)")
def test_quartz_as_dials_shows_it() -> None:
    text = describe_experiments(read_experiments(QUARTZ / "scaled.expt"))
    for line in (
        "    Unit cell: 4.92489(10), 4.92489(10), 5.40137(9), 90.0, 90.0, 120.0",
        "    Space group: P 31 2 1",
        "Beam centre: \n    mm: (13.19,13.15)\n    px: (507.44,505.95)",
        "Max resolution (at corners): 0.369837\nMax resolution (inscribed):  0.534272",
        "    oscillation:   {-50,1}",
    ):
        assert line in text
    table = describe_reflections(read_reflections(QUARTZ / "scaled.refl"))
    rows = {line.split()[0]: line.split()[1:] for line in table.splitlines() if line}
    assert rows["partiality"] == ["0.0010", "1.0000", "0.9598"]
    assert rows["num_pixels.valid"][:3] == ["930", "15708", "5193"]
    assert rows["scaled"] == ["1401"]


def test_shared_models_are_told_once() -> None:
    axes = np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-5.0, 10, -90])
    detector = Detector((Panel(*axes, (100, 200), (0.1, 0.1)),))
    beam = Beam()
    crystals = [Crystal(np.diag([0.1, 0.1, 0.1])) for _ in range(2)]
    text = describe_experiments(
        Experiments.of([Experiment(beam, detector, scan=Scan((1, 9), (0, 0.1)), crystal=c) for c in crystals], ["made"])
    )
    assert text.count("image_size: {100,200}") == 1
    assert text.count("shared with experiment 0") == 2
    assert text.count("Unit cell: 10.000, 10.000, 10.000, 90.000") == 2
    assert "    mm: (5.00,10.00)\n    px: (50.00,100.00)" in text
    assert text.endswith("History:\n    made")


def test_an_empty_table_is_told() -> None:
    assert "0 reflections, 1 columns" in describe_reflections(Reflections({"d": np.zeros(0)}))


def test_flags_are_counted() -> None:
    flags = np.array([Flag.STRONG, Flag.STRONG | Flag.INDEXED], np.uint64)
    lines = describe_reflections(Reflections({"flags": flags})).splitlines()
    assert [line.split() for line in lines if line.startswith(("strong", "indexed"))] == [
        ["indexed", "1"],
        ["strong", "2"],
    ]


@pytest.mark.parametrize(
    ("value", "sd", "text"),
    [
        (5.42891, 0.0043, "5.429(4)"),
        (12.0371, 0.0132, "12.037(13)"),
        (89.97, 0.05, "89.97(5)"),
        (78.1, 1.96, "78(2)"),
        (78.1, 0.199, "78.1(2)"),
        (1234.0, 25.0, "1234(25)"),
        (90.0, 0.0, "90"),
        (4.5, None, "4.500"),
    ],
)
def test_uncertainties_in_brackets(value: float, sd: float | None, text: str) -> None:
    assert with_sd(value, sd) == text


def test_no_minus_zero() -> None:
    assert vector([-1e-9, 0.25], 2) == "0.00, 0.25"
