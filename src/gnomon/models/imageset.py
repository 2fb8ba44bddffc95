"""Where the pixels are: paths and indices only, so an experiment pickles in a few kB."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from gnomon.models.model import Model


@dataclass(frozen=True)
class ImageSet(Model):
    """Images of one sweep or a group of stills. Pixels are read by ``gnomon.io.images``.

    ``template`` has hashes for the image number (``insulin_###.cbf``), or is the path of a multi-image file;
    ``paths`` lists files where there is no template. ``indices`` are those of a multi-image file.
    """

    kind: str = "ImageSequence"  # or ImageSet, ImageGrid: the file's own word
    template: str | None = None
    paths: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    mask: str | None = None
    gain: str | None = None
    pedestal: str | None = None
    dx: str | None = None
    dy: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lookups(self) -> tuple[str, ...]:
        """The files that say what the detector's pixels are worth."""
        return tuple(path for path in (self.mask, self.gain, self.pedestal, self.dx, self.dy) if path)

    @property
    def shadowing_parts(self) -> int:
        """How many parts of the goniometer are described whose shadows are left out of the images."""
        described = {} if self.params.get("dynamic_shadowing") is False else self.params.get("shadow") or {}
        return sum(len(parts) for parts in described.values())

    def has(self, path: str) -> bool:
        """Whether ``path``, absolute, has the name of one of the files."""
        if self.template is None:
            return path in self.paths
        start, width, end = number_in(self.template)
        if not width:
            return path == self.template
        number = path[len(start) : len(path) - len(end)]
        return path == start + number + end and number.isdecimal()

    def path_of(self, number: int) -> str:
        """The path of image ``number`` (counted as in the scan's image_range) of a template."""
        if self.template is None:
            return self.paths[number - 1]
        start, width, end = number_in(self.template)
        return f"{start}{number:0{width}d}{end}" if width else self.template


_MULTI_IMAGE = (".h5", ".hdf5", ".nxs", ".nexus", ".nx5")


def number_in(template: str) -> tuple[str, int, str]:
    """What stands before the number in a template, how many digits it has at least, and what stands after it.

    The number is the last group of # in the file's name: folders, and what stands before, may have some of their own.
    Of a template without a number, or of a file of many images, all is before and the width is 0.
    """
    name = os.path.basename(template)
    groups = [] if name.lower().endswith(_MULTI_IMAGE) else list(re.finditer("#+", name))
    if not groups:
        return template, 0, ""
    start, end = groups[-1].span()
    before = len(template) - len(name)
    return template[: before + start], end - start, name[end:]


def images_named(path: str | PathLike[str]) -> ImageSet:
    """No images but a name for them, after the reflection file at ``path``: a template, as DIALS asks for one."""
    absolute = Path(path).absolute()
    return ImageSet(template=str(absolute.with_name(f"{absolute.stem}_####{absolute.suffix}")))
