"""The table of images a second, on few and small images."""

import re

import pytest
from chain import has_dials
from images import Given, tables


def given(folder, peer):
    return Given(folder, images=4, nproc=2, repeat=1, memory=0, peer=peer)


def row_of(table, kind):
    return next(line.split() for line in table.splitlines() if line.startswith(kind))


def test_every_stage_is_measured(tmp_path):
    kind = "pilatus300k"
    stages, command = tables([kind], given(tmp_path, peer=False))
    _, packed, *numbers = row_of(stages, kind)
    assert float(packed) > 0
    assert len(numbers) == 11  # four stages, other libraries, images and MB a second of both, two ratios
    assert all(re.fullmatch(r"[\d.]+", number) for number in numbers)
    assert row_of(command, kind)[4:] == ["-"] * 8


@pytest.mark.slow
@pytest.mark.interop
@pytest.mark.skipif(not has_dials(), reason="DIALS is not installed")
@pytest.mark.parametrize("kind", ["pilatus300k", "eiger1m"])
def test_strong_pixels_are_those_of_dials(tmp_path, kind):
    _, command = tables([kind], given(tmp_path, peer=True))
    *_, ours, theirs, same = row_of(command, kind)
    assert int(ours) == int(theirs) > 1000
    assert float(same) == 100.0
