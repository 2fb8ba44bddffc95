"""What index says."""

from gnomon.report.index import describe


def test_reasons_cells_and_unindexed_spots_are_told():
    stats = {
        "max_cell": 104.0,
        "d_min": 2.03,
        "n_crystals": 1,
        "reasons": ["one crystal for all sweeps, as asked"],
        "beam_centre_off": [10.04, -9.96],
        "crystals": [
            {
                "experiment": 0,
                "sweep": 0,
                "cell": [10, 20, 30, 90, 90, 90],
                "space_group": "P 1",
                "indexed": 90,
                "rmsd": [0.1, 0.2, float("nan")],
            }
        ],
        "sweeps": [
            {
                "sweep": 0,
                "spots": 100,
                "indexed": 90,
                "fraction": 0.9,
                "outliers": 3,
                "unindexed": {"on ice lines": 4, "off the lattice": 6, "nothing": 0},
            }
        ],
    }
    text = describe(stats)
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
