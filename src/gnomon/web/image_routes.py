"""What the image pane asks for: how the detector stands, and pixels."""

from __future__ import annotations

import json
import shlex
from functools import partial
from typing import Any

import numpy as np
from isal import igzip
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gnomon.errors import InputError
from gnomon.io.images.masks import valid_counts
from gnomon.maths.crystal.ice import ICE_D_MIN, powder_rings
from gnomon.models.experiment import Experiment
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.web.answers import answer, asked, integer, stage_of
from gnomon.web.layers import marks, rows_of_sweep, shadow_outlines, strong_pixels
from gnomon.web.masks import make_mask
from gnomon.web.packed import packed
from gnomon.web.parameters import command_line, files_of, params_of
from gnomon.web.pictures import LEVELS, TILE, Pictures, Tile, each, planes
from gnomon.web.profiles import radial_profile
from gnomon.web.workspace import Workspace

_QUICK = 1  # of igzip: pixels take 40 % more than at its best, in a third of the time


def image_routes(workspace: Workspace) -> list[Route]:
    """The routes of the image pane, which share what is kept of images."""
    pictures = Pictures()
    return [
        Route("/api/image/instrument", answer(workspace, _instrument)),
        Route("/api/image/pixels", answer(workspace, partial(_pixels, pictures))),
        Route("/api/image/marks", answer(workspace, _marks)),
        Route("/api/image/shadow", answer(workspace, _shadow)),
        Route("/api/image/strong", answer(workspace, partial(_strong, pictures))),
        Route("/api/image/rings", answer(workspace, _rings)),
        Route("/api/image/profile", answer(workspace, partial(_profile, pictures))),
        Route("/api/image/spots", answer(workspace, _spots)),
        Route("/api/image/at", answer(workspace, partial(_at, pictures))),
        Route("/api/image/mask", asked(workspace, make_mask), methods=["POST"]),
        Route("/api/image/counts", answer(workspace, partial(_counts, pictures))),
    ]


def experiment_of(workspace: Workspace, request: Request) -> Experiment:
    """The experiment that the address names. Raises InputError."""
    return stage_of(workspace, request).experiment(integer(request, "experiment", 0))


