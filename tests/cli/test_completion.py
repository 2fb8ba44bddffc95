"""Shells complete commands and names of parameters."""

import shutil
import subprocess

import pytest

from gnomon.cli.main import main
from gnomon.cli.registry import commands


def script(shell: str, capsys) -> str:
    main(["completion", shell])
    return capsys.readouterr().out


def completed(text: str, *words: str) -> list[str]:
    """What bash offers for the last word."""
    typed = " ".join(f"'{word}'" for word in words)
    ask = f'{text}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _gnomon; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes_commands_names_and_files(tmp_path, monkeypatch, capsys):
    text = script("bash", capsys)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imported.expt").touch()
    assert completed(text, "gnomon", "find_s") == ["find_spots", "find_spots_client", "find_spots_server"]
    assert completed(text, "gnomon", "find_spots", "spotfinder.filter.d_m") == [
        "spotfinder.filter.d_min=",
        "spotfinder.filter.d_max=",
    ]
    assert completed(text, "gnomon", "find_spots", "imp") == ["imported.expt"]
    assert completed(text, "gnomon", "help", "estimate_r") == ["estimate_resolution"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_known_and_the_shell_can_read_it(shell, capsys):
    text = script(shell, capsys)
    for command in commands():
        assert command.name in text
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=text, text=True, check=True)


def test_another_shell_is_an_error_of_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["completion", "csh"])
    assert ended.value.code == 2
    assert "bash, zsh, fish" in capsys.readouterr().err
