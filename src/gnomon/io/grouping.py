"""Files that say which images belong together: values of each image, and by which of them to group (YAML)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import InputError

_FORM = "metadata: {name: {images: value}} and grouping: {merge_by: {values: [name], tolerances: [0.1]}}"
_REPEAT = re.compile(r"repeat\s*=\s*([1-9]\d*)")
_DATASET = re.compile(r"(?P<file>.+\.(?:h5|hdf5|nxs|nx5|nexus)):(?P<item>/?.+)", re.I)


@dataclass(frozen=True)
class Grouping:
    """By which values images are grouped, how far these may differ, and who tells them: by name, then by images."""

    names: tuple[str, ...]
    tolerances: tuple[float, ...]
    sources: Mapping[str, Mapping[str, Source]]


@dataclass(frozen=True)
class Source:
    """The value of each image of a file or template: one for all, the place in a series, or a row of numbers."""

    constant: float | None = None
    repeat: int | None = None
    values: np.ndarray | None = None

    def at(self, index: int) -> float:
        """The value of image ``index``, from 0. Raises InputError where the row of numbers ends before."""
        if self.repeat is not None:
            return float(index % self.repeat)
        if self.values is None:
            assert self.constant is not None
            return self.constant
        if not 0 <= index < len(self.values):
            raise InputError(f"there are {len(self.values)} values, and none for image {index} (from 0)")
        return float(self.values[index])


def read_grouping(path: str) -> Grouping:
    """The grouping of a YAML file, numbers of HDF5 files with it; relative paths are those from its folder.

    A value is a number, ``repeat=5`` (the place in series of so many images), or ``meta.h5:/entry/dose`` (one number,
    or one for each image). Raises InputError, in one line, where the file is none or does not say what is needed.
    """
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no YAML ({' '.join(str(error).split())}); it needs {_FORM}") from error
    metadata, wanted = _parts(content, path)
    names, tolerances = _names(wanted, path)
    lost = [name for name in names if name not in metadata]
    if lost:
        raise InputError(f"{path} groups by {lost[0]}, of which metadata says nothing; it has {', '.join(metadata)}")
    folder = Path(path).absolute().parent
    sources = {}
    for name in names:
        if not isinstance(metadata[name], dict) or not metadata[name]:
            raise InputError(f"{path}: metadata of {name} names no images; it needs {_FORM}")
        sources[name] = {
            str(folder / str(images)): _source(value, folder, f"{path}: {name} of {images}")
            for images, value in metadata[name].items()
        }
    return Grouping(names, tolerances, sources)


def _parts(content: Any, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The metadata, and the one rule of grouping."""
    if not isinstance(content, dict) or not all(isinstance(content.get(k), dict) for k in ("metadata", "grouping")):
        raise InputError(f"{path} does not tell metadata and grouping; it needs {_FORM}")
    rules = content["grouping"]
    rule = rules.get("merge_by", next(iter(rules.values())) if len(rules) == 1 else None)
    if not isinstance(rule, dict):
        raise InputError(f"{path} has the groupings {', '.join(map(str, rules)) or 'none'}; it needs one, merge_by")
    return content["metadata"], rule


def _names(rule: dict[str, Any], path: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    names = rule.get("values")
    tolerances = rule.get("tolerances") or [0.0] * len(names or ())
    numbers = all(isinstance(t, int | float) and t >= 0 for t in tolerances)
    if not names or len(tolerances) != len(names) or not numbers:
        raise InputError(f"{path}: values and tolerances are to be lists of one length, not {names} and {tolerances}")
    return tuple(map(str, names)), tuple(map(float, tolerances))


def _source(value: Any, folder: Path, where: str) -> Source:
    """What a value means; where: in words."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Source(constant=float(value))
    if found := _REPEAT.fullmatch(str(value).strip()):
        return Source(repeat=int(found[1]))
    if found := _DATASET.fullmatch(str(value).strip()):
        return _of_file(folder / found["file"], found["item"], where)
    raise InputError(f"{where} is {value!r}; give a number, repeat=5 or meta.h5:/entry/value")


def _of_file(path: Path, item: str, where: str) -> Source:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            values = np.asarray(file[item][()], dtype=float)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{where}: cannot read numbers of {item} in {path} ({' '.join(str(error).split())})"
        ) from error
    if values.ndim > 1:
        raise InputError(f"{where}: {item} in {path} has {values.ndim} dimensions; one number for each image is needed")
    return Source(constant=float(values)) if values.ndim == 0 else Source(values=values)
