"""Every decoder on damaged files: a few hundred each time, ten thousand when asked (``-m slow``)."""

from __future__ import annotations

import pytest
from image_files import KINDS, made
from image_fuzz import survives

COUNTS = [300, pytest.param(10_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_refused_or_read(tmp_path, kind, count):
    name, data = made(kind)
    survives(tmp_path / name, data, count)
