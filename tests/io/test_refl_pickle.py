"""Tables pickled by old DIALS: values to the last bit, and nothing that the file names is run."""

from __future__ import annotations

import math
import os
import pickle
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.flex_numbers import FlexBytes, integers_at, reals_at
from gnomon.io.refl import read_reflections, write_reflections

FOLDER = Path(os.environ["GNOMON_SHARED_DATA"]) / "dials_files/l_cysteine_4_sweeps_scaled"
FILES = sorted(FOLDER.glob("*.refl"))

PICKLED_BY_DIALS = """
import pickle, sys
from dials.array_family import flex
from dials.model.data import Shoebox
boxes = [Shoebox(3, (1, 3, 4, 6, 7, 9)), Shoebox(1, (1, 2, 1, 2, 1, 2)), Shoebox(0, (-2, 2, 0, 1, 0, 1))]
for box in boxes[::2]:
    box.allocate()
    for i in range(len(box.data)):
        box.data[i], box.mask[i], box.background[i] = i + 0.5, i, -i / 3
table = flex.reflection_table()
table["shoebox"] = flex.shoebox(boxes)
table["two"] = flex.vec2_double([(1, 2), (3, 4e-300), (-5e-324, 1.7976931348623157e308)])
table["nine"] = flex.mat3_double([[i / 7 for i in range(9)]] * 3)
table.experiment_identifiers()[4] = "abc"
for protocol in (2, 4):
    with open(f"{protocol}.refl", "wb") as file:
        pickle.dump(table, file, protocol)
table.as_msgpack_file("true.refl")
"""


def integer(value: int) -> bytes:
    """The number as flex wrote it, from the description alone."""
    size = (abs(value).bit_length() + 7) // 8
    head = (size + 1 if value else 0) | (0x80 if value < 0 else 0)
    return bytes([head]) + abs(value).to_bytes(size, "little")


def real(value: float) -> bytes:
    mantissa, power = math.frexp(abs(value))
    digits = int(mantissa * 2**56).to_bytes(7, "big").rstrip(b"\0")
    if not digits:
        return b"\0"
    return bytes([len(digits) + 1 | (0x80 if value < 0 else 0)]) + digits + integer(power)


def flex(kind: str, n: int, numbers: bytes) -> bytes:
    """Opcodes that make one array of n rows."""
    package = {"int6": "dials", "shoebox": "dials", "miller_index": "cctbx"}.get(kind, "scitbx")
    grid = b"cscitbx_array_family_flex_ext\ngrid\n(K\0\x85K%c\x85\x88tR" % n
    payload = (integer(1) if kind == "shoebox" else b"") + integer(n) + numbers
    text = b"T" + len(payload).to_bytes(4, "little") + payload
    return b"c%s_array_family_flex_ext\n%s\n)R(" % (package.encode(), kind.encode()) + grid + text + b"tb"


def table(columns: dict[str, bytes], n: int) -> bytes:
    """A whole pickle as Python 2 wrote it: version, identifiers, rows, columns and the columns."""
    items = b"".join(b"U%c%s" % (len(name), name.encode()) + column for name, column in columns.items())
    state = b"(K\x02}K\x00U\x05sweepsK%cK%c}(%sut" % (n, len(columns), items)
    return b"\x80\x02cdials_array_family_flex_ext\nreflection_table\n)R" + state + b"b."


def read(folder: Path, content: bytes):
    (folder / "old.refl").write_bytes(content)
    return read_reflections(folder / "old.refl")


INTS = [0, 1, -1, 127, 128, -255, 256, 70000, 2**31 - 1, -(2**31), 5, 6]
REALS = [0.0, 1.0, -1.0, 1 / 3, -2e300, 5e-324, 1e-310, 1.7976931348623157e308, 0.5, 255.0, 256.0, -3.0]
COLUMNS = {
    "bool": (12, b"101010101010", np.tile([True, False], 6)),
    "int": (12, b"".join(map(integer, INTS)), np.array(INTS, "i4")),
    "size_t": (2, integer(2**63 + 5) + integer(0), np.array([2**63 + 5, 0], "u8")),
    "int6": (2, b"".join(map(integer, INTS)), np.array(INTS, "i4").reshape(2, 6)),
    "miller_index": (4, b"".join(map(integer, INTS)), np.array(INTS, "i4").reshape(4, 3)),
    "double": (12, b"".join(map(real, REALS)), np.array(REALS)),
    "vec2_double": (6, b"".join(map(real, REALS)), np.array(REALS).reshape(6, 2)),
    "vec3_double": (4, b"".join(map(real, REALS)), np.array(REALS).reshape(4, 3)),
    "mat3_double": (1, b"".join(map(real, REALS[:9])), np.array(REALS[:9]).reshape(1, 3, 3)),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_each_type_of_column_is_read_to_the_last_bit(kind: str, tmp_path: Path) -> None:
    n, numbers, expected = COLUMNS[kind]
    found = read(tmp_path, table({"mine": flex(kind, n, numbers)}, n))
    assert found.identifiers == {0: "sweep"}
    assert found["mine"].dtype == expected.dtype
    np.testing.assert_array_equal(found["mine"], expected)


def test_shoeboxes_with_and_without_pixels(tmp_path: Path) -> None:
    shape = b"".join(map(integer, [3, 2, 1, 1]))  # z, y, x
    full = shape + real(7.5) + real(0) + shape + integer(5) + integer(3) + shape + real(-1) + real(2)
    empty = b"".join(map(integer, [3, 0, 0, 0])) * 3
    boxes = [b"".join(map(integer, [panel, -1, 0, 4, 5, 7, 9])) for panel in (6, 2)]
    content = table({"shoebox": flex("shoebox", 2, boxes[0] + full + boxes[1] + empty)}, 2)
    found = read(tmp_path, content)["shoebox"]
    assert found.panel.tolist() == [6, 2]
    assert found.bbox.tolist() == [[-1, 0, 4, 5, 7, 9]] * 2
    assert [part.ravel().tolist() for part in found.pixels(0)] == [[7.5, 0], [5, 3], [-1, 2]]
    assert found.offsets.tolist() == [0, 2, 2]
    assert "shoebox" not in read_reflections(tmp_path / "old.refl", shoeboxes=False)


@settings(max_examples=50)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)), st.lists(st.integers(-(2**63) + 1, 2**63 - 1)))
def test_numbers_come_back_from_their_bytes(reals: list[float], integers: list[int]) -> None:
    source = FlexBytes(b"".join(map(real, reals)) + b"".join(map(integer, integers)))
    starts = source.reals(len(reals)), source.integers(len(integers))
    source.finish()
    assert reals_at(source.data, starts[0]).tolist() == reals
    assert integers_at(source.data, starts[1]).tolist() == integers


