"""Compiled kernels on disk: kept, shared, never wrong, and never needed."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import gnomon
from gnomon.kernels import cache

CALL = """
import numpy as np
from numba.core import event

class Count(event.Listener):
    n = 0
    def on_start(self, event): self.n += 1
    def on_end(self, event): pass

count = Count()
event.register("numba:compile", count)
from gnomon.kernels import on_unkept
on_unkept.append(lambda reason: print("unkept:", reason))
from gnomon.kernels.background import middle_of
assert middle_of(np.array([1.0, 3.0, 2.0])) == 2.0
print("compiled:", count.n > 0)
"""


def start(folder, **how):
    """A process that calls a small kernel, its cache in ``folder``."""
    env = {**os.environ, "NUMBA_CACHE_DIR": str(folder), **how.pop("env", {})}
    return subprocess.Popen([sys.executable, "-c", CALL], stdout=subprocess.PIPE, text=True, env=env, **how)


def said(folder, **how):
    process = start(folder, **how)
    out, _ = process.communicate(timeout=100)
    assert process.returncode == 0
    return out.splitlines()


def kept_in(folder):
    return sorted(folder.glob(f"kernels-*/*{cache.ENDING}"))


@pytest.fixture
def kept(tmp_path):
    """The one file of a cache."""
    assert said(tmp_path) == ["compiled: True"]
    (path,) = kept_in(tmp_path)
    return path


def test_the_second_run_does_not_compile(kept, tmp_path):
    assert said(tmp_path) == ["compiled: False"]
    assert kept_in(tmp_path) == [kept]


@pytest.mark.parametrize("damage", [b"", b"cut", "byte"])
def test_a_damaged_file_is_made_again(kept, tmp_path, damage):
    content = bytearray(kept.read_bytes())
    whole = bytes(content)
    content[len(content) // 2] ^= 1
    kept.write_bytes({b"cut": whole[: len(whole) // 2], "byte": bytes(content)}.get(damage, damage))
    assert said(tmp_path) == ["compiled: True"]
    assert said(tmp_path) == ["compiled: False"]


def test_processes_that_compile_at_a_time_do_not_spoil_it(tmp_path):
    together = [start(tmp_path) for _ in range(4)]
    assert [p.communicate(timeout=100)[0].split()[0] for p in together] == ["compiled:"] * 4
    assert len(kept_in(tmp_path)) == 1
    assert [path.name for path in kept_in(tmp_path)[0].parent.iterdir()] == [kept_in(tmp_path)[0].name]
    assert said(tmp_path) == ["compiled: False"]


def test_where_the_folder_takes_nothing_another_does(tmp_path):
    env = {"TMPDIR": str(tmp_path)}
    for compiled in (True, False):
        assert said("/dev/null/nowhere", env=env) == [f"compiled: {compiled}"]
    assert len(kept_in(tmp_path / f"gnomon-{os.geteuid()}")) == 1


def test_a_full_disk_only_costs_time(tmp_path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    for _ in range(2):
        reason, compiled = said(tmp_path, preexec_fn=limit, env={"TMPDIR": str(tmp_path)})
        assert reason.startswith("unkept:")
        assert reason.endswith("file too large")
        assert compiled == "compiled: True"
    assert kept_in(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_service_user_without_a_home(tmp_path):
    """The installation is another's, who may write there alone, and HOME is nowhere."""
    for place in (Path(gnomon.__file__), Path(sys.executable).resolve()):
        if any(not folder.stat().st_mode & 0o001 for folder in place.parents):
            pytest.skip(f"another user may not read {place}")
    tmp_path.chmod(0o777)
    env = {"HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    env |= {"PYTHONPATH": str(Path(gnomon.__file__).parents[1]), "PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-c", CALL], capture_output=True, text=True, env=env, user=65534, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] in ("compiled: False", "compiled: True")


def test_any_change_of_a_kernel_makes_another_version(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "HERE", tmp_path)
    versions = []
    for name, text in (("a.py", "1"), ("b.py", "1"), ("b.py", "2")):
        (tmp_path / name).write_text(text)
        cache._hash_of.cache_clear()
        versions.append(cache.version.__wrapped__())
    assert len(set(versions)) == 3


def test_a_shared_folder_that_others_may_write_to_is_not_used(monkeypatch, tmp_path):
    """A kernel is code: who could write it there could have it run."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/dev/null/nowhere")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    shared = tmp_path / f"gnomon-{os.geteuid()}"
    assert [folder.parent for folder in cache.folders()][1:] == [shared]
    shared.mkdir()
    shared.chmod(0o777)
    assert [folder.parent for folder in cache.folders()][1:] == []


def test_old_versions_go(tmp_path):
    for i in range(12):
        (tmp_path / f"kernels-{i:02}").mkdir()
        os.utime(tmp_path / f"kernels-{i:02}", (i, i))
    cache._write(tmp_path / "kernels-new" / "a", b"")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [*(f"kernels-{i:02}" for i in range(5, 12)), "kernels-new"]


def test_without_room_for_temporary_files_there_is_one_folder_less(monkeypatch, tmp_path):
    def full():
        raise FileNotFoundError("no usable temporary directory found")

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(cache.tempfile, "gettempdir", full)
    assert list(cache.folders()) == [tmp_path / f"kernels-{cache.version()}"]
