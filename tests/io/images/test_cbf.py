"""CBF files whole, compressed, cut and damaged."""

from __future__ import annotations

import bz2
import gzip

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.images.cbf import check_md5, decode, read_cbf, read_cbf_header


@pytest.mark.parametrize(("suffix", "squeeze"), [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress)])
def test_pixels_come_back_from_any_wrapping(cbf, pixels, suffix, squeeze):
    wrapped = cbf.with_name(cbf.name + suffix)
    wrapped.write_bytes(squeeze(cbf.read_bytes()))
    parts = read_cbf(str(wrapped))
    assert check_md5(parts)
    np.testing.assert_array_equal(decode(parts), pixels)


def test_the_header_alone_gives_the_shape(cbf):
    assert read_cbf_header(str(cbf)).shape == (20, 30)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_one_clear_line(cbf, kept):
    whole = cbf.read_bytes()
    cbf.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match=r"made_00001.*cut short"):
        decode(read_cbf(str(cbf)))


@pytest.mark.parametrize(("suffix", "squeeze"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_compressed_file_cut_short_is_one_clear_line(cbf, suffix, squeeze):
    wrapped = cbf.with_name(cbf.name + suffix)
    wrapped.write_bytes(squeeze(cbf.read_bytes())[:-300])
    with pytest.raises(InputError, match="damaged or cut short"):
        read_cbf(str(wrapped))


def test_pixels_fewer_than_announced_are_noticed(cbf):
    text = cbf.read_bytes().replace(b"Second-Dimension: 20", b"Second-Dimension: 99")
    cbf.write_bytes(text)
    with pytest.raises(InputError, match="of 2970 pixels"):
        decode(read_cbf(str(cbf)))


def test_a_side_of_no_detector_is_one_clear_line(cbf):
    cbf.write_bytes(cbf.read_bytes().replace(b"Second-Dimension: 20", b"Second-Dimension: 999999999999"))
    with pytest.raises(InputError, match=r"made_00001.*30 x 999999999999 pixels; is it damaged"):
        _ = read_cbf_header(str(cbf)).shape


def test_a_changed_byte_fails_the_checksum(cbf):
    whole = bytearray(cbf.read_bytes())
    whole[whole.index(b"\x0c\x1a\x04\xd5") + 100] ^= 1
    cbf.write_bytes(whole)
    with pytest.raises(InputError, match="MD5"):
        check_md5(read_cbf(str(cbf)))


def test_another_packing_is_refused(cbf):
    cbf.write_bytes(cbf.read_bytes().replace(b"x-CBF_BYTE_OFFSET", b"x-CBF_CANONICAL"))
    with pytest.raises(InputError, match="x-CBF_CANONICAL"):
        decode(read_cbf(str(cbf)))
