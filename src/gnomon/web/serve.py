"""The start of the server: a free port of the loopback, an address with a token, a browser where there is one."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import uvicorn
from starlette.routing import Mount, Route

from gnomon.errors import InputError
from gnomon.web.app import LOCAL_NAMES, make_app
from gnomon.web.workspace import Workspace

PATIENCE = 5.0
"""Seconds that the end of a program waits for the server: pages hold their connections open."""


def serve(
    workspace: Workspace,
    say: Callable[[str], None],
    *,
    port: int = 0,
    pane: str = "",
    browser: bool = True,
    allowed_hosts: Sequence[str] = (),
    more: Sequence[Route | Mount] = (),
) -> None:
    """Serve until Ctrl-C. ``say`` gets the address, before any file is opened.

    port: 0 takes a free one; pane: opened at first; allowed_hosts: names besides this machine's under which a proxy
    asks; more: routes besides those of files. Raises InputError where the port is taken.
    """
    with suppress(KeyboardInterrupt):  # how it is ended
        names = (*LOCAL_NAMES, *(name.lower() for name in allowed_hosts))
        server, listening, address = _ready(workspace, port, names, more)
        address += f"#pane={pane}" if pane else ""
        say(address)
        threading.Thread(target=_read_ahead, args=(workspace,), daemon=True).start()
        if browser:
            _show(address)
        server.run(sockets=[listening])


@contextmanager
def served_beside(workspace: Workspace, say: Callable[[str], None], more: Sequence[Route | Mount]) -> Iterator[None]:
    """While it lasts the page is served from a thread, open at the pane of a running collection; see :func:`serve`."""
    server, listening, address = _ready(workspace, 0, LOCAL_NAMES, more)
    address += "#panes=live"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    say(address)
    _show(address)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()


class _Server(uvicorn.Server):
    """A server that leaves Ctrl-C to the program, which counts it (``cli/interrupts.py``)."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """No signal is captured."""
        yield


def _ready(
    workspace: Workspace, port: int, names: Sequence[str], more: Sequence[Route | Mount]
) -> tuple[_Server, socket.socket, str]:
    """A server that is to be run, the socket it listens at, and the address of its page, with a token of its own."""
    listening, token = _listening(port), secrets.token_urlsafe(24)
    app = make_app(workspace, token, names, more)
    config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1, lifespan="off")
    return _Server(config), listening, f"http://127.0.0.1:{listening.getsockname()[1]}/{token}/"


def _show(address: str) -> None:
    """Open a browser where one can be shown, without waiting for it."""
    if _has_browser():
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _listening(port: int) -> socket.socket:
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
    except OSError as error:
        found.close()
        raise InputError(f"port={port} cannot be had ({(error.strerror or '').lower()}); give another") from None
    return found


def _read_ahead(workspace: Workspace) -> None:
    """Open the files while the browser loads the page; what fails then is told to who asks next."""
    with suppress(InputError):
        _ = workspace.stages


def _has_browser() -> bool:
    """Whether a browser can be shown: not on a machine reached by ssh, nor without a screen."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
