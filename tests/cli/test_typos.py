"""What is mistyped never passes: a thousand slips of the finger in names, values, commands and flags."""

from __future__ import annotations

import random
import string
from typing import Literal, get_args, get_origin

import pytest

from gnomon.cli.main import main
from gnomon.cli.registry import commands
from gnomon.cli.typed import options_for

COMMANDS = {command.name: command for command in commands()}
NAMES = {name: [option.name for option in options_for(command)] for name, command in COMMANDS.items()}
LETTERS = string.ascii_lowercase + "_"


def slip(rng: random.Random, text: str) -> str:
    """The text with a letter left out, doubled, changed, put in, or swapped with the next."""
    i = rng.randrange(len(text))
    kind = rng.choice(["left out", "doubled", "changed", "put in", "swapped"])
    rest = text[i + 1 :]
    return {
        "left out": text[:i] + rest,
        "doubled": text[:i] + 2 * text[i] + rest,
        "changed": text[:i] + rng.choice(LETTERS) + rest,
        "put in": text[:i] + rng.choice(LETTERS) + text[i:],
        "swapped": text[:i] + rest[:1] + text[i] + rest[1:],
    }[kind]


def is_abbreviation(name: str, command: str) -> bool:
    """Whether the name is a part of one that the command knows, as PHIL takes them, or goes by another for it."""
    return any(name.lower() in known.lower() for known in NAMES[command]) or name in COMMANDS[command].aliases


def wrong_name(rng: random.Random, command: str) -> list[str]:
    name = rng.choice(NAMES[command])
    wrong = slip(rng, rng.choice([name, name.rsplit(".", 1)[-1]]))
    keys = {option.key for option in options_for(COMMANDS[command])}
    if is_abbreviation(wrong, command) or any(key.startswith(wrong) for key in keys) or not wrong.strip("-."):
        return wrong_name(rng, command)
    return rng.choice([[f"{wrong}=1"], [f"--{wrong}", "1"], [f"--{wrong}=1"]])


def wrong_value(rng: random.Random, command: str) -> list[str]:
    options = [
        o for o in options_for(COMMANDS[command]) if o.annotation in (bool, int, float, int | None, float | None)
    ]
    options += [o for o in options_for(COMMANDS[command]) if get_origin(o.annotation) is Literal]
    option = rng.choice(options)
    choices = [str(c) for c in get_args(option.annotation)] if get_origin(option.annotation) is Literal else []
    value = slip(rng, rng.choice(choices or ["false", "true", "fast", "12three"]))
    right = {"", "t", "f", "on", "off", "y", "n", "yes", "no", "true", "false", "none", "auto", "null", *choices}
    if value.strip().lower() in {c.lower() for c in right}:
        return wrong_value(rng, command)
    return [f"{option.name}={value}"]


def wrong_word(rng: random.Random, command: str) -> list[str]:
    return [rng.choice(["nproc", "d_min", "joint", "-x", "-d_min=2", "-cv", "-e2x", "--", "-N", "--nproc2"])]


def wrong_command(rng: random.Random, command: str) -> str:
    wrong = slip(rng, command)
    known = {alias for c in COMMANDS.values() for alias in c.aliases} | set(COMMANDS) | {"help", ""}
    return wrong_command(rng, command) if wrong.replace("-", "_") in known else wrong


def typos(n: int) -> list[list[str]]:
    rng, made = random.Random(20261201), []
    while len(made) < n:
        command = rng.choice(list(COMMANDS))
        made.append(
            [wrong_command(rng, command)]
            if rng.random() < 0.1
            else [command, *rng.choice([wrong_name, wrong_name, wrong_value, wrong_word])(rng, command)]
        )
    return made


def test_a_thousand_typos_never_pass(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in typos(1000):
        if words[-1] == "--":
            words = [*words, "-c"]  # behind -- it is a name
        with pytest.raises(SystemExit) as ended:
            main([*words[:1], "-c", *words[1:]])
        said = capsys.readouterr()
        assert (ended.value.code, said.err.count("\n"), said.out) == (2, 1, ""), (words, said.err)
    assert list(tmp_path.iterdir()) == []
