"""The parameter by which images are left out by hand; imports nothing heavy."""

from __future__ import annotations

from pydantic import field_validator

from gnomon.params import Params, param

Ranges = tuple[tuple[int, ...], ...]
"""(experiment, first, last), images counted as in the scan, inclusive."""


def triples(value: Ranges) -> Ranges:
    """The numbers three by three. Raises ValueError where they are not experiment, first and last."""
    rows = tuple(row[i : i + 3] for row in value for i in range(0, len(row), 3))
    for row in rows:
        if len(row) != 3 or row[1] > row[2]:
            raise ValueError("experiment:first:last is needed, first <= last")
    return rows


class LeftOutParams(Params):
    """Images that do not count."""

    exclude_images: Ranges = param((), "images to leave out, experiment:first:last (may be repeated)", unit="image")

    @field_validator("exclude_images")
    @classmethod
    def _triples(cls, value: Ranges) -> Ranges:
        return triples(value)
