"""A few of the damaged files and of the kills that benchmarks/fuzz.py and kills.py do by the thousand."""

from __future__ import annotations

from collections import Counter

import damage
import fuzz
import kills
import numpy as np
import pytest
from forked import Outcome

COUNT = 100  # damages: a few seconds
KILLS = 24
QUICK = (1, 3, 6, 8, 9, 12)
"""Of the commands that are killed, those that take no time to prepare."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The files that are damaged."""
    folder = tmp_path_factory.mktemp("fuzz")
    fuzz.make_sound(folder / "sound")
    return folder


def test_damaged_files_end_well_or_in_one_line(sound):
    faults = fuzz.all_of(list(fuzz.plan(COUNT)), sound / "sound", sound / "work", 1, COUNT)
    assert not faults


def test_killed_commands_leave_what_was_there_or_all_of_the_new(sound):
    assert not kills.all_of(KILLS, sound / "sound", sound / "kills", QUICK)


def test_every_kind_is_damaged_and_in_its_share():
    kinds = Counter(kind for _, kind, _ in fuzz.plan(1000))
    assert kinds == Counter({kind: 10 * share for kind, share in fuzz.SHARES.items()})
    assert sum(fuzz.SHARES.values()) == 100


def test_a_damage_is_decided_by_its_number(sound):
    for name in ("scaled.refl", "scaled.expt", "scaled.mtz", "scaled.HKL", "images/sim_0001.cbf"):
        path = sound / "sound" / name
        one, other = (damage.damaged(path, np.random.default_rng((1, 7))) for _ in range(2))
        assert one == other
        assert one[0] != path.read_bytes()


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Outcome(0, "fine\n", "", 0.1, 100.0, False), ""),
        (Outcome(1, "", "gnomon: no\n", 0.1, 100.0, False), ""),
        (Outcome(1, "", "gnomon: internal error: x\n", 0.1, 100.0, False), "internal error"),
        (Outcome(1, "", "", 0.1, 100.0, False), "not one line"),
        (Outcome(1, "", "gnomon: a\nb\n", 0.1, 100.0, False), "not one line"),
        (Outcome(0, "", "", 50.0, 100.0, True), "hang"),
        (Outcome(0, "", "", 0.1, 2000.0, False), "memory"),
        (Outcome(0, "", "x.py:1: RuntimeWarning: y\n", 0.1, 100.0, False), "raw warning"),
        (Outcome(-11, "", "", 0.1, 100.0, False), "died with status -11"),
        (Outcome(0, "\x1b[31m", "", 0.1, 100.0, False), "control characters"),
    ],
)
def test_faults_are_told_apart(outcome, fault):
    assert outcome.fault == fault
