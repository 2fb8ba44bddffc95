"""File names: numbers, templates, and what a user's words mean."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gnomon.errors import InputError
from gnomon.io.images.templates import ImageFiles, files_of_words, grouped, image_files, split_number


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/d/l-cyst_01_00015.cbf.gz", ("/d/l-cyst_01_", "00015", ".cbf.gz")),
        ("/d1/x_1.cbf.bz2", ("/d1/x_", "1", ".cbf.bz2")),
        ("/d1/plain.cbf", ("/d1/plain.cbf", "", "")),
        ("a_001.img", ("a_", "001", ".img")),
    ],
)
def test_the_last_number_of_the_name_counts(path, parts):
    assert split_number(path) == parts


def test_groups_by_template_with_ascending_numbers():
    names = ["/d/b_0002.cbf", "/d/b_0001.cbf", "/d/a_0007.cbf", "/d/plain.cbf"]
    groups = grouped(map(split_number, names))
    assert groups == [
        ImageFiles("/d/b_####.cbf", (1, 2)),
        ImageFiles("/d/a_####.cbf", (7,)),
        ImageFiles("/d/plain.cbf", (1,)),
    ]
    assert groups[2].path(1) == "/d/plain.cbf"


def test_numbers_without_leading_zeros_are_one_template():
    (group,) = grouped(split_number(f"/d/a_{n}.cbf") for n in (9, 10, 11, 100))
    assert group.numbers == (9, 10, 11, 100)
    assert [group.path(n) for n in group.numbers] == [f"/d/a_{n}.cbf" for n in (9, 10, 11, 100)]


def test_two_widths_of_one_number_are_two_templates():
    groups = grouped(map(split_number, ["/d/a_01.cbf", "/d/a_001.cbf", "/d/a_002.cbf"]))
    assert groups == [ImageFiles("/d/a_##.cbf", (1,)), ImageFiles("/d/a_###.cbf", (1, 2))]


@pytest.fixture
def folder(tmp_path):
    for name in ("a_01.cbf", "a_02.cbf", "a_003.cbf", "b_01.cbf", ".hidden"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("a_##.cbf", ["a_01.cbf", "a_02.cbf"]),
        ("a_###.cbf", ["a_003.cbf"]),
        ("?_01.cbf", ["a_01.cbf", "b_01.cbf"]),
        ("b_01.cbf", ["b_01.cbf"]),
        ("", ["a_003.cbf", "a_01.cbf", "a_02.cbf", "b_01.cbf"]),
    ],
)
def test_what_words_mean(folder, word, names):
    assert files_of_words([str(folder / word)]) == [str(folder / name) for name in names]


def test_a_template_means_numbers_of_its_width_group_by_group(tmp_path):
    for name in ("l_01_00001.cbf", "l_01_00002.cbf", "l_02_00001.cbf", "l_02_100000.cbf", "l_x_00001.cbf"):
        (tmp_path / name).touch()

    def meant(template):
        return [Path(path).name for path in files_of_words([str(tmp_path / template)])]

    assert meant("l_01_#####.cbf") == ["l_01_00001.cbf", "l_01_00002.cbf"]
    assert meant("l_##_#####.cbf") == ["l_01_00001.cbf", "l_01_00002.cbf", "l_02_00001.cbf", "l_02_100000.cbf"]
    with pytest.raises(InputError, match="no such file"):
        meant("l_01_###.cbf")


def test_a_file_named_twice_is_taken_once(folder):
    words = [str(folder / "a_01.cbf"), str(folder / "*_01.cbf")]
    assert files_of_words(words) == [str(folder / "a_01.cbf"), str(folder / "b_01.cbf")]


@pytest.mark.parametrize("word", ["none_##.cbf", "none*.cbf", "none.cbf"])
def test_a_word_that_means_nothing_is_named(folder, word):
    with pytest.raises(InputError, match="there is no such file"):
        files_of_words([str(folder / word)])


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="the folder is empty"):
        files_of_words([str(tmp_path)])


def test_a_range_is_cut_out_and_must_exist():
    files = ImageFiles("/d/a_##.cbf", (1, 2, 3, 4))
    assert files.within((2, 3)).numbers == (2, 3)
    with pytest.raises(InputError, match="images 1 to 4"):
        files.within((2, 9))


@pytest.mark.parametrize("end", [".mar2300", ".mar3450.gz", ".pck1200", ".mar345"])
def test_digits_of_a_suffix_are_no_number(end):
    assert split_number(f"/a/xtal_012{end}") == ("/a/xtal_", "012", end)


def test_the_order_of_the_words_does_not_matter(tmp_path):
    names = ["run_10_001.cbf", "run_2_002.cbf", "run_2_001.cbf", "plain.cbf", "B_1.cbf"]
    for name in names:
        (tmp_path / name).touch()
    words = [str(tmp_path / name) for name in names]
    first = image_files(words)
    assert [files.name for files in first] == ["B_#.cbf", "plain.cbf", "run_2_###.cbf", "run_10_###.cbf"]
    assert image_files(reversed(words)) == first
    assert image_files([words[2], str(tmp_path), words[0]]) == first


def test_the_template_says_which_number_is_the_images(tmp_path):
    for n in (1, 2, 3):
        (tmp_path / f"xtal1_{n:04}_20240501.cbf").touch()
    (files,) = image_files([str(tmp_path / "xtal1_####_20240501.cbf")])
    assert files == ImageFiles(str(tmp_path / "xtal1_####_20240501.cbf"), (1, 2, 3))
    assert image_files([str(tmp_path), str(tmp_path / "xtal1_####_20240501.cbf")]) == [files]
    assert len(image_files([str(tmp_path)])) == 3  # by itself a name does not tell


def test_a_hundred_thousand_names_are_grouped_in_no_time():
    parts = [("/d/a_", f"{n:06}", ".cbf") for n in range(100_000)]
    begun = time.process_time()
    (files,) = grouped(parts)
    assert time.process_time() - begun < 3  # 0.3 s; 70 s were 40,000 names once
    assert files.numbers == tuple(range(100_000))


@pytest.mark.parametrize(("name", "good"), [("a_0001#.cbf", False), ("a#.cbf", False), ("a#_0001.cbf", True)])
def test_a_sign_behind_the_number_is_refused(tmp_path, name, good):
    (tmp_path / name).touch()
    if good:
        assert image_files([str(tmp_path / name)])[0].numbers == (1,)
    else:
        with pytest.raises(InputError, match="its # would be taken for the digits of a number; rename it"):
            image_files([str(tmp_path / name)])
