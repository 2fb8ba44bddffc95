"""find_spots as a whole process: its peak memory does not grow with the number of images."""

import sys

import pytest
from chain import program, timed
from image_series import repeated, simulated

from gnomon.io.refl import read_reflections

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in another unit")

ALLOWED = 15.0
"""MB: for the table of spots, 0.3 kB each, and for what the allocator keeps."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    files = simulated("eiger1m", folder, 4)
    assert timed([*program("gnomon", "import"), *files], folder).ok
    return folder / "imported.expt"


def test_five_times_the_images_take_the_same_memory(imported):
    peak = {}
    for n in (60, 300):
        path = repeated(imported, imported.parent / str(n), n)
        done = timed([*program("gnomon", "find_spots"), path.name, "nproc=2"], path.parent)
        assert done.ok, done.output
        assert len(read_reflections(path.with_name("strong.refl"))) > 20 * n
        peak[n] = done.memory
    assert peak[300] < peak[60] + ALLOWED, peak
    assert peak[300] < 300
