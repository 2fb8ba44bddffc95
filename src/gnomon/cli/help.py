"""``--help``: every option with its meaning, unit, default and bounds."""

from __future__ import annotations

from collections.abc import Iterable

from gnomon.cli.command import Command, RunParams
from gnomon.report.parameters import describe_params, entry


def command_help(command: Command) -> str:
    """The whole help text of a command."""
    inputs = " ".join({"expt": "FILE.expt", "refl": "FILE.refl", "paths": "FILES..."}[n] for n in command.needs)
    usage = command.usage or f"gnomon {command.name} {inputs} [name=value ...]"
    params = command.params()
    parts = [f"usage: {usage}", "", command.summary[0].upper() + command.summary[1:] + "."]
    if command.example:
        parts += ["", "example:", *(f"  {line}" for line in command.example.splitlines())]
    if params.model_fields:
        parts += [
            "",
            "parameters (name=value or --name value; a tail or prefix of a name will do):",
            describe_params(params),
        ]
    parts += ["", "output and running:"]
    parts += [
        entry(
            name,
            "file name; None for none",
            f"[default {'named after the input' if default == '' else default or 'none'}]",
        )
        for name, _, default in command.output_options
    ]
    parts += [describe_params(RunParams)]
    return "\n".join(parts)


def overview(commands: Iterable[Command], version: str) -> str:
    """What ``gnomon --help`` prints: the commands in the order of work."""
    width = max(len(c.name) for c in commands) + 2
    lines = [f"  {c.name:<{width}}{c.summary}" for c in commands]
    return "\n".join(
        [
            f"gnomon {version}: from X-ray diffraction images to merged intensities",
            "",
            "usage: gnomon COMMAND FILES [name=value ...]      gnomon help COMMAND",
            "       gnomon COMMAND [FILES] [name=value ...] -c  shows all parameters and does nothing",
            "       gnomon completion bash|zsh|fish             for the shell: source <(gnomon completion bash)",
            "",
            *lines,
        ]
    )
