"""Image sets on disk: templates and lists of paths, made absolute when read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gnomon.io.expt_models.fields import Fields
from gnomon.models.imageset import ImageSet

_LOOKUPS = ("mask", "gain", "pedestal", "dx", "dy")


def from_json(content: Any, folder: Path) -> ImageSet:
    """The image set; relative paths are those from ``folder``, where the file lies."""
    f = Fields("imageset", content)
    template = f.optional_text("template")
    params, indices = f.mapping("params"), f.array("single_file_indices", (-1,), None)
    return ImageSet(
        kind=f.text("__id__"),
        template=_absolute(template, folder),
        paths=tuple(str(_absolute(path, folder)) for path in f.texts("images", ())),
        indices=() if indices is None else tuple(indices.astype(int).tolist()),
        params=params,
        **{name: _absolute(f.optional_text(name), folder) for name in _LOOKUPS},
        extra=f.rest,
    )


def to_json(images: ImageSet) -> dict[str, Any]:
    """The keys of DIALS."""
    kind = "ImageSequence" if images.kind == "ImageSweep" else images.kind  # the name before DIALS 3
    content: dict[str, Any] = {"__id__": kind}
    if images.template is not None:
        content["template"] = images.template
    else:
        content["images"] = list(images.paths)
    if images.indices:
        content["single_file_indices"] = list(images.indices)
    content |= {name: getattr(images, name) for name in _LOOKUPS}
    return {**content, "params": dict(images.params), **images.extra}


def _absolute(path: str | None, folder: Path) -> str | None:
    """The path from ``folder``; nothing, and paths that hold variables, as they are."""
    if not path or path.startswith("$"):
        return path
    return os.path.normpath(folder / path)
