"""Files that say what parts of a goniometer cast shadows (TOML), and the same content inside an ``.expt``.

.. code:: toml

    [[part]]                  # a convex body; lengths in mm from the crystal, with all goniometer angles at 0
    name = "pin base"
    axis = "GON_PHI"          # moves with this axis; "scan" is the scan axis; left out: stands still
    points = [[-22, 0, 0]]
    circles = [{ centre = [-22, 0, 0], normal = [1, 0, 0], radius = 6 }]

    [[opening]]               # a window; where there are any, nothing is seen but through one of them
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gnomon.errors import InputError
from gnomon.maths.geometry.facing import LEAST_COSINE, facing_direction
from gnomon.models.goniometer_part import GoniometerPart

_AROUND = 120
"""Corners that stand for a circle: 0.03 % of its radius inside it."""

Vector = tuple[float, float, float]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Circle(_Entry):
    centre: Vector
    normal: Vector
    radius: float = Field(gt=0)

    def points(self) -> np.ndarray:
        """(_AROUND, 3) on the circle."""
        normal = np.array(self.normal) / np.linalg.norm(self.normal)
        across = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))])
        across /= np.linalg.norm(across)
        angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)[:, None]
        return self.centre + self.radius * (np.cos(angle) * across + np.sin(angle) * np.cross(normal, across))


class _Part(_Entry):
    name: str = ""
    axis: str | None = None
    points: tuple[Vector, ...] = ()
    circles: tuple[_Circle, ...] = ()


class _File(_Entry):
    part: tuple[_Part, ...] = ()
    opening: tuple[_Part, ...] = ()


def read_shadow(path: str) -> dict[str, Any]:
    """The content of the file at ``path``, checked: what :func:`goniometer_parts` understands.

    Raises InputError where it is missing, no TOML, or does not describe parts.
    """
    try:
        with Path(path).open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the name") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file ({error}); see docs/science/masks.md") from None
    goniometer_parts(content, path)
    return content


def shadow_settings(path: str | None, dynamic_shadowing: bool | None) -> dict[str, Any]:
    """What ``ImageSet.params`` hold of shadows: the word of DIALS, and the content of the file where one is given."""
    settings: dict[str, Any] = {"dynamic_shadowing": "Auto" if dynamic_shadowing is None else dynamic_shadowing}
    return settings if path is None else {**settings, "shadow": read_shadow(path)}


def goniometer_parts(content: Mapping[str, Any], where: str) -> tuple[GoniometerPart, ...]:
    """The parts that the content of a file describes; ``where`` names it in messages.

    Raises InputError where an entry is missing, unknown or no number, where a part has too few points, or where it
    surrounds the crystal, so that it would hide everything.
    """
    try:
        file = _File.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{where}: {place}: {first['msg'].lower()}; see docs/science/masks.md") from None
    parts = [_part(entry, f"{where}: part {i}", False) for i, entry in enumerate(file.part)]
    parts += [_part(entry, f"{where}: opening {i}", True) for i, entry in enumerate(file.opening)]
    if not parts:
        raise InputError(f"{where}: has neither [[part]] nor [[opening]]; see docs/science/masks.md")
    return tuple(parts)


def _part(entry: _Part, where: str, opening: bool) -> GoniometerPart:
    if not all(any(circle.normal) for circle in entry.circles):
        raise InputError(f"{where}: the normal of a circle is 0, 0, 0; give the direction of its axis")
    points = np.concatenate([np.reshape(entry.points, (-1, 3)), *(circle.points() for circle in entry.circles)])
    if len(points) < 3:
        raise InputError(f"{where}: has {len(points)} points, which cast no shadow; give three or more, or a circle")
    if not np.linalg.norm(points, axis=1).all() or facing_direction(points)[1] < LEAST_COSINE:
        raise InputError(f"{where}: surrounds the crystal, or nearly; cut it into parts, each on one side of it")
    return GoniometerPart(entry.name, entry.axis, points, opening)
