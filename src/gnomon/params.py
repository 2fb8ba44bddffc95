"""Parameters: one declaration serves Python, the command line, the docs and the provenance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field


class Params(BaseModel):
    """A frozen set of parameters with units, defaults and bounds; subclasses declare the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    def changed(self, **values: Any) -> Self:
        """A validated copy in which ``values`` replace the present ones."""
        return type(self).model_validate({**self.model_dump(), **values})


def param(default: Any, description: str, *, unit: str = "", name: str = "", **bounds: Any) -> Any:
    """A field with its meaning and unit; ``bounds`` are pydantic's ``gt``, ``ge``, ``lt``, ``le``...

    ``name`` is the dotted name on the command line where it is not the field's own
    (``indexing.known_symmetry.space_group``); any unambiguous tail of it will do there.
    """
    return Field(default, description=description, json_schema_extra={"unit": unit, "name": name}, **bounds)


def rows_of_length(rows: tuple, allowed: Sequence[int]) -> tuple:
    """The rows, if each has one of the allowed numbers of values; else ValueError."""
    for row in rows:
        if len(row) not in allowed:
            needed = " or ".join(map(str, allowed[:2])) + (", ..." if len(allowed) > 2 else "")
            raise ValueError(f"{needed} numbers are needed, got {len(row)}")
    return rows
