"""Kernels that helpers compile while a command compiles others."""

import json
import os
import signal
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from gnomon.kernels import ahead, cache

LISTED = json.loads(ahead.LIST.read_text())
ENTRIES = [(name, signature) for stage in LISTED.values() for name, signature in stage]


def test_what_is_listed_is_there_and_its_types_go_round():
    for name, signature in ENTRIES:
        module, _, function = name.rpartition(".")
        dispatcher = getattr(import_module(f"gnomon.kernels.{module}"), function)
        assert len(signature) == dispatcher.py_func.__code__.co_argcount, name
        assert [ahead.encoded(ahead.decoded(t)) for t in signature] == signature, name


def test_the_types_are_those_that_numba_finds():
    from numba import typeof

    array = np.zeros((2, 3), np.int32)
    array.setflags(write=False)
    for value in (1.5, 3, True, np.zeros(2), array, np.zeros((4, 4))[:, ::2], (1, 2.0), (1, 2)):
        found = typeof(value)
        assert ahead.decoded(json.loads(json.dumps(ahead.encoded(found)))) == found


def test_a_type_without_a_short_form_is_refused():
    from numba import types

    with pytest.raises(TypeError, match="short form"):
        ahead.encoded(types.unicode_type)


COMPILE = """
import json, sys
from pathlib import Path
from gnomon.kernels import ahead
ahead.LIST = Path(sys.argv[1])
{}
"""
REPORT = """
from numba.core import event
class Told(event.Listener):
    def on_start(self, event): print("compiled", event.data["dispatcher"].py_func.__name__)
    def on_end(self, event): pass
event.register("numba:compile", Told())
"""


def run(code, listed, folder):
    env = {**os.environ, "NUMBA_CACHE_DIR": str(folder)}
    words = [sys.executable, "-c", COMPILE.format(code), str(listed)]
    return subprocess.run(words, env=env, check=True, capture_output=True, text=True, timeout=100).stdout


@pytest.fixture
def short(tmp_path):
    """A list of three small kernels in two stages."""
    small = {
        "one": [["background.middle_of", ["float64[1C]"]], ["profile._normal", ["float64"]]],
        "two": [["background.expected_psi", ["float64", "float64"]]],
    }
    (tmp_path / "list.json").write_text(json.dumps(small))
    return tmp_path / "list.json"


def test_what_helpers_compile_nobody_compiles_again(short, tmp_path):
    for share in (0, 1):
        run(f"ahead.compile_ahead('one', 2, {share})", short, tmp_path)
    kept = {path.name.partition("-")[0] for path in tmp_path.glob(f"kernels-*/*{cache.ENDING}")}
    assert kept >= {"background.middle_of", "profile._normal", "background.expected_psi"}
    assert run(REPORT + "ahead.compile_ahead('one')", short, tmp_path) == ""


def test_helpers_take_the_last_first_and_go_on_with_later_stages(short, monkeypatch):
    monkeypatch.setattr(ahead, "LIST", short)
    names = [name for name, _ in ahead._in_turn("one")]
    assert names == ["profile._normal", "background.middle_of", "background.expected_psi"]


def test_a_helper_leaves_the_kernels_of_its_stage(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    (helper,) = ahead.start_helpers(list(LISTED)[-1], 1)
    assert os.waitpid(helper, 0) == (helper, 0)
    kept = {path.name.partition("-")[0] for path in tmp_path.glob(f"kernels-*/*{cache.ENDING}")}
    assert kept >= {name for name, _ in list(LISTED.values())[-1]}


def test_helpers_may_be_killed_and_there_are_none_for_other_commands(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    helpers = ahead.start_helpers("integrate", 2)
    assert len(helpers) == 2
    for helper in helpers:
        os.kill(helper, signal.SIGKILL)
        os.waitpid(helper, 0)
    assert ahead.start_helpers("export", 2) == [] == ahead.start_helpers("integrate", 0)
