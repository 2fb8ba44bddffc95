"""``gnomon find_spots_client``: asks a running ``find_spots_server`` for the spots of images."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gnomon.cli.command import Command
from gnomon.errors import InputError, UsageError
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.cli.spot_request import SpotRequestParams

    class FindSpotsClientParams(SpotRequestParams):
        """Who is asked, and how spots are told from background and judged."""

        host: str = param("localhost", "machine on which the server runs")
        port: int = param(1701, "its port", ge=1, lt=65536)

    return FindSpotsClientParams


class _Line:
    """A connection that is kept between questions."""

    def __init__(self, host: str, port: int) -> None:
        from http.client import HTTPConnection

        self._where, self._connection = f"{host}:{port}", HTTPConnection(host, port)

    def close(self) -> None:
        """Give the connection up."""
        self._connection.close()

    def ask(self, image: str, given: dict[str, Any]) -> dict[str, Any]:
        """The answer. Raises InputError where there is none."""
        from http.client import HTTPException

        question = json.dumps({**given, "image": os.path.abspath(image)}).encode()
        try:
            self._connection.request("POST", "/", question, {"Content-Type": "application/json"})
            content = json.loads(self._connection.getresponse().read())
        except (OSError, HTTPException, ValueError) as error:
            why = " ".join(str(error).lower().split())
            raise InputError(f"no answer from {self._where} ({why}); start gnomon find_spots_server there") from error
        if not isinstance(content, dict):
            raise InputError(f"{self._where} answers, but is no gnomon find_spots_server; give another port")
        return content


def _asked(images: Sequence[str], session: Session, given: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers in the order of the images, asked for by as many connections as there are workers."""
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import closing
    from itertools import chain, zip_longest

    n = min(session.workers.count, len(images))

    def ask(some: Sequence[str]) -> list[dict[str, Any]]:
        with closing(_Line(session.params.host, session.params.port)) as line:
            return [line.ask(image, given) for image in some]

    with ThreadPoolExecutor(n) as pool:
        found = pool.map(ask, [images[i::n] for i in range(n)])
        return [answer for answer in chain(*zip_longest(*found)) if answer is not None]


def run(session: Session) -> None:
    """Print the answer for each image, a line of JSON each; fail at the end where one was an error."""
    from gnomon.cli.spot_request import SpotRequestParams

    if not session.words:
        raise UsageError("find_spots_client was given no image; give /path/to/image.cbf")
    defaults = SpotRequestParams().model_dump(mode="json")
    told = session.params.model_dump(mode="json")
    given = {key: told[key] for key in defaults if told[key] != defaults[key]}
    answers = _asked(session.words, session, given)
    for answer in answers:
        session.say(json.dumps(answer))
    failed = [answer["error"] for answer in answers if "error" in answer]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise InputError(f"{failed[0]}{more}")


COMMAND = Command(
    name="find_spots_client",
    summary="ask a find_spots_server how many spots images have, and how far they reach",
    params=_params,
    run=run,
    needs=("paths",),
    reads=None,
    screen_is_data=True,
    usage="gnomon find_spots_client IMAGES... [name=value ...]",
    example="gnomon find_spots_client image_0001.cbf d_min=2.0\ngnomon find_spots_client host=server port=1234 *.cbf",
)