def test_numbers_as_dials_wrote_them() -> None:
    written = b"\x08\xaa\xaa\xaa\xaa\xaa\xaa\xa8\x82\x01\x02\x80\x831\x04\t" + bytes(8) + b"\0\x02\xc0\x02\x02"
    source = FlexBytes(written)
    assert reals_at(written, source.reals(4)).tolist() == [1 / 3, 5e-324, 0, 3]  # a NaN was written as zero
    source.finish()


class Thief:
    """Makes a file when unpickled."""

    def __reduce__(self):
        return os.mkdir, ("stolen",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    good = table({"d": flex("double", 1, real(2))}, 1)
    evil = pickle.dumps(Thief(), 2)[2:-1]
    for content in (pickle.dumps(Thief()), good.replace(b"U\x05sweep", evil), b"\x80\x02cbuiltins\neval\nU\x011\x85R."):
        with pytest.raises(InputError, match="which no array needs") as caught:
            read(tmp_path, content)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "stolen").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pickle.dumps({"d": 1}), "not a reflection table"),
        (table({"d": flex("std_string", 1, b"\x02\x01a")}, 1), "column d of unknown type std_string"),
        (table({"d": flex("double", 2, real(2) * 2)}, 3), "column d does not have 3 rows"),
        (table({"d": flex("double", 1, real(2) * 2)}, 1), "10 bytes of numbers, expected 6"),
        (table({"d": flex("bool", 1, b"2")}, 1), "truth values"),
        (table({"d": flex("int", 1, b"\x0a" + bytes(9))}, 1), "a number of 9 bytes"),
        (b"\x80\x02}r\xff\xff\xff\xff.", "memo index"),
        (table({}, 1).replace(b"(K\x02}", b"(K\x03}"), "table version 3"),
    ],
)
def test_bad_pickles_are_told_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_a_cut_pickle_is_told_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = table({"d": flex("double", 12, COLUMNS["double"][1]), "n": flex("int", 12, COLUMNS["int"][1])}, 12)
    for size in range(1, len(whole)):
        with pytest.raises(InputError):
            read(tmp_path, whole[:size])


def test_a_scrambled_pickle_is_read_or_told(tmp_path: Path) -> None:
    whole = table({"d": flex("double", 12, COLUMNS["double"][1]), "n": flex("int", 12, COLUMNS["int"][1])}, 12)
    rng = np.random.default_rng(1)
    said = []
    for _ in range(300):
        content = bytearray(whole)
        content[rng.integers(1, len(whole))] = rng.integers(256)
        try:
            read(tmp_path, bytes(content))
        except InputError as error:  # any other exception fails the test
            said.append(str(error))
    assert len(said) > 30
    assert not any("\n" in line for line in said)


@pytest.mark.real
@pytest.mark.skipif(not FILES, reason="no shared data (GNOMON_SHARED_DATA)")
def test_identifiers_are_those_of_the_experiments() -> None:
    for path in FILES:
        experiments, reflections = read_experiments(path.with_suffix(".expt")), read_reflections(path)
        assert [reflections.identifiers[i] for i in range(len(experiments))] == [e.identifier for e in experiments]
        assert set(np.unique(reflections["id"])) == set(reflections.identifiers)


def as_dials(folder: Path, program: str) -> None:
    """Run under the interpreter of the DIALS on the PATH."""
    with Path(shutil.which("dials.show")).open() as script:
        interpreter = script.readline().removeprefix("#!").split()
    done = subprocess.run([*interpreter, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("dials.show") is None, reason="no DIALS on the PATH")
class TestAgainstDials:
    @pytest.mark.real
    @pytest.mark.skipif(not FILES, reason="no shared data (GNOMON_SHARED_DATA)")
    def test_the_real_files_hold_what_dials_reads(self, tmp_path: Path) -> None:
        program = "from dials.array_family import flex\n"
        for path in FILES:
            table_of = f"flex.reflection_table.from_file({str(path.absolute())!r})"
            program += f"{table_of}.as_msgpack_file('{path.stem}.true')\n"
        as_dials(tmp_path, program)
        for path in FILES:
            write_reflections(tmp_path / "ours.refl", read_reflections(path))
            assert (tmp_path / "ours.refl").read_bytes() == (tmp_path / f"{path.stem}.true").read_bytes(), path

    def test_tables_that_python_3_pickled(self, tmp_path: Path) -> None:
        as_dials(tmp_path, PICKLED_BY_DIALS)
        for protocol in (2, 4):
            write_reflections(tmp_path / "ours.refl", read_reflections(tmp_path / f"{protocol}.refl"), shoeboxes=True)
            assert (tmp_path / "ours.refl").read_bytes() == (tmp_path / "true.refl").read_bytes()
