"""``gnomon completion bash|zsh|fish``: what a shell needs to complete commands and names of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gnomon.cli.command import Command
from gnomon.cli.typed import options_for
from gnomon.errors import UsageError


def completion(words: Sequence[str], known: Sequence[Command]) -> str:
    """The script for the shell that is named. Raises UsageError for none that is known."""
    if len(words) != 1 or words[0] not in _SCRIPTS:
        raise UsageError(f"completion is for one of {', '.join(_SCRIPTS)}; give one: source <(gnomon completion bash)")
    names = {name: _names(command) for command in known for name in (command.name, *command.aliases)}
    return _SCRIPTS[words[0]](names)


def _names(command: Command) -> list[str]:
    return [f"{option.name}=" for option in options_for(command)]


def _bash(names: Mapping[str, Sequence[str]]) -> str:
    cases = "\n".join(f'    {name}) names="{" ".join(own)}" ;;' for name, own in names.items())
    return f"""_gnomon() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" names=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{" ".join(names)} help completion" -- "$cur"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
    help) names="{" ".join(names)}" ;;
{cases}
  esac
  COMPREPLY=($(compgen -W "$names" -- "$cur") $(compgen -f -- "$cur"))
  case "${{COMPREPLY[0]}}" in *=) compopt -o nospace 2>/dev/null ;; esac
}}
complete -o filenames -F _gnomon gnomon"""


def _zsh(names: Mapping[str, Sequence[str]]) -> str:
    cases = "\n".join(f"    {name}) compadd -S '' -- {' '.join(own)} ;;" for name, own in names.items())
    return f"""#compdef gnomon
_gnomon() {{
  if (( CURRENT == 2 )); then
    compadd -- {" ".join(names)} help completion
    return
  fi
  case $words[2] in
    help) compadd -- {" ".join(names)} ;;
{cases}
  esac
  _files
}}
compdef _gnomon gnomon"""


def _fish(names: Mapping[str, Sequence[str]]) -> str:
    lines = [f"complete -c gnomon -n __fish_use_subcommand -a '{name}'" for name in (*names, "help", "completion")]
    lines += [
        f"complete -c gnomon -n '__fish_seen_subcommand_from {name}' -a '{' '.join(own)}'"
        for name, own in names.items()
    ]
    return "\n".join(lines)


_SCRIPTS: dict[str, Callable[[Mapping[str, Sequence[str]]], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
