"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import socket
import subprocess
from pathlib import Path

import pytest

from gnomon.errors import InputError
from gnomon.io.atomic import atomic_path, guarded, kept_aside, write_whole


def write_half(path: Path, failure: BaseException) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("half")
        raise failure


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a") as temporary:
        temporary.write_text("new")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_text() == "new"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, failure: type[BaseException]) -> None:
    write_whole(tmp_path / "a", "old")
    with pytest.raises(failure):
        write_half(tmp_path / "a", failure())
    assert (tmp_path / "a").read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot write .*a: no space left on device"):
        write_half(tmp_path / "a", OSError(errno.ENOSPC, "No space left on device"))
    assert os.listdir(tmp_path) == []


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot write .*: no such file or directory"):
        write_whole(tmp_path / "nowhere" / "a", b"x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="permission denied"):
        write_whole(tmp_path / "a", b"x")
    tmp_path.chmod(0o700)


def test_a_write_that_the_system_stops_half_way_leaves_nothing(tmp_path: Path) -> None:
    """The same path as a full disk, with a limit on the size of files in its place."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    write_whole(tmp_path / "a", "old")
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(InputError, match=r"cannot write .*a: file too large"):
            write_whole(tmp_path / "a", bytes(200_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "a").read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    write_whole(tmp_path / "there" / "a", "old")
    (tmp_path / "link").symlink_to(tmp_path / "there" / "a")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "a").read_text() == "new"
    assert os.listdir(tmp_path / "there") == ["a"]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", "new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is a folder; give the name of a file"):
        write_whole(tmp_path, "new")


def test_what_was_given_is_kept_under_another_name(tmp_path: Path) -> None:
    """By whatever name it is written to: here by a link."""
    path = tmp_path / "refined.refl"
    write_whole(path, "first")
    (tmp_path / "link").symlink_to(path)
    for content in ("second", "third"):
        with guarded([str(path)]):
            write_whole(tmp_path / "link", content)
            kept = kept_aside()[path]
            write_whole(path, content)  # what this run wrote itself may go
    assert kept.name == "refined.refl.before2"
    assert [(tmp_path / f"refined.refl.before{i}").read_text() for i in (1, 2)] == ["first", "second"]
    assert path.read_text() == "third"
    assert kept_aside() == {}


def test_parts_of_dead_runs_are_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    host = socket.gethostname()
    names = [f".a.{host}.{dead.pid}.part", f".a.{host}.{os.getppid()}.part", f".a.elsewhere{host}.{dead.pid}.part"]
    for name in names:
        (tmp_path / name).touch()
    write_whole(tmp_path / "b", "new")
    assert sorted(os.listdir(tmp_path)) == sorted(["b", *names[1:]])
