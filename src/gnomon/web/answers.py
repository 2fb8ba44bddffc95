"""Routes of functions of the workspace, and what the address of a request says."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gnomon.errors import InputError
from gnomon.web.workspace import Stage, Workspace


def answer(workspace: Workspace, make: Callable[[Workspace, Request], Any]) -> Callable[[Request], Awaitable[Response]]:
    """A route that answers with what ``make(workspace, request)`` gives: bytes as they are, a Response, or JSON.

    ``make`` runs in a thread, so that it may read files and count.
    """

    async def route(request: Request) -> Response:
        made = await run_in_threadpool(make, workspace, request)
        if isinstance(made, Response):
            return made
        if isinstance(made, bytes):
            return Response(made, media_type="application/octet-stream")
        return JSONResponse(made)

    return route


def asked(workspace: Workspace, make: Callable[[Workspace, Any], Any]) -> Callable[[Request], Awaitable[Response]]:
    """As :func:`answer`, of ``make(workspace, body)`` with the JSON object that was sent.

    Raises InputError where none was: one that says that it is JSON, as pages of other sites cannot send.
    """

    async def route(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        if not isinstance(body, dict) or request.headers.get("content-type") != "application/json":
            raise InputError("what was sent is no JSON object; send one")
        return await answer(workspace, lambda known, _: make(known, body))(request)

    return route


def integer(request: Request, name: str, default: int | None = None) -> int:
    """The integer that the address gives under this name. Raises InputError."""
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    try:
        return int(text or "")
    except ValueError:
        raise InputError(f"{name}={text}: a whole number is needed") from None


def stage_of(workspace: Workspace, request: Request) -> Stage:
    """The stage that the address names by ``stage=``; the first where it names none."""
    return workspace.stage(integer(request, "stage", 0))
