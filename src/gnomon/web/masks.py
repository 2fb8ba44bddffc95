"""Masks of the shapes that are drawn on an image: those that generate_mask makes, with the line that makes them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gnomon.errors import InputError
from gnomon.io.images.masks import Masks, static_mask, write_mask
from gnomon.maths.images.usable_pixels import usable_pixels
from gnomon.models.experiment import Experiment
from gnomon.steps.generate_mask.params import GenerateMaskParams
from gnomon.web.parameters import command_line, files_of, params_of
from gnomon.web.workspace import Workspace

ENDINGS = (".mask", ".npz")
_KINDS = ("rectangle", "circle", "polygon")


def make_mask(workspace: Workspace, body: Mapping[str, Any]) -> dict[str, Any]:
    """``line``: the command, or commands, that make the mask of these shapes; where ``write`` is true, it is written.

    body: stage, experiment, border (px), rings (pairs of d in Å), shapes ({panel, kind, values} as generate_mask has
    them) and output, the name of the file. Raises InputError where the name is that of another kind of file, or of one
    that was opened.
    """
    try:
        stage = workspace.stage(int(body["stage"]))
        experiment = stage.experiments[int(body["experiment"])]
        rounds = _rounds(body["shapes"], body["rings"], int(body["border"]))
        output = str(body["output"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"no shapes of a mask: {type(error).__name__} {error}") from None
    _check_name(output, workspace, experiment)
    told: dict[str, Any] = {"line": _lines(rounds, files_of(workspace, stage), output)}
    if body.get("write"):
        masks = _masks(experiment, rounds)
        write_mask(output, masks)
        told |= {
            "wrote": output,
            "used": sum(int(mask.sum()) for mask in masks),
            "pixels": sum(mask.size for mask in masks),
        }
    return told


def _rounds(shapes: Sequence[Any], rings: Sequence[Any], border: int) -> list[dict[str, Any]]:
    """Values of generate_mask's parameters: one set for each set of panels that have the same shapes.

    What holds for all panels is in the first set.
    """
    of_panel: dict[int, dict[str, list[list[float]]]] = {}
    for shape in shapes:
        if shape["kind"] not in _KINDS:
            raise ValueError(shape["kind"])
        kind = int if shape["kind"] == "rectangle" else float
        values = [kind(value) for value in shape["values"]]
        of_panel.setdefault(int(shape["panel"]), {}).setdefault(f"untrusted.{shape['kind']}", []).append(values)
    first: dict[str, Any] = {"border": border} if border else {}
    if rings:
        first["resolution_range"] = [[float(d) for d in pair] for pair in rings]
    alike: dict[str, tuple[list[int], dict[str, Any]]] = {}
    for panel, named in sorted(of_panel.items()):
        alike.setdefault(repr(named), ([], named))[0].append(panel)
    rounds = [({} if panels == [0] else {"untrusted.panel": panels}) | named for panels, named in alike.values()]
    return [first | rounds[0], *rounds[1:]] if rounds else [first]


def _lines(rounds: Sequence[dict[str, Any]], files: Sequence[str], output: str) -> str:
    """One command for each round, each of which reads the experiments that the one before has written."""
    lines = []
    for i, values in enumerate(rounds, 1):
        last = i == len(rounds)
        mask = output if last else str(Path(output).with_stem(f"{Path(output).stem}_{i}"))
        more = {"output.mask": mask} | ({} if last else {"output.experiments": f"masked_{i}.expt"})
        lines.append(command_line("generate_mask", files, values | more))
        files = [f"masked_{i}.expt"]
    return "\n".join(lines)


def _masks(experiment: Experiment, rounds: Sequence[dict[str, Any]]) -> Masks:
    masks = static_mask(experiment)
    for values in rounds:
        masks = tuple(usable_pixels(experiment, masks, params_of(GenerateMaskParams, values)))
    return masks


def _check_name(output: str, workspace: Workspace, experiment: Experiment) -> None:
    """Check that the file may be written. Raises InputError."""
    if not output.endswith(ENDINGS) or Path(output).stem == "":
        raise InputError(f"{output or 'no name'}: a mask is written to a name that ends in .mask or .npz")
    path, images = os.path.realpath(output), experiment.images
    opened = [*workspace.words, *(images.lookups if images else ())]
    if os.path.isdir(path) or path in map(os.path.realpath, opened) or (images and images.has(path)):
        raise InputError(f"{output} was read, or is a folder; give another name for the mask")
    if not os.path.isdir(os.path.dirname(path)):
        raise InputError(f"{output}: there is no such folder; make it first")
