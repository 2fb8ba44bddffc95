"""The commands as a user types them: help, versions, failures."""

import resource
import shlex
import subprocess
import sys

import pytest

from gnomon.cli.main import main
from gnomon.cli.registry import commands


def gnomon(*argv: str, cwd=None) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "gnomon", *argv], capture_output=True, text=True, cwd=cwd, timeout=120)


def test_overview_lists_every_command():
    shown = gnomon("--help").stdout
    for command in commands():
        assert f"  {command.name} " in shown


@pytest.mark.parametrize("name", [c.name for c in commands()])
def test_help_of_every_command_lists_its_parameters(name, capsys):
    main([name, "--help"])
    shown = capsys.readouterr().out
    command = next(c for c in commands() if c.name == name)
    for key, info in command.params().model_fields.items():
        assert info.description
        assert info.description.split()[0] in shown, key


class Understood(BaseException):
    """A command was about to begin."""


@pytest.mark.parametrize("command", commands(), ids=lambda c: c.name)
def test_every_command_has_an_example_that_is_understood(command, monkeypatch):
    def begin(*_):
        raise Understood

    monkeypatch.setattr("gnomon.cli.session.make_session", begin)
    lines = [shlex.split(line) for line in command.example.splitlines()]
    assert command.name in {words[1] for words in lines}
    for program, *words in lines:
        assert program == "gnomon"
        with pytest.raises(Understood):
            main(words)


def cpu_seconds_of_commands():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_help_is_quick():
    times = []
    for _ in range(3):
        start = cpu_seconds_of_commands()  # those on the wall go with what else a machine does
        gnomon("find_spots", "--help")
        times.append(cpu_seconds_of_commands() - start)
    assert min(times) < 1.0  # 0.3 s on a quiet machine; CI machines are noisy


@pytest.mark.parametrize(
    ("argv", "words", "code"),
    [
        (["find_sopts"], "unknown command 'find_sopts'; did you mean find_spots?", 2),
        (["index"], "needs an experiment file", 2),
        (["index", "missing.expt", "missing.refl"], "missing.expt", 1),
    ],
)
def test_failures_are_one_line(argv, words, code, tmp_path):
    done = gnomon(*argv, cwd=tmp_path)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
