"""The page of merge: what was merged, the free set, and what the tests of twinning say."""

from __future__ import annotations

from math import isfinite

from gnomon.report.html.blocks import Block, Section, Table, Tile, Tiles, Words
from gnomon.report.merge import describe
from gnomon.steps.merge.summary import MergeSummary
from gnomon.steps.merge.twinning import TwinningTests

_TWINNED = 0.44
"""Of <|L|>: half-way between an untwinned crystal's 1/2 and a perfect twin's 3/8."""


def sections(summary: MergeSummary) -> list[Section]:
    """Tiles, the tests, and the step's own words."""
    tests = summary.twinning
    tiles = [
        Tile("Unique reflections", str(summary.n_unique), "", f"of {summary.n_observations} observations"),
        Tile("Resolution", f"{summary.d_min:.2f} Å", "", f"from {summary.d_max:.1f} Å"),
        Tile("Space group", summary.space_group),
    ]
    if summary.wilson is not None:
        tiles.append(Tile("Wilson B", f"{summary.wilson.b_factor:.1f} Å²", "", f"± {summary.wilson.b_sd:.1f}"))
    if tests is not None:
        verdict = "look" if tests.mean_abs_l < _TWINNED else "good"
        words = "twinned?" if verdict == "look" else "not twinned"
        tiles.append(Tile("<|L|>", f"{tests.mean_abs_l:.3f}", "look" if verdict == "look" else "good", words))
    blocks: list[Block] = [Tiles(tiles), *_tests(tests), Words((describe(summary),), plain=True)]
    return [Section("Summary", blocks)]


def _tests(tests: TwinningTests | None) -> list[Block]:
    if tests is None:
        return []
    rows = [
        ("<|L|>", f"{tests.mean_abs_l:.3f}", "0.500", "0.375"),
        ("<L²>", f"{tests.mean_l2:.3f}", "0.333", "0.200"),
        ("<I²>/<I>² acentric", _shown(tests.second_moment), "2.0", "1.5"),
        ("<I²>/<I>² centric", _shown(tests.second_moment_centric), "3.0", "2.0"),
    ]
    found: list[Block] = [Table("Twinning", ("test", "found", "untwinned", "perfect twin"), rows)]
    laws = [
        (law.operator, f"{law.mean_h:.3f}", f"{law.twin_fraction:.3f}", str(law.n_pairs), law.verdict)
        for law in tests.laws
    ]
    if laws:
        headers = ("law", "<|H|>", "fraction if a twin", "pairs", "neighbours say")
        found.append(Table("Twin laws", headers, laws))
    return found


def _shown(value: float) -> str:
    return f"{value:.2f}" if isfinite(value) else "-"
