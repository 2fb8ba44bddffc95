"""A collection that runs, for the page: its feed as server-sent events, and a workspace that may still be empty."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from gnomon.errors import InputError
from gnomon.process.live.feed import Entry, Feed
from gnomon.web.workspace import Stage, Workspace

PATIENCE = 2.0
"""Seconds without news after which a comment is sent, by which a browser that went away is noticed."""


@dataclass
class RunningWorkspace(Workspace):
    """The folder of a collection; without stages while there is no image."""

    live: bool = True

    def __post_init__(self) -> None:
        """Nothing is checked: what is named may be yet to come."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What is there, or nothing yet."""
        try:
            return super().stages
        except InputError:
            return ()


def live_routes(feed: Feed) -> list[Route]:
    """``events``: each entry of the feed with its number as id; who comes back goes on after the one it had last."""

    async def events(request: Request) -> StreamingResponse:
        last = request.headers.get("last-event-id", "0")
        stream = _stream(feed, int(last) if last.isdecimal() else 0)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})

    return [Route("/events", events)]


async def _stream(feed: Feed, number: int) -> AsyncIterator[str]:
    """The entries after ``number``, as they come, and a last event when nothing more will."""
    while True:
        closed = feed.closed
        entries = await asyncio.to_thread(feed.wait, number, PATIENCE)
        for entry in entries:
            number = entry.number
            yield _event(entry)
        if closed and not entries:
            yield "event: closed\ndata: {}\n\n"
            return
        if not entries:
            yield ": nothing new\n\n"


def _event(entry: Entry) -> str:
    told = {"words": entry.event.in_words(), **entry.event.record}
    return f"id: {entry.number}\ndata: {json.dumps(told)}\n\n"
