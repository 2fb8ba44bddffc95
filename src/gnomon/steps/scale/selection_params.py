"""Which data sets and images are scaled, and which are left out again because they spoil the rest."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from gnomon.params import Params, param

_FILTER = "filtering.deltacchalf."


class SelectionParams(Params):
    """Data sets and images that take part."""

    exclude_datasets: tuple[str, ...] = param((), "data sets to leave out: numbers from 0, names or identifiers")
    use_datasets: tuple[str, ...] = param((), "data sets to use, all others are left out; alike")
    exclude_images: tuple[tuple[int, ...], ...] = param(
        (), "images to leave out, experiment:first:last (may be repeated)", unit="image"
    )
    filter_method: Literal["deltacchalf"] | None = param(
        None, "deltacchalf: leave out what makes CC1/2 worse, and scale again", name="filtering.method"
    )
    filter_mode: Literal["dataset", "image_group"] = param(
        "dataset", "what is left out: data sets, or groups of images", name=_FILTER + "mode"
    )
    filter_group_size: int = param(10, "images in a group", unit="image", ge=1, name=_FILTER + "group_size")
    filter_stdcutoff: float = param(
        4.0, "robust sigmas below the median contribution to CC1/2", unit="sigma", gt=0, name=_FILTER + "stdcutoff"
    )
    filter_max_cycles: int = param(6, "most rounds of leaving out", ge=1, name=_FILTER + "max_cycles")
    filter_max_percent_removed: float = param(
        10.0, "most observations left out", unit="%", gt=0, le=100, name=_FILTER + "max_percent_removed"
    )
    filter_min_completeness: float | None = param(
        None, "leave out nothing below this completeness", unit="%", gt=0, le=100, name=_FILTER + "min_completeness"
    )

    @field_validator("exclude_datasets", "use_datasets", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        """Spaces separate as commas do."""
        return tuple(w for v in value for w in str(v).split()) if isinstance(value, (list, tuple)) else value

    @field_validator("exclude_images")
    @classmethod
    def _triples(cls, value: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        rows = tuple(row[i : i + 3] for row in value for i in range(0, len(row), 3))
        for row in rows:
            if len(row) != 3 or row[1] > row[2]:
                raise ValueError("experiment:first:last is needed, first <= last")
        return rows
