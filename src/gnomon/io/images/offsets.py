"""Offsets of a detector's panels in the files dx and dy of an image set."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from gnomon.errors import InputError
from gnomon.io.atomic import atomic_path
from gnomon.io.images.offset_pickle import LONGEST_TAIL, MARK, modules_behind, pickled_offsets, unpickled_reals
from gnomon.io.inert_pickle import BROKEN
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.model import Key, key_of
from gnomon.models.offsets import Files, OffsetMap, Offsets, StoredOffsets


def read_offsets(dx: str, dy: str) -> tuple[Offsets | None, ...]:
    """The offsets of each panel in a pair of files; asked again, what is remembered of them unless they changed.

    Raises InputError where one is missing, damaged, or of another kind.
    """
    try:
        return _read(dx, dy, os.stat(dx).st_mtime_ns, os.stat(dy).st_mtime_ns)
    except FileNotFoundError as error:
        raise InputError(f"{error.filename}: there is no such file of offsets; check the name") from None
    except (OSError, *BROKEN) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{dx}, {dy}: not tables of offsets ({reason}); refine again, or give those of DIALS"
        ) from None


@lru_cache(maxsize=4)
def _read(dx: str, dy: str, *_: int) -> tuple[Offsets | None, ...]:
    tails = [_tail(dx), _tail(dy)]
    found = modules_behind(tails[0], (dx, dy)) if tails[0] == tails[1] else None
    if found is not None:
        return found
    maps = [unpickled_reals(Path(path).read_bytes()) for path in (dx, dy)]
    if [one.shape for one in maps[0]] != [one.shape for one in maps[1]]:
        raise ValueError("dx and dy are of different shapes")
    return tuple(OffsetMap(x, y, (dx, dy)) for x, y in zip(*maps))


def _tail(path: str) -> bytes:
    """The end of a file from the mark of modules on; nothing where there is none."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_TAIL))
        tail = file.read()
    place = tail.rfind(MARK)
    return tail[place:] if place >= 0 else b""


def load_panel(dx: str, dy: str, panel: int, image_size: tuple[int, int]) -> Offsets | None:
    """The offsets of one panel. Raises InputError as :func:`read_offsets`, and where they fit another detector."""
    found = read_offsets(dx, dy)
    if panel >= len(found):
        raise InputError(f"{dx}: offsets of {len(found)} panels, the detector has more; give those of this detector")
    one = found[panel]
    size = one.dx.shape[::-1] if isinstance(one, OffsetMap) else getattr(getattr(one, "grid", None), "image_size", None)
    if size is not None and tuple(size) != tuple(image_size):
        raise InputError(f"{dx}: offsets of {size} pixels, panel {panel} has {image_size}; give those of this detector")
    return one


def with_stored(detector: Detector, files: Files) -> Detector:
    """The detector with the offsets of these files, read when they are first asked for."""
    return detector.with_offsets(
        [StoredOffsets(files, i, panel.image_size, load_panel) for i, panel in enumerate(detector.panels)]
    )


def with_offsets_of_images(experiments: Experiments) -> Experiments:
    """The experiments, their detectors with the offsets that the image sets name: both dx and dy, as DIALS asks.

    A detector that several image sets share with the same offsets is still shared.
    """
    made: dict[Any, Detector] = {}

    def one(e: Experiment) -> Experiment:
        if e.images is None or not e.images.dx or not e.images.dy:
            return e
        files = (e.images.dx, e.images.dy)
        key = (e.detector.key, files)
        made.setdefault(key, with_stored(e.detector, files))
        return e.replace(detector=made[key])

    return experiments.map(one) if any(e.images is not None and e.images.dx for e in experiments) else experiments


def _files_of(detector: Detector) -> Files | None:
    """Where all offsets of the detector are stored; None where some are not, or there are none."""
    found = {panel.offsets.files for panel in detector.panels if panel.offsets is not None}
    return found.pop() if len(found) == 1 else None


def store_offsets(experiments: Experiments, path: str | os.PathLike[str]) -> tuple[Experiments, list[str]]:
    """The experiments, their image sets naming the offsets of their detectors, and the files that were written.

    Offsets that are stored nowhere go beside ``path``: refined.expt, refined_dx.pickle, refined_dy.pickle, or, where
    these hold others, to which an earlier ``.expt`` may point, refined_dx_2.pickle and so on.
    """
    places: dict[Key, Files | None] = {}
    written: list[str] = []
    for detector, members in experiments.groups_sharing("detector"):
        files = _files_of(detector)
        if files is None and any(p.offsets is not None for p in detector.panels) and _have_images(experiments, members):
            files, new = _stored(path, detector)
            written += files if new else ()
        places[detector.key] = files
    images: dict[Any, Any] = {}

    def one(e: Experiment) -> Experiment:
        files = places[e.detector.key] or (None, None)
        if e.images is None or (e.images.dx, e.images.dy) == files or not (any(files) or (e.images.dx and e.images.dy)):
            return e
        key = (key_of(e.images), files)
        images.setdefault(key, replace(e.images, dx=files[0], dy=files[1]))
        return e.replace(images=images[key])

    return experiments.map(one), written


def _have_images(experiments: Experiments, members: list[int]) -> bool:
    return any(experiments[i].images is not None for i in members)


def _names(path: str | os.PathLike[str], number: int) -> Files:
    absolute = Path(path).absolute()
    end = f"_{number + 1}" if number else ""
    dx, dy = (str(absolute.with_name(f"{absolute.stem}_{kind}{end}.pickle")) for kind in ("dx", "dy"))
    return dx, dy


def _stored(path: str | os.PathLike[str], detector: Detector) -> tuple[Files, bool]:
    """The files beside ``path`` that hold the detector's offsets, and whether they were written now.

    No file is written over: the first free names, or those of files that hold the same.
    """
    contents = pickled_offsets(detector)
    for number in itertools.count():
        files = _names(path, number)
        if all(_holds(name, content) for name, content in zip(files, contents)):
            return files, False
        if not any(Path(name).exists() for name in files):
            break
    for name, content in zip(files, contents):
        with atomic_path(name) as partial:
            Path(partial).write_bytes(content)
    return files, True


def _holds(name: str, content: bytes) -> bool:
    """Whether there is such a file with this content."""
    file = Path(name)
    return file.is_file() and file.stat().st_size == len(content) and file.read_bytes() == content
