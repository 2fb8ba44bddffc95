"""The benchmark of symmetry runs, and its tables say what happened."""

import symmetry as benchmark


def test_cases_are_made_judged_and_tabled():
    results = {}
    for name in ("P43 twin 0.3", "20 good, 3 of another protein"):
        small = {**benchmark.CASES[name], "d_min": 3.2, "wedges": 12 if "good" in name else 1}
        found = results.setdefault(name, benchmark.Found())
        benchmark.run_ours(small, 1, found, None)
        assert found.right == [True]
        assert found.space_right == [True]
    text = benchmark.table(results, dials=False)
    assert "twin 0.3" in text
    assert "bad named 3 of 3, good 0" in text
    assert "share right" in benchmark.frequency(results)
