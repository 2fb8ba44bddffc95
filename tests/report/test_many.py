"""What steps say of many experiments: short enough to be read."""

from dataclasses import replace

import pytest

from gnomon.report.find_spots import describe as find_spots_words
from gnomon.report.index import describe as index_words
from gnomon.report.integrate import describe as integrate_words
from gnomon.report.table import MOST_ROWS, long_table
from gnomon.steps.find_spots.summary import FindSpotsSummary, SweepSummary
from gnomon.steps.index.summary import CrystalSummary, IndexSummary
from gnomon.steps.index.summary import SweepSummary as IndexedSweep
from gnomon.steps.integrate.summary import ExperimentSummary, IntegrateSummary, Residual, ResolutionShell


def test_a_long_table_lists_the_worst_in_their_order():
    rows = [(str(i), i % 7) for i in range(MOST_ROWS + 5)]
    badness = [float(i % 2) for i in range(len(rows))]
    lines = long_table("title", ("name", "n"), rows, badness, "that are odd").splitlines()
    listed = [int(line.split()[0]) for line in lines[3:-1]]
    assert len(listed) == MOST_ROWS
    assert listed == sorted(listed)
    assert set(range(1, len(rows), 2)) <= set(listed)
    assert lines[-1] == f"(5 more are not listed: these are the {MOST_ROWS} that are odd)"
    assert "not listed" not in long_table("title", ("name", "n"), rows[:3], badness[:3], "that are odd")


def sweep(number):
    return SweepSummary(
        experiment=number,
        images=(1, 2, 3),
        strong_pixels=(90, 80, 70),
        spots=(10, 11, 12 + number),
        background=(0.5, 0.5, 0.5),
        blank=(),
        bad=(),
        removed={"smaller than 3 px": 4, "larger than 1000 px": 1},
        sums={},
        algorithm="dispersion",
    )


@pytest.mark.parametrize(("n", "longest"), [(2, 60), (36, 42), (240, MOST_ROWS + 8)])
def test_find_spots_has_a_line_a_sweep_of_many(n, longest):
    summary = FindSpotsSummary(sweeps=tuple(sweep(i) for i in range(n)), n_spots=33 * n, algorithm="dispersion")
    text = find_spots_words(summary)
    assert len(text.splitlines()) <= longest
    assert f"{33 * n} strong spots in all" in text
    if n > 4:
        row = next(line.split() for line in text.splitlines() if line.startswith("1 "))
        assert row == ["1", "1-3", "240", "39", "5", "34", "11", "10", "13"]


def integrated(number):
    shells = (
        ResolutionShell(50.0, 3.0, 100, 90, 20.0 + number, 21.0, 0.9, 1.0),
        ResolutionShell(3.0, 2.0, 80, 70, 5.0, 6.0, 0.5, 0.5),
    )
    counts = (
        "predicted",
        "summed",
        "fitted",
        "references",
        "partial",
        "overloaded",
        "overlapped",
        "on_rings",
        "bad_pixels",
    )
    causes = ("point_spread", "crystal", "divergence", "tangential", "dispersion", "domain", "mosaicity")
    return ExperimentSummary(
        **dict.fromkeys(counts, 9),
        sigma_b=0.03,
        sigma_m=0.1,
        residuals=(Residual(0.0, 0.1),) * 3,
        spots=500 + number,
        causes=dict.fromkeys(causes, 0.1),
        fit_over_sum={},
        recorded=(),
        unmeasured={"masked": 1, "cut by the scan's end": 0} if number else {"near the spindle": 1},
        not_integrated=1,
        shells=shells[: 1 + (number != 3)],
    )


def test_integrate_tells_shells_of_many_experiments_once():
    text = integrate_words(IntegrateSummary(experiments=tuple(integrated(i) for i in range(5))))
    assert "Experiment 0 by resolution" not in text
    reasons = text[text.index("Not integrated, by reason") :].splitlines()
    assert reasons[1].split("  ")[0] == "experiment"
    assert [line.split() for line in reasons[3:5]] == [["0", "1", "0", "0"], ["1", "0", "1", "0"]]
    first, second = text[text.index("All 5 experiments") :].splitlines()[3:5]
    assert first.split() == ["50.00", "-", "3.00", "500", "450", "22.0", "21.0", "0.90", "1.00"]
    assert second.split()[3:5] == ["320", "280"]


def test_index_tells_a_crystal_and_its_sweep_in_one_line():
    summary = IndexSummary(
        max_cell=100.0,
        d_min=2.0,
        n_crystals=6,
        one_lattice=False,
        beam_centre_off=(0.0, 0.0),
        crystals=tuple(CrystalSummary(i, i, (10, 20, 30, 90, 90, 90), "P 1", 90, (0.1, 0.2, 0.3)) for i in range(6)),
        sweeps=tuple(IndexedSweep(i, 100, 90, 0.9, {"off the lattice": 10}, 3) for i in range(6)),
    )
    text = index_words(summary)
    assert len(text.splitlines()) == 10
    assert all(word in text for word in ("10.00 20.00 30.00", "90.0%", "10 off the lattice"))
    assert "sweeps\n" in index_words(replace(summary, crystals=summary.crystals[:5]))
