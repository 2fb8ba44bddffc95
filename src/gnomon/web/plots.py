"""Plots: the report's page of what is open, in a frame of its own; and scaling of the data sets that are selected.

The page needs styles that plotly sets on elements, which the workbench's policy forbids: it is served with a policy of
its own, into a frame without the rights of the workbench's origin, and speaks to it by messages alone.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STEPS
from gnomon.process.told import record_in, told_in
from gnomon.report.html.page import ASSETS, asset, page
from gnomon.report.html.steps import sections_of
from gnomon.step import Data
from gnomon.web.answers import answer, asked, integer, stage_of
from gnomon.web.workspace import Stage, Workspace

_LINK = Path(__file__).parent / "static" / "plots" / "link.js"
_KEPT = 3
"""Pages that are kept."""
_HEADERS = {
    "content-security-policy": "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
}
_FOR_FRAMES = {"cross-origin-resource-policy": "cross-origin"}
"""Of scripts that the frame asks for, which has no origin."""


def plot_routes(workspace: Workspace) -> list[Route]:
    """Those below ``api/plots``."""
    return [
        Route("/api/plots/page", answer(workspace, _page)),
        Route("/api/plots/scale", answer(workspace, _scale_line)),
        Route("/api/plots/scale", asked(workspace, _scale), methods=["POST"]),
        Route("/api/plots/{name}", _asset),
    ]


def _page(workspace: Workspace, request: Request) -> Response:
    """The report's page of a table, with what the steps told that made it; ``compare=1``: and how data sets correlate.

    Trees and matrices are no part of records: they are made anew, by the step that makes them.
    """
    stage, number, compare = stage_of(workspace, request), integer(request, "table", 0), integer(request, "compare", 0)
    paths = tuple(path for path in workspace.summaries if _is_of(path, stage))
    return Response(_made(stage, number, paths, compare > 0), media_type="text/html", headers=_HEADERS)


@lru_cache(_KEPT)
def _made(stage: Stage, number: int, summaries: tuple[str, ...], compare: bool) -> str:
    table = stage.tables[number].reflections if number < len(stage.tables) else Reflections()
    told = {name: one for path in summaries for name, one in told_in(path).items()}
    products = {}
    if compare:
        result = STEPS["correlation_matrix"](stage.experiments, table)
        told = {**{k: v for k, v in told.items() if k != "correlation_matrix"}, "correlation_matrix": result.summary}
        products = {"correlation_matrix": result.product}
    return page(stage.name, sections_of(stage.experiments, table, told, products), "", linked=["link.js"])


def _is_of(path: str, stage: Stage) -> bool:
    """Whether a recorded run made the stage's file, or told of it without making another."""
    record = record_in(path)
    if record is None:
        return False
    made = {os.path.basename(one["path"]) for step in record["steps"] for one in step["outputs"] or ()}
    read = {os.path.basename(one["path"]) for one in record["inputs"] or ()}
    return stage.name in made or (stage.name in read and not any(name.endswith(".expt") for name in made))


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    if name == "link.js":
        return Response(_LINK.read_bytes(), media_type=kind, headers=_FOR_FRAMES)
    if name not in ASSETS:
        return PlainTextResponse("not found", 404)
    return Response(asset(name), media_type=kind, headers=_FOR_FRAMES)


def _scale_line(workspace: Workspace, request: Request) -> Any:
    """The line that scales the data sets ``sets=`` alone."""
    stage, number = stage_of(workspace, request), integer(request, "table", 0)
    words = request.query_params.get("sets", "").split(",")
    return {"line": shlex.join(["gnomon", *_words(stage, number, [int(w) for w in words if w.isdecimal()])])}


def _words(stage: Stage, number: int, sets: list[int]) -> list[str]:
    """The words of the command. Raises InputError where nothing can be scaled."""
    if not sets or not all(0 <= k < len(stage.experiments) for k in sets):
        raise InputError("no data sets are selected; select some: in a tree, a plot, or the list of reciprocal space")
    if not 0 <= number < len(stage.tables):
        raise InputError(f"{stage.name} has no reflections; open those that belong to it")
    expt, refl = stage.path, stage.tables[number].path
    if not expt or not refl:
        raise InputError(f"{stage.name} is in memory alone; scale what is in files")
    return ["scale", expt, refl, f"use_datasets={','.join(map(str, sets))}"]


def _scale(workspace: Workspace, body: dict[str, Any]) -> Any:
    """Scale the data sets that are named, in a new folder, by the command itself; the new stage and what it told."""
    stage, sets = workspace.stage(int(body.get("stage", 0))), body.get("sets")
    if not isinstance(sets, list) or not all(isinstance(k, int) for k in sets):
        raise InputError("sets: a list of numbers of data sets is needed")
    words = _words(stage, int(body.get("table", 0)), sets)
    folder = _new_folder(stage, str(body.get("folder", "")))
    line = [sys.executable, "-m", "gnomon", words[0], *(os.path.abspath(w) for w in words[1:3]), words[3]]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError((done.stderr.strip().splitlines() or ["gnomon scale failed"])[-1])
    expt, refl = str(folder / "scaled.expt"), str(folder / "scaled.refl")
    made = workspace.add(f"{folder.name}/scaled.expt", Data(read_experiments(expt), read_reflections(refl)), expt, refl)
    return {"stage": made, "told": done.stdout, "folder": str(folder)}


def _new_folder(stage: Stage, name: str) -> Path:
    """A new folder of this name beside the data. Raises InputError where it is there, or the name is no plain one."""
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise InputError(f"folder={name}: give a name of letters, digits, _, - and .")
    folder = Path(stage.path).absolute().parent / name
    try:
        folder.mkdir()
    except FileExistsError:
        raise InputError(f"{folder} is there already; give another name") from None
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made ({(error.strerror or '').lower()}); open files you may write beside"
        ) from None
    return folder
