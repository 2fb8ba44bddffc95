"""Pixels that are never used: gaps and dead areas of the panels, and the user's mask file.

A mask file is what DIALS writes (:mod:`gnomon.io.images.flex_pickles`), or a numpy ``.npz`` archive with one boolean
(slow, fast) array a panel, ``panel_0``, ``panel_1``...; true where the pixel may be used.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.atomic import atomic_path
from gnomon.io.images.flex_pickles import pickled_masks, unpickled_masks
from gnomon.io.images.registry import file_mask
from gnomon.io.inert_pickle import BROKEN
from gnomon.io.plain_files import require_file
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment

_BROKEN = *BROKEN, tokenize.TokenError  # numpy reads the heads of arrays as Python
_HEADERS = 4096  # bytes, of each array in an archive
Masks = tuple[np.ndarray, ...]
"""A (slow, fast) bool array a panel, true where the pixel may be used."""


def valid_counts(panel: Panel) -> tuple[float, float]:
    """The lowest and the highest count to be trusted, both included.

    A lower end of -1 is how older files (DIALS up to 3.12) write "above -1": there -1 marks pixels without data.
    """
    low, high = panel.trusted_range
    return (0.0 if low == -1 else low), high


def static_mask(experiment: Experiment, more: str | None = None) -> Masks:
    """The pixels that may be used, whatever their counts: outside ``panel.mask``, allowed by the mask file
    and by the mask that the images bring along; ``more``: the path of one more mask file.

    Raises InputError where the mask file is missing, of another kind or of another shape.
    """
    masks = tuple(_panel_mask(panel) for panel in experiment.detector.panels)
    path = experiment.images.mask if experiment.images else None
    named = [read_mask(name, experiment.detector) for name in (path, more) if name]
    for allowed in (*named, file_mask(experiment.images)):
        if allowed is not None:
            masks = tuple(a & b for a, b in zip(masks, allowed))
    return masks


def _panel_mask(panel: Panel) -> np.ndarray:
    nx, ny = panel.image_size
    mask = np.ones((ny, nx), bool)
    for f0, s0, f1, s1 in panel.mask:
        mask[max(s0, 0) : max(s1, 0), max(f0, 0) : max(f1, 0)] = False
    return mask


def read_mask(path: str, detector: Detector) -> Masks:
    """The mask in the file at ``path``, which must fit ``detector``.

    Raises InputError where it is missing, damaged, of another kind or of another shape.
    """
    require_file(path)
    try:
        masks = _read(Path(path), detector)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such mask file; check the name") from None
    except (OSError, zipfile.BadZipFile, zlib.error, MemoryError, NotImplementedError, *_BROKEN) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a mask ({reason}); give one of gnomon or DIALS generate_mask, or make it anew"
        ) from None
    if len(masks) != len(detector):
        raise InputError(f"{path}: a mask for {len(masks)} panels, the detector has {len(detector)}; make it anew")
    for i, (mask, panel) in enumerate(zip(masks, detector.panels)):
        if mask.dtype != bool or mask.shape != panel.image_size[::-1]:
            nx, ny = panel.image_size
            raise InputError(
                f"{path}: panel_{i} is {mask.dtype} of shape {mask.shape}, needed bool {(ny, nx)}; make it anew"
            )
    return masks


def _read(path: Path, detector: Detector) -> Masks:
    with path.open("rb") as file:
        if file.read(2) != b"PK":  # a zip archive, as .npz is
            file.seek(0)
            return unpickled_masks(file.read())
    with zipfile.ZipFile(path) as archive:
        announced = sum(one.file_size for one in archive.infolist())
    if announced > int(detector.image_sizes.prod(axis=1).sum()) + _HEADERS * (1 + len(detector)):
        raise ValueError(f"it unpacks to {announced} bytes, more than the detector has pixels")
    with np.load(path, allow_pickle=False) as archive:
        return tuple(archive[f"panel_{i}"] for i in range(len(archive.files)))


def write_mask(path: str | Path, masks: Masks) -> None:
    """A mask file at ``path``, whole or not at all: ``.npz`` where it is named so, else as DIALS reads it."""
    with atomic_path(path) as partial, open(partial, "wb") as file:
        if str(path).endswith(".npz"):
            named: dict[str, Any] = {f"panel_{i}": mask for i, mask in enumerate(masks)}
            np.savez_compressed(file, **named)
        else:
            file.write(pickled_masks(masks))
