"""Static masks and mask files."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.errors import InputError
from gnomon.io.images.flex_pickles import pickled_masks
from gnomon.io.images.masks import read_mask, static_mask, valid_counts, write_mask
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.imageset import ImageSet


def detector(**changes) -> Detector:
    axes = np.eye(3)
    return Detector((Panel(axes[0], -axes[1], axes[2], (6, 4), (0.1, 0.1), **changes),))


def test_rectangles_are_cut_out_even_where_they_leave_the_panel():
    experiment = Experiment(Beam(), detector(mask=((2, 0, 3, 4), (0, 3, 6, 9))))
    (mask,) = static_mask(experiment)
    expected = np.ones((4, 6), bool)
    expected[:, 2] = expected[3] = False
    np.testing.assert_array_equal(mask, expected)


def test_a_mask_file_and_rectangles_both_count(tmp_path):
    mask = np.ones((4, 6), bool)
    mask[1, 5] = False
    write_mask(tmp_path / "mine.npz", (mask,))
    experiment = Experiment(Beam(), detector(mask=((0, 0, 1, 1),)), images=ImageSet(mask=str(tmp_path / "mine.npz")))
    (found,) = static_mask(experiment)
    assert np.argwhere(~found).tolist() == [[0, 0], [1, 5]]
    mask[:] = True
    mask[2, 2] = False
    write_mask(tmp_path / "more.npz", (mask,))
    (found,) = static_mask(experiment, str(tmp_path / "more.npz"))
    assert np.argwhere(~found).tolist() == [[0, 0], [1, 5], [2, 2]]


WHOLE = pickled_masks((np.ones((4, 6), bool),))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pickle.dumps((1, 2)), "something else"),
        (pickle.dumps([]), "not a tuple"),
        (pickle.dumps((os.getcwd,)), "names posix.getcwd, which no array needs"),
        (WHOLE[:-20], "not a mask"),
        (WHOLE.replace(b"J\x04\0\0\0", b"J\x05\0\0\0"), "another size"),
        (WHOLE.replace(b"1" * 24, b"1" * 23 + b"7"), "truth values"),
        (b"PK and no archive", "not a mask"),
        (b"", "not a mask"),
    ],
)
def test_what_is_no_mask_is_refused_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "pixels.mask"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        read_mask(str(path), detector())
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore")  # numpy's and pickle's, about what broken files hold
@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255), kept=st.integers(0, len(WHOLE)))
def test_a_scrambled_mask_is_read_or_refused(tmp_path_factory, at, byte, kept):
    path = tmp_path_factory.mktemp("masks") / "pixels.mask"
    path.write_bytes((WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :])[:kept])
    try:
        masks = read_mask(str(path), detector())
    except InputError:
        return
    assert masks[0].shape == (4, 6)


@pytest.mark.interop
@pytest.mark.skipif(not shutil.which("dials.show"), reason="DIALS is not installed")
def test_masks_go_to_dials_and_back(tmp_path):
    code = (
        "import pickle\n"
        "with open('ours.mask', 'rb') as file:\n    masks = pickle.load(file)\n"
        "print([list(mask.all()) + [list(mask).count(True)] for mask in masks])\n"
        "with open('theirs.mask', 'wb') as file:\n    pickle.dump(masks, file)\n"
    )
    masks = tuple(np.random.default_rng(i).random((4, 6)) > 0.4 for i in range(2))
    write_mask(tmp_path / "ours.mask", masks)
    with open(shutil.which("dials.show")) as script:
        interpreter = script.readline().removeprefix("#!").split()
    done = subprocess.run([*interpreter, "-c", "from dials.array_family import flex\n" + code], cwd=tmp_path, text=True,
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([[4, 6, int(mask.sum())] for mask in masks])
    two = Detector(detector().panels * 2)
    for mask, back in zip(masks, read_mask(str(tmp_path / "theirs.mask"), two)):
        np.testing.assert_array_equal(back, mask)


@pytest.mark.parametrize(
    ("masks", "message"),
    [((np.ones((6, 4), bool),), r"needed bool \(4, 6\)"), ((np.ones((4, 6)),), "float64"), ((), "0 panels")],
)
def test_a_mask_that_does_not_fit_is_refused(tmp_path, masks, message):
    write_mask(tmp_path / "mine.npz", masks)
    with pytest.raises(InputError, match=message):
        read_mask(str(tmp_path / "mine.npz"), detector())


def test_minus_one_as_lower_end_means_above_it():
    assert valid_counts(detector(trusted_range=(-1.0, 99.0)).panels[0]) == (0.0, 99.0)
    assert valid_counts(detector(trusted_range=(-10.0, 99.0)).panels[0]) == (-10.0, 99.0)
    assert valid_counts(detector(trusted_range=(1.0, 99.0)).panels[0]) == (1.0, 99.0)


def test_the_head_of_an_array_that_is_no_python_is_one_line(tmp_path):
    path = tmp_path / "mine.npz"
    with zipfile.ZipFile(path, "w") as archive:
        head = b"{'descr': '|b1', 'fortran_order': False, 'shape': (4, 6"
        archive.writestr("panel_0.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    with pytest.raises(InputError, match="not a mask"):
        read_mask(str(path), detector())
