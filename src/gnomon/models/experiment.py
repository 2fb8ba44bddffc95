"""An experiment: one crystal, seen by one detector in one beam on one goniometer during one scan."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np

from gnomon.errors import InputError
from gnomon.html_table import html_table
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.model import Key, key_of
from gnomon.models.profile import GaussianProfile, OpaqueModel
from gnomon.models.scaling_model import ScalingModel
from gnomon.models.scan import ImageRange, Scan


@dataclass(frozen=True, eq=False)
class Experiment:
    """The models of one experiment; those that share a detector hold detectors of the same key."""

    beam: Beam
    detector: Detector
    goniometer: AnyGoniometer | None = None
    scan: Scan | None = None
    crystal: Crystal | None = None
    profile: GaussianProfile | OpaqueModel | None = None
    scaling_model: ScalingModel | OpaqueModel | None = None
    images: ImageSet | None = None
    identifier: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Experiment({', '.join(filter(None, described(self)))})"

    def _repr_html_(self) -> str:
        """What it is of, for notebooks."""
        return html_table("Experiment", HEADERS, [described(self)])

    def replace(self, **models: Any) -> Experiment:
        """A copy in which the named models are replaced."""
        return replace(self, **models)

    @property
    def sweep(self) -> tuple[Key | None, Key | None]:
        """The same for all lattices of one sweep, and for no others: the keys of its scan and its images."""
        return key_of(self.scan), key_of(self.images)

    @property
    def is_still(self) -> bool:
        """Whether there is no rotation: no goniometer, no scan, or a scan of zero width."""
        return self.goniometer is None or self.scan is None or self.scan.is_still

    @property
    def image_range(self) -> tuple[int, int]:
        """The first and the last image, counted as in the scan; stills from 1."""
        return self.scan.image_range if self.scan else (1, max(1, len(self.images.paths if self.images else ())))

    @property
    def valid_ranges(self) -> tuple[ImageRange, ...]:
        """The stretches of images that count, as ``Scan.valid_ranges`` has them; all images of stills."""
        return self.scan.valid_ranges(self.identifier) if self.scan else (self.image_range,)

    def is_valid_at(self, z: np.ndarray) -> np.ndarray:
        """(N,) bool: whether ``z`` (N,), in images, lies on images that count; beyond an end of the scan as at it."""
        if self.scan is None or self.valid_ranges == (self.scan.image_range,):
            return np.ones(len(z), bool)
        image = np.clip(np.floor(z).astype(int) + 1, *self.scan.image_range)
        return np.any([(image >= first) & (image <= last) for first, last in self.valid_ranges], axis=0)

    @property
    def needed_crystal(self) -> Crystal:
        """The crystal. Raises InputError where there is none."""
        if self.crystal is None:
            raise InputError("found an experiment without a crystal where one is needed; index it first")
        return self.crystal

    @property
    def needed_scan(self) -> Scan:
        """The scan. Raises InputError where there is none."""
        if self.scan is None:
            raise InputError(
                "found a still, an experiment without a scan, where a rotation is needed; leave stills out"
            )
        return self.scan

    @property
    def needed_goniometer(self) -> AnyGoniometer:
        """The goniometer. Raises InputError where there is none."""
        if self.goniometer is None:
            raise InputError("found an experiment without a goniometer where a rotation is needed; leave stills out")
        return self.goniometer


def identifier_for(*parts: object) -> str:
    """An identifier (uuid5) made from what is unique to an experiment, so that a run repeats to the letter."""
    name = "gnomon/" + "/".join(map(str, parts))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name.encode(errors="backslashreplace").decode()))  # of any path


HEADERS = ("identifier", "images", "oscillation", "cell", "space group")


def described(e: Experiment) -> tuple[str, ...]:
    """In a few words each: identifier, images, oscillation, cell, space group; empty for what it has not."""
    where = "" if e.images is None else os.path.basename(e.images.template or e.images.paths[0])
    images = f"images {e.image_range[0]}-{e.image_range[1]}" if e.scan is not None or e.images is not None else ""
    start, stop = (0.0, 0.0) if e.scan is None else e.scan.oscillation_range
    turned = "" if e.scan is None else f"{start:g} to {stop:g} degrees"
    cell = "" if e.crystal is None else " ".join(f"{x:.2f}" for x in e.crystal.cell)
    group = "" if e.crystal is None else e.crystal.hall_symbol.strip()
    return e.identifier[:8], f"{images} of {where}" if where else images, turned, cell, group


@dataclass(frozen=True, eq=False)
class Experiments(Sequence[Experiment]):
    """An ordered list of experiments and the history of what was done to them."""

    items: tuple[Experiment, ...] = ()
    history: tuple[str, ...] = ()

    @classmethod
    def of(cls, items: Iterable[Experiment], history: Iterable[str] = ()) -> Experiments:
        """From any iterable."""
        return cls(tuple(items), tuple(history))

    def __repr__(self) -> str:
        return f"Experiments({len(self.items)}, {sum(e.crystal is not None for e in self.items)} with a crystal)"

    def _repr_html_(self) -> str:
        """A row an experiment, for notebooks."""
        return html_table(repr(self), ("", *HEADERS), [(i, *described(e)) for i, e in enumerate(self.items)])

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Experiment]:
        return iter(self.items)

    @overload
    def __getitem__(self, index: int) -> Experiment: ...
    @overload
    def __getitem__(self, index: slice) -> Experiments: ...
    def __getitem__(self, index: int | slice) -> Experiment | Experiments:
        if isinstance(index, slice):
            return replace(self, items=self.items[index])
        return self.items[index]

    def with_items(self, items: Iterable[Experiment]) -> Experiments:
        """Other experiments, the same history."""
        return replace(self, items=tuple(items))

    def map(self, change: Callable[[Experiment], Experiment]) -> Experiments:
        """``change`` applied to each experiment."""
        return self.with_items(change(e) for e in self.items)

    def replace_model(self, name: str, swap: Mapping[Key | None, Any]) -> Experiments:
        """Shared models replaced: ``swap`` maps the key of the old model to the new one; sharing is kept."""
        return self.map(lambda e: e.replace(**{name: swap.get(key_of(getattr(e, name)), getattr(e, name))}))

    def models(self, name: str) -> tuple[Any, ...]:
        """The different models of a kind, in order of first appearance: the table that .expt has of them."""
        return tuple(model for model, _ in self.groups_sharing(name) if model is not None)

    def rows(self, name: str) -> np.ndarray:
        """(N,) int: for each experiment the row of its model in that table; -1 where it has none."""
        number = {model.key: row for row, model in enumerate(self.models(name))}
        return np.array([number.get(key_of(getattr(e, name)), -1) for e in self.items], np.intp)

    def groups_sharing(self, name: str) -> list[tuple[Any, list[int]]]:
        """(model, indices of the experiments that hold it), in order of first appearance; None is a group too."""
        groups: dict[Key | None, tuple[Any, list[int]]] = {}
        for i, experiment in enumerate(self.items):
            model = getattr(experiment, name)
            groups.setdefault(key_of(model), (model, []))[1].append(i)
        return list(groups.values())
