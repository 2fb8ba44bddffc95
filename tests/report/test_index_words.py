"""What index says."""

from gnomon.report.index import describe
from gnomon.steps.index.summary import CrystalSummary, IndexSummary, SweepSummary
from gnomon.summary import Decision


def test_reasons_cells_and_unindexed_spots_are_told():
    summary = IndexSummary(
        max_cell=104.0,
        d_min=2.03,
        n_crystals=1,
        one_lattice=True,
        decisions=(Decision("one crystal for all sweeps, as asked"),),
        beam_centre_off=(10.04, -9.96),
        crystals=(CrystalSummary(0, 0, (10, 20, 30, 90, 90, 90), "P 1", 90, (0.1, 0.2, float("nan"))),),
        sweeps=(SweepSummary(0, 100, 90, 0.9, {"on ice lines": 4, "off the lattice": 6, "nothing": 0}, 3),),
    )
    text = describe(summary)
    for words in (
        "up to 104 Å",
        "as asked",
        "10.00 20.00 30.00",
        "90.0%",
        "4 on ice lines, 6 off the lattice",
        "(10.0, -10.0) px",
    ):
        assert words in text
    assert "nan" not in text
    assert "nothing" not in text
