"""Spots of images over HTTP: numbers as JSON, for programs that watch a grid scan or a collection.

It stands on the HTTP server of Python's standard library: answers are short and take a second of counting, and so the
command needs nothing that is not installed anyway.
"""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import gnomon
from gnomon.cli.spot_request import SpotRequestParams, params_of
from gnomon.errors import InputError, UsageError
from gnomon.pipeline import STEPS
from gnomon.step import Context
from gnomon.steps.spot_counts_per_image.summary import ImageCounts, SweepCounts

PATIENCE = 300.0
"""Seconds for which a connection is kept that asks nothing: grid scans pause for longer than images take."""
MOST_ASKED = 1 << 20
"""Bytes of a question."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def spots_of(path: str, params: SpotRequestParams, context: Context) -> dict[str, Any]:
    """What ``spot_counts_per_image`` tells of the image or images of one file, under its names.

    Raises InputError where the file is none, or cannot be read.
    """
    experiments = STEPS["import"]([path]).experiments
    found = STEPS["find_spots"](experiments, context=context, **params.of_step("find_spots") | {"force_2d": True})
    if not len(found.reflections):  # which is an answer, too
        nothing = ImageCounts(0, 0, 0.0, None, False)
        ranges = [range(e.image_range[0], e.image_range[1] + 1) for e in experiments]
        sweeps = [SweepCounts.of(i, numbers, [nothing] * len(numbers)) for i, numbers in enumerate(ranges)]
        return {"file": path, "sweeps": [asdict(sweep) for sweep in sweeps]}
    counts = STEPS["spot_counts_per_image"](
        experiments, found.reflections, context=context, **params.of_step("spot_counts_per_image")
    )
    return {"file": path, "sweeps": [asdict(sweep) for sweep in counts.summary.sweeps]}


class SpotServer(ThreadingHTTPServer):
    """Answers questions, ``most`` at a time; connections are kept. ``say`` gets each failure that is ours."""

    daemon_threads = True

    def __init__(self, host: str, port: int, most: int, context: Context, say: Callable[[str], None]) -> None:
        """Listen at the port; 0 takes a free one. Raises InputError where it cannot be had."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.context, self.say, self.local = context, say, host in _LOOPBACK
        self.turn = threading.BoundedSemaphore(most)
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            why = (getattr(error, "strerror", None) or str(error)).lower()
            raise InputError(f"host={host} port={port} cannot be had ({why}); give others") from None

    @property
    def address(self) -> str:
        """Where it is asked."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes) else str(host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}"

    def answer(self, question: Mapping[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
        """Status and content of the answer."""
        given = dict(question)
        path = given.pop("image", None)
        try:
            if not isinstance(path, str) or not path:
                raise UsageError('no image was named; ask for /path/to/image.cbf?d_min=2 or post {"image": ...}')
            params = params_of(given)
            with self.turn:
                return HTTPStatus.OK, spots_of(path, params, self.context)
        except InputError as error:
            return HTTPStatus.BAD_REQUEST, {"file": path, "error": " ".join(str(error).split())}
        except OSError as error:
            return HTTPStatus.BAD_REQUEST, {"file": path, "error": f"{path}: {(error.strerror or str(error)).lower()}"}
        except Exception as error:
            self.say(f"{path}: internal error: {type(error).__name__}: {error}\n{traceback.format_exc()}")
            words = f"internal error: {type(error).__name__} (the server's log has more; please report it)"
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"file": path, "error": words}


class _Handler(BaseHTTPRequestHandler):
    """One connection: ``GET /path/to/image.cbf?d_min=2.0`` (or with ``;``), ``POST`` of {"image": ..., "d_min": 2}."""

    protocol_version = "HTTP/1.1"  # connections are kept
    timeout = PATIENCE
    server: SpotServer

    def do_GET(self) -> None:
        """The spots of an image; of no image, who answers."""
        if not self._is_asked_here():
            return
        path, _, rest = self.path.partition(";")
        split = urlsplit(path)
        pairs = [pair for text in (split.query, *rest.split(";")) for pair in parse_qsl(text, keep_blank_values=True)]
        image = unquote(split.path)
        if image.strip("/"):
            self._send(*self.server.answer({**dict(pairs), "image": "/" + image.lstrip("/")}))
        else:
            self._send(HTTPStatus.OK, {"gnomon": gnomon.__version__})

    def do_POST(self) -> None:
        """The spots of an image."""
        if not self._is_asked_here():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_ASKED:
            self.close_connection = True
            self._send(HTTPStatus.BAD_REQUEST, {"error": "a question needs its length, at most 1 MB"})
            return
        try:
            question = json.loads(self.rfile.read(int(length)))
        except ValueError:
            question = None
        if isinstance(question, dict):
            self._send(*self.server.answer(question))
        else:
            self._send(HTTPStatus.BAD_REQUEST, {"error": 'the question is no JSON object; post {"image": "/path"}'})

    def _is_asked_here(self) -> bool:
        """Whether a server of the loopback was asked under its own name, and not by a page that misuses another's."""
        try:
            host = urlsplit(f"//{self.headers.get('Host', 'localhost')}").hostname
        except ValueError:
            host = None
        if self.server.local and host not in _LOOPBACK:
            self.close_connection = True
            self._send(
                HTTPStatus.FORBIDDEN, {"error": "this server answers this machine; start it with host= for others"}
            )
            return False
        return True

    def _send(self, status: HTTPStatus, content: Mapping[str, Any]) -> None:
        data = json.dumps(content).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except ConnectionError:  # who asked went away
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line for each image would be all that the log has."""
