"""Summaries go to JSON and come back equal; what is of another class is refused."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from gnomon.io.summary_json import from_json, to_json
from gnomon.summary import Decision, Summary, figure


@dataclass(frozen=True)
class Shell:
    d_min: float = figure("end", unit="Å")
    count: int = figure("reflections")
    note: str | None = figure("a word", default=None)


@dataclass(frozen=True, kw_only=True)
class Told(Summary):
    shells: tuple[Shell, ...] = figure("shells")
    pair: tuple[float, int] = figure("two things")
    counts: Mapping[int, float] = figure("by number")
    cell: tuple[float, ...] | None = figure("cell")
    best: float | None = figure("best")


def there_and_back(summary):
    return from_json(Told, json.loads(json.dumps(to_json(summary), allow_nan=False)))


def test_a_summary_comes_back_as_it_was():
    told = Told(
        shells=(Shell(1.5, 3), Shell(math.inf, 0, "empty")),
        pair=(0.1 + 0.2, 3),
        counts={3: 1.0, -1: -math.inf},
        cell=None,
        best=None,
        decisions=(Decision("cut", "noise", {"cc_half": 0.3, "shells": 3, "name": "x", "none": None}, "d_min"),),
    )
    assert there_and_back(told) == told
    again = there_and_back(Told(shells=(), pair=(math.nan, 1), counts={}, cell=(1.0, 2.0), best=math.nan))
    assert math.isnan(again.pair[0])
    assert math.isnan(again.best)
    assert again.cell == (1.0, 2.0)


def test_arrays_are_no_part_of_a_summary():
    with pytest.raises(TypeError, match="ndarray"):
        to_json(Told(shells=(), pair=(1.0, 1), counts={}, cell=np.zeros(6), best=None))


@pytest.mark.parametrize(
    "change",
    [{"pair": [1.0]}, {"pair": [1.0, 2.5]}, {"best": "good"}, {"shells": 3}, {"more": 1}, {"counts": {"0": True}}],
)
def test_what_is_of_another_class_is_refused(change):
    content = to_json(Told(shells=(), pair=(1.0, 1), counts={}, cell=None, best=None))
    with pytest.raises(ValueError, match=r"needed|fields"):
        from_json(Told, content | change)
