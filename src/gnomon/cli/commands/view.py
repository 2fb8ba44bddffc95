"""``gnomon view``: the workbench in the browser."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from gnomon.cli.command import Command
from gnomon.errors import InputError
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


class ViewParams(Params):
    """Where the workbench is, and what it shows first."""

    pane: Literal["image", "space", "reflection", "plots", "live"] | None = param(
        None, "what is shown first: images, reciprocal space, a reflection, plots, or a running collection"
    )
    port: int = param(0, "port of the loopback; a free one if not given", ge=0, lt=65536)
    browser: bool = param(True, "open a browser, where there is one")
    allowed_hosts: tuple[str, ...] = param(
        (), "names under which a proxy may ask, besides those of this machine (JupyterHub's, where it keeps its own)"
    )


def run(session: Session[ViewParams]) -> None:
    """Serve until Ctrl-C."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise InputError("view needs starlette and uvicorn; install them: python -m pip install 'gnomon-xtal[view]'")
    from gnomon.web.serve import serve
    from gnomon.web.workspace import Workspace

    p = session.params
    serve(
        Workspace(tuple(session.words)),
        lambda address: session.say(f"{address}\n(Ctrl-C ends it)"),
        port=p.port, pane=p.pane or "", browser=p.browser, allowed_hosts=p.allowed_hosts,
    )  # fmt: skip


COMMAND = Command(
    name="view",
    summary="look at images, spots, reciprocal space, reflections and plots, in the browser",
    params=lambda: ViewParams,
    run=run,
    needs=("paths",),
    reads=None,
    screen_is_data=True,  # the address comes first
    aliases={
        "image_viewer": {"pane": "image"},
        "reciprocal_lattice_viewer": {"pane": "space"},
        "rlv": {"pane": "space"},
    },
    usage="gnomon view FILES... [name=value ...]",
    example="gnomon view imported.expt strong.refl\ngnomon image_viewer ../data/*.cbf\ngnomon view .",
)
