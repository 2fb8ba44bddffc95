"""Commands that tell numbers of every image: on the screen, and in a file of JSON where one is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


class JsonFileParams(Params):
    """Where the numbers go."""

    json_file: str | None = param(None, "write the numbers of every image to this file", name="output.json")


def write_numbers(session: Session[Any], sweeps: Sequence[Any]) -> None:
    """Write what is known of the images of each sweep to the file that the parameters name, if they name one."""
    import json
    from dataclasses import asdict

    from gnomon.io.atomic import write_whole

    path = session.params.json_file
    if path:
        write_whole(path, json.dumps([asdict(sweep) for sweep in sweeps], indent=1))
        session.wrote(path)
