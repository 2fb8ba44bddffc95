"""Every codec of HDF5 chunks, and whole files, damaged at random: a few hundred each time, ten thousand when asked.

What is believed though wrong is bounded by what each codec can tell (docs/science/import.md).
"""

import json
import subprocess
import sys

import hdf5_fuzz
import pytest

COUNTS = [300, pytest.param(10_000, marks=pytest.mark.slow)]
UNSEEN = {"bslz4": 0.88, "bszstd": 0.88, "lz4": 0.55, "gzip": 0.01, "none": 1.0, "fletcher32": 0.0}
"""The largest share of images believed, though wrong, of those with one byte changed."""


def fuzzed(kind, count, folder):
    words = [sys.executable, hdf5_fuzz.__file__, kind, str(count), str(folder)]
    run = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert run.stderr == ""
    found = {}
    for name, n in json.loads(run.stdout).items():
        damage, _, outcome = name.partition(": ")
        found.setdefault(damage, {})[outcome] = n
    assert sum(n for outcomes in found.values() for n in outcomes.values()) == count
    return found


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("codec", hdf5_fuzz.CODECS)
def test_damaged_chunks(tmp_path, codec, count):
    found = fuzzed(codec, count, tmp_path)
    for damage in ("cut", "lengthened", *(("moved",) if codec != "none" else ())):
        assert set(found[damage]) == {"refused"}, damage
    if codec != "none":
        assert set(found["header"]) <= {"refused", "same"}
    believed = sum(found["one byte"].get(outcome, 0) for outcome in ("believed", "beyond"))
    assert believed <= UNSEEN[codec] * sum(found["one byte"].values())


@pytest.mark.parametrize("count", [60, pytest.param(3_000, marks=pytest.mark.slow)])
def test_a_checksum_of_hdf5_sees_all_damage(tmp_path, count):
    for damage, outcomes in fuzzed("fletcher32", count, tmp_path).items():
        assert set(outcomes) == {"refused"}, damage


@pytest.mark.parametrize("count", [120, pytest.param(10_000, marks=pytest.mark.slow)])
def test_damaged_files(tmp_path, count):
    found = fuzzed("file", count, tmp_path)
    assert set(found["cut"]) == set(found["moved"]) == {"refused"}
    assert set(found["lengthened"]) == {"same"}  # HDF5 files may go on behind their end