def squeezed(request: Request, content: bytes) -> Response:
    """The answer, packed where the browser takes it packed."""
    headers = {"cache-control": "no-store", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        content = igzip.compress(content, _QUICK)
    return Response(content, media_type="application/octet-stream", headers=headers)


def _instrument(workspace: Workspace, request: Request) -> Any:
    """Detector, beam, goniometer and scan of one experiment, in mm, 1/Å, degrees and the laboratory frame."""
    e = experiment_of(workspace, request)
    frames, parallax = e.detector.frames, e.detector.parallax
    return {
        "s0": e.beam.s0.tolist(),
        "wavelength": e.beam.wavelength,
        "images": list(e.image_range) if e.images else None,
        "files": shlex.join(_files(e)),
        "oscillation": None if e.is_still or e.scan is None else [*e.scan.oscillation, e.scan.array_range[0]],
        "axis": None if e.goniometer is None else e.goniometer.lab_axis.tolist(),
        "levels": LEVELS,
        "tile": TILE,
        "panels": [
            {
                "name": panel.name,
                "frame": frames[i].T.tolist(),  # fast, slow, origin
                "pixel": list(panel.pixel_size),
                "size": list(panel.image_size),
                "trusted": list(valid_counts(panel)),
                "mu": parallax[i, 0],
                "thickness": parallax[i, 1],
            }
            for i, panel in enumerate(e.detector.panels)
        ],
    }


def _files(experiment: Experiment) -> list[str]:
    """What names the images of an experiment on the line of ``gnomon import``."""
    images = experiment.images
    if images is None or not images.template:
        return list(images.paths) if images else []
    return [f"template={images.template}" if "#" in images.template else images.template]


def shown_images(request: Request) -> dict[str, Any]:
    """The image, or how many from it on as one, that the address names."""
    how = request.query_params.get("how", "sum")
    if how not in ("sum", "max"):
        raise InputError(f"how={how}: sum or max can be shown")
    return {"image": integer(request, "image"), "n": integer(request, "n", 1), "how": how}


def _pixels(pictures: Pictures, workspace: Workspace, request: Request) -> Response:
    """Tiles of one level: those of ``tiles=panel.row.column,...``, or all.

    The head lists them with their sizes; their pixels follow one another in planes of bytes, and at level 1 ``masked``
    (uint8) where there are pixels that masks leave out.
    """
    level = integer(request, "level", LEVELS[-1])
    if level not in LEVELS:
        raise InputError(f"level {level}: there are {', '.join(map(str, LEVELS))}")
    picture = pictures.picture(experiment_of(workspace, request), **shown_images(request))
    panels = picture.levels[level]
    tiles = _tiles(request.query_params.get("tiles", "")) or picture.tiles(level)
    parts = list(each(tiles, panels))
    arrays = planes(parts)
    if level == 1:
        used = np.concatenate([part.ravel() for part in each(tiles, picture.usable)])
        arrays |= {} if used.all() else {"masked": ~used}
    listed = [[t.panel, t.row, t.column, *part.shape] for t, part in zip(tiles, parts)]
    return squeezed(request, packed(arrays, level=level, tiles=listed))


def _tiles(text: str) -> list[Tile]:
    try:
        return [Tile(*map(int, word.split("."))) for word in text.split(",") if word]
    except (TypeError, ValueError):
        raise InputError(f"tiles={text}: panel.row.column of each are needed") from None


def _counts(pictures: Pictures, workspace: Workspace, request: Request) -> bytes:
    """``counts`` (height, width) int32 of ``panel=`` from ``x=``, ``y=`` on: what the file has."""
    experiment = experiment_of(workspace, request)
    picture = pictures.picture(experiment, **shown_images(request))
    panel = integer(request, "panel")
    if not 0 <= panel < len(experiment.detector):
        raise InputError(f"panel {panel}: the detector has {len(experiment.detector)}, counted from 0")
    x, y = max(integer(request, "x"), 0), max(integer(request, "y"), 0)
    width, height = (min(integer(request, side, 1), TILE) for side in ("width", "height"))
    return packed({"counts": picture.counts(panel, slice(y, y + height), slice(x, x + width))})


def _spots(workspace: Workspace, request: Request) -> bytes:
    """``counts`` (n,) uint32: the spots of the table whose centres lie on each image of the experiment's sweep."""
    stage, experiment = stage_of(workspace, request), experiment_of(workspace, request)
    table = stage.table(integer(request, "table", 0))
    first, last = experiment.image_range
    counts = np.zeros(last - first + 1, np.uint32)
    if "xyzobs.px.value" in table:
        z = table["xyzobs.px.value"][rows_of_sweep(stage, experiment, table), 2]
        np.add.at(counts, np.clip(np.floor(z).astype(int) + 1 - first, 0, len(counts) - 1), 1)
    return packed({"counts": counts})


def _marks(workspace: Workspace, request: Request) -> Response:
    """The reflections on the images that are shown, as ``layers.marks`` tells of them."""
    stage, experiment, wanted = stage_of(workspace, request), experiment_of(workspace, request), shown_images(request)
    table = stage.table(integer(request, "table", 0)) if stage.tables else None
    last = wanted["image"] + wanted["n"] - 1
    return squeezed(request, marks(stage, experiment, table, wanted["image"], last))


def _shadow(workspace: Workspace, request: Request) -> Any:
    """What the goniometer hides in the middle of the images; null where nothing is known of it."""
    wanted = shown_images(request)
    return shadow_outlines(experiment_of(workspace, request), wanted["image"] - 1 + wanted["n"] / 2)


def _rings(workspace: Workspace, request: Request) -> Any:
    """Resolutions (Å) of the rings of hexagonal ice."""
    return [round(float(1 / np.sqrt(s2)), 4) for s2 in powder_rings(ICE_D_MIN)]


def _strong(pictures: Pictures, workspace: Workspace, request: Request) -> Response:
    """The strong pixels in ``windows=panel.x0.x1.y0.y1,...`` by find_spots' parameters, and the line that says them."""
    experiment = experiment_of(workspace, request)
    picture = pictures.picture(experiment, **shown_images(request))
    windows = _windows(request.query_params.get("windows", ""), experiment)
    values = json_of(request.query_params.get("params", "{}"))
    found = strong_pixels(experiment, picture, windows, params_of(FindSpotsParams, values))
    line = command_line("find_spots", files_of(workspace, stage_of(workspace, request)), values)
    return squeezed(request, packed(found, line=line))


def _at(pictures: Pictures, workspace: Workspace, request: Request) -> bytes:
    """``counts`` (n,) int32 of the pixels ``points=panel.x.y,...``."""
    picture = pictures.picture(experiment_of(workspace, request), **shown_images(request))
    text = request.query_params.get("points", "")
    try:
        points = [tuple(map(int, word.split("."))) for word in text.split(",")]
        found = [picture.counts(panel, slice(y, y + 1), slice(x, x + 1)).item() for panel, x, y in points]
    except (ValueError, IndexError):
        raise InputError(f"points={text[:40]}: panel.x.y of pixels that are there are needed") from None
    return packed({"counts": np.array(found, np.int32)})


def json_of(text: str) -> dict[str, Any]:
    """The object that the text is in JSON. Raises InputError."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{text}: parameters are needed as a JSON object")
    return found


def _windows(text: str, experiment: Experiment) -> dict[int, tuple[slice, slice]]:
    found = {}
    try:
        for word in text.split(","):
            panel, x0, x1, y0, y1 = map(int, word.split("."))
            nx, ny = experiment.detector.panels[panel].image_size
            found[panel] = slice(max(0, y0), min(ny, y1)), slice(max(0, x0), min(nx, x1))
    except (ValueError, IndexError):
        raise InputError(f"windows={text}: panel.x0.x1.y0.y1 of each panel in sight are needed") from None
    return found


def _profile(pictures: Pictures, workspace: Workspace, request: Request) -> Response:
    """Mean counts by 2θ over all usable pixels (``two_theta``, ``mean``), in a step of about a pixel's."""
    experiment = experiment_of(workspace, request)
    picture = pictures.picture(experiment, **shown_images(request))
    return squeezed(request, packed(radial_profile(experiment, picture)))
