"""Names of files and folders may hold any letters; screens show what they can; nothing from a file moves the cursor."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.cli.plain_text import shown
from gnomon.io.expt import read_experiments
from gnomon.models.imageset import ImageSet, number_in

BLACK = np.zeros((120, 120), np.int32)
FOLDERS = {
    "not UTF-8": os.fsdecode(b"run \xff\xfe"),
    "brackets": "[run] {1}*?",
    "hashes": "#run #1##",
    "equals": "a=b c=d",
    "newline": "two\nlines\ttab",
    "escapes": "\x1b[31mred\x1b]0;title\x07",
    "quotes": 'it\'s "quoted" $HOME `x` \\n',
    "long": "x" * 250,
}
FILES = {
    "plain": "a_{}.cbf",
    "hash": "a#1 {}.cbf",
    "brackets": "[a] {}.cbf",
    "dash": "-a_{}.cbf",
    "equals": "a=b_{}.cbf",
}


def images(folder: Path, name: str, write_cbf) -> list[str]:
    found = []
    for n in range(1, 4):
        path = write_cbf(folder / "plain.cbf", BLACK, Start_angle=f"{0.5 * n}", Beam_xy="(60, 60)")
        path.rename(folder / name.format(f"{n:04d}"))
        found.append(name.format(f"{n:04d}"))
    return found


def goes(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """A command as a user runs it, in ``folder``."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    done = subprocess.run(
        [sys.executable, "-m", "gnomon", *words], cwd=folder, env=env, capture_output=True, check=False
    )
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"internal error" not in done.stderr
    return done


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_of_any_name(tmp_path, write_cbf, monkeypatch, capsys, name):
    folder = tmp_path / FOLDERS[name]
    folder.mkdir()
    images(folder, "a_{}.cbf", write_cbf)
    monkeypatch.chdir(folder)
    main(["import", *sorted(map(str, folder.glob("a_*.cbf")))])
    (read,) = read_experiments("imported.expt")
    assert Path(read.images.path_of(2)).is_file()
    main(["show", str(folder / "imported.expt")])
    main(["find_spots", str(folder / "imported.expt"), "nproc=1"])
    main(["show", str(folder / "strong.refl")])
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err


@pytest.mark.parametrize("name", FILES)
def test_images_of_any_name(tmp_path, write_cbf, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    names = images(tmp_path, FILES[name], write_cbf)
    main(["import", "--", *names])
    (read,) = read_experiments("imported.expt")
    assert read.scan.image_range == (1, 3)
    assert Path(read.images.path_of(3)).name == names[2]
    main(["find_spots", "imported.expt", "nproc=1"])


def test_a_file_with_an_equals_sign_is_a_file(tmp_path, write_cbf, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    images(tmp_path, "a_{}.cbf", write_cbf)
    main(["import", "a_####.cbf", "output.experiments=x=1.expt"])
    main(["show", "x=1.expt"])
    assert "a_####.cbf" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["show", "y=1.expt"])
    assert "unknown parameter 'y'" in capsys.readouterr().err


def test_files_that_begin_with_a_dash_stand_behind_two(tmp_path, write_cbf, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    images(tmp_path, "a_{}.cbf", write_cbf)
    main(["import", "a_####.cbf", "output.experiments=--x.expt"])
    main(["show", "--", "--x.expt"])
    assert "a_####.cbf" in capsys.readouterr().out


def test_names_as_long_as_names_may_be(tmp_path, write_cbf, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    images(tmp_path, "a_{}.cbf", write_cbf)
    longest = "y" * 250 + ".expt"
    main(["import", "a_####.cbf", f"output.experiments={longest}"])
    assert Path(longest).is_file()
    with pytest.raises(SystemExit):
        main(["import", "a_####.cbf", f"output.experiments={'z' * 300}.expt"])
    assert "file name too long" in capsys.readouterr().err


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}]
)
def test_screens_without_all_letters(tmp_path, write_cbf, environment):
    images(tmp_path, "a_{}.cbf", write_cbf)
    imported = goes("import", "a_####.cbf", folder=tmp_path, **environment)
    assert imported.returncode == 0, imported.stderr
    if "PYTHONIOENCODING" in environment:
        assert b"A" in imported.stdout
        assert imported.stdout.isascii()
    help_of = goes("find_spots", "--help", folder=tmp_path, **environment)
    assert help_of.returncode == 0


def test_escapes_in_a_file_are_spelt(tmp_path, write_cbf, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    images(tmp_path, "a_{}.cbf", write_cbf)
    main(["import", "a_####.cbf"])
    content = json.loads(Path("imported.expt").read_text())
    content["detector"][0]["panels"][0]["name"] = "\x1b[2J\x1b]0;pwned\x07\u202e"
    content["history"] = ["\x1b[31m"]
    Path("imported.expt").write_text(json.dumps(content))
    main(["show", "imported.expt", "full=true"])
    content["beam"][0]["wavelength"] = "\x1b[2J"
    Path("imported.expt").write_text(json.dumps(content))
    with pytest.raises(SystemExit):
        main(["show", "imported.expt"])
    said = capsys.readouterr()
    for text in (said.out, said.err, Path("gnomon.show.log").read_text()):
        assert not set(text) & set("\x1b\x07\u202e")
    assert "wavelength" in said.err


def test_control_characters_are_spelt():
    assert shown("a\x1b[31mb\x9b\x7f\rc\td\n") == "a\\x1b[31mb\\x9b\\x7f\\rc\td\n"


@pytest.mark.parametrize(
    ("template", "number", "path"),
    [
        ("/a/b_###.cbf", 7, "/a/b_007.cbf"),
        ("/a#1/b_###.cbf", 7, "/a#1/b_007.cbf"),
        ("/a/b#2_###.cbf", 7, "/a/b#2_007.cbf"),
        ("/a#/b.nxs", 7, "/a#/b.nxs"),
        ("/a/b#1.h5", 7, "/a/b#1.h5"),
        ("b_##", 123, "b_123"),
    ],
)
def test_the_number_is_the_last_hashes_of_the_name(template, number, path):
    images = ImageSet(template=template)
    assert images.path_of(number) == path
    assert images.has(path)
    start, width, end = number_in(template)
    assert start + "#" * width + end == template


def without_root() -> None:
    """Let file modes bind root too, in the program that starts next."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def test_a_folder_that_cannot_be_written_to_can_be_shown(tmp_path, write_cbf):
    images(tmp_path, "a_{}.cbf", write_cbf)
    assert goes("import", "a_####.cbf", folder=tmp_path).returncode == 0
    tmp_path.chmod(0o555)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "gnomon", "show", "imported.expt"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            preexec_fn=without_root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    finally:
        tmp_path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert b"a_####.cbf" in done.stdout
