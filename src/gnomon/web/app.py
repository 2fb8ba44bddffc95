"""The server: who may ask, what it says about itself, and the routes of the panes.

Only those who know the token in the address are answered, under names of this machine (a page of another site that has
its name resolved to 127.0.0.1 is not), and nothing is served but what the routes make of the opened files.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gnomon.errors import InputError
from gnomon.report.show_crystal import group_name
from gnomon.web.answers import answer, integer, stage_of
from gnomon.web.image_routes import image_routes
from gnomon.web.packed import packed
from gnomon.web.plots import plot_routes
from gnomon.web.points import point_routes
from gnomon.web.reflection import reflection_routes
from gnomon.web.workspace import Stage, Workspace

STATIC = Path(__file__).parent / "static"
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # the token is in the address
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Guard:
    """Answers 404 to whoever does not know the token, 421 to other names; adds the headers of all answers."""

    app: ASGIApp
    token: str
    names: Sequence[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                known = {name for name, _ in message["headers"]}
                more = [(k.encode(), v.encode()) for k, v in _HEADERS.items() if k.encode() not in known]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await (refusal or self.app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        name = host if host.endswith("]") else host.rsplit(":", 1)[0]
        if name.lower() not in self.names:
            return PlainTextResponse("asked under a name that is not this machine's; see allowed_hosts", 421)
        given = scope["path"].split("/")[1]
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return PlainTextResponse("not found: open the address that gnomon printed, with its token", 404)
        return None


def make_app(
    workspace: Workspace, token: str, names: Sequence[str] = LOCAL_NAMES, more: Sequence[Route | Mount] = ()
) -> Starlette:
    """The application, below ``/<token>/``; every address in it is relative, so that proxies may put it anywhere.

    names: of hosts it answers to, lower case; more: routes besides those of the panes, as of a running collection.
    """
    routes = [
        Route("/", _page),
        Route("/api/workspace", answer(workspace, _workspace)),
        Route("/api/columns", answer(workspace, _columns)),
        *image_routes(workspace),
        *point_routes(workspace),
        *plot_routes(workspace),
        *reflection_routes(workspace),
        *more,
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(
        routes=[Mount(f"/{token}", routes=routes)],
        middleware=[Middleware(Guard, token=token, names=tuple(names))],
        exception_handlers={InputError: _told},
    )


def _page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def _told(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


def _workspace(workspace: Workspace, request: Request) -> Any:
    """What there is: stages with experiments and tables; and whether a collection runs."""
    stages = [_stage(stage) for stage in workspace.stages]
    return {"title": " ".join(workspace.words), "stages": stages, "live": workspace.live}


def _stage(stage: Stage) -> Any:
    sweeps: dict[Any, int] = {}
    return {
        "name": stage.name,
        "experiments": [
            {
                "name": name,
                "sweep": sweeps.setdefault(e.sweep, len(sweeps)),  # equal for the lattices of one sweep
                "images": list(e.image_range) if e.images else None,
                "still": e.is_still,
                "panels": len(e.detector),
                "cell": e.crystal.cell.tolist() if e.crystal else None,
                "space_group": group_name(e.crystal.hall_symbol) if e.crystal else None,
                "wavelength": e.beam.wavelength,
                "oscillation": list(e.scan.oscillation) if e.scan else None,
            }
            for name, e in zip(stage.names, stage.experiments)
        ],
        "tables": [
            {"name": t.name, "rows": len(t.reflections), "columns": sorted(t.reflections.names)} for t in stage.tables
        ],
    }


def _columns(workspace: Workspace, request: Request) -> bytes:
    """Columns ``names=a,b,...`` of ``table=``, rows ``first=`` to ``last=`` (excluded); those of 64 bits as 32."""
    table = stage_of(workspace, request).table(integer(request, "table", 0))
    rows = slice(integer(request, "first", 0), integer(request, "last", len(table)))
    found: dict[str, np.ndarray] = {}
    for name in request.query_params.get("names", "").split(","):
        values = table[name][rows]
        if not isinstance(values, np.ndarray):
            raise InputError(f"{name} is no column of numbers; ask for another")
        narrow = {np.dtype("f8"): np.float32, np.dtype("i8"): np.int32, np.dtype("u8"): np.uint32}
        found[name] = values.astype(narrow.get(values.dtype, values.dtype), copy=False)
    return packed(found)
