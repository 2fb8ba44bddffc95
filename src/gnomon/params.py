"""Parameters: one declaration serves Python, the command line, the docs and the provenance."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gnomon.errors import UsageError

P = TypeVar("P", bound="Params")


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


def made(params: type[P], values: Mapping[str, Any], names: Mapping[str, str] | None = None) -> P:
    """The validated parameters; names: what each is called where it was given, if not as its field is.

    Raises UsageError with one line: what was given, and what was needed.
    """
    for key in values:
        if key not in params.model_fields:
            near = difflib.get_close_matches(key, params.model_fields, n=1)
            advice = f"did you mean {near[0]}?" if near else f"there are: {', '.join(params.model_fields) or 'none'}"
            raise UsageError(f"unknown parameter {key!r}; {advice}")
    try:
        return params(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "parameters"
        needed = first["msg"][0].lower() + first["msg"][1:]
        name = (names or {}).get(key, key)
        raise UsageError(f"{name}={_as_given(first['input'])}: {needed.removeprefix('value error, ')}") from error


def _as_given(value: object) -> str:
    """A value as it may have been written."""
    return ",".join(map(_as_given, value)) if isinstance(value, tuple) else str(value)


def rows_of_length(rows: tuple, allowed: Sequence[int]) -> tuple:
    """The rows, if each has one of the allowed numbers of values; else ValueError."""
    for row in rows:
        if len(row) not in allowed:
            needed = " or ".join(map(str, allowed[:2])) + (", ..." if len(allowed) > 2 else "")
            raise ValueError(f"{needed} numbers are needed, got {len(row)}")
    return rows


def directions(rows: tuple) -> tuple:
    """Rows of three indices, each a direction. Raises ValueError where one has another number, or is 0,0,0."""
    found = rows_of_length(rows, (3,))
    if (0, 0, 0) in found:
        raise ValueError("0,0,0 is no direction")
    return found
