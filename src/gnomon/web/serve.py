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
        listening = _listening(port)
        token = secrets.token_urlsafe(24)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/{token}/{f'#pane={pane}' if pane else ''}"
        app = make_app(workspace, token, (*LOCAL_NAMES, *(name.lower() for name in allowed_hosts)), more)
        config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1, lifespan="off")
        say(address)
        threading.Thread(target=_read_ahead, args=(workspace,), daemon=True).start()
        if browser and _has_browser():
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        _Server(config).run(sockets=[listening])


@contextmanager
def served_beside(workspace: Workspace, say: Callable[[str], None], more: Sequence[Route | Mount]) -> Iterator[None]:
    """While it lasts the page is served from a thread, open at the pane of a running collection; see :func:`serve`."""
    listening, token = _listening(0), secrets.token_urlsafe(24)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/{token}/#panes=live"
    app = make_app(workspace, token, LOCAL_NAMES, more)
    config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1, lifespan="off")
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    say(address)
    if _has_browser():
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
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
