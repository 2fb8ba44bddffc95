"""``gnomon find_spots_server``: counts the spots of images that other programs ask for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


class FindSpotsServerParams(Params):
    """Where it is asked."""

    host: str = param(
        "127.0.0.1",
        "address at which it listens: that of this machine alone if not given; 0.0.0.0 for all who reach it",
    )
    port: int = param(1701, "port; 0 takes a free one", ge=0, lt=65536)


def run(session: Session[FindSpotsServerParams]) -> None:
    """Serve until Ctrl-C."""
    from gnomon.cli.spot_server import SpotServer
    from gnomon.step import Context

    p = session.params
    with suppress(KeyboardInterrupt):  # how it is ended
        server = SpotServer(p.host, p.port, session.workers.count, Context(), session.say)
        session.say(f"{server.address}\n(Ctrl-C ends it)")
        with server:
            server.serve_forever()


COMMAND = Command(
    name="find_spots_server",
    summary="answer over HTTP how many spots an image has, and how far they reach",
    params=lambda: FindSpotsServerParams,
    run=run,
    reads=(),
    screen_is_data=True,  # the address comes first
    usage="gnomon find_spots_server [name=value ...]",
    example="gnomon find_spots_server nproc=8\ngnomon find_spots_server host=0.0.0.0 port=1234",
)
