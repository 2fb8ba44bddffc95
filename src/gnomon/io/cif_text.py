"""Text of CIF: categories of one row, and loops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import gemmi
import numpy as np

Value = str | int | float | None


def category(name: str, items: Mapping[str, Value]) -> str:
    """The lines of a category of one row, without items that are None."""
    kept = {key: value for key, value in items.items() if value is not None}
    return "".join(f"_{name}.{key} {quoted(value)}\n" for key, value in kept.items()) + "\n" if kept else ""


def loop(name: str, rows: Sequence[Mapping[str, Value]]) -> str:
    """The lines of a category of several rows, all with the items of the first; None is a question mark."""
    if not rows:
        return ""
    head = "".join(f"_{name}.{key}\n" for key in rows[0])
    body = "".join(" ".join(quoted(value) for value in row.values()) + "\n" for row in rows)
    return f"loop_\n{head}{body}\n"


def columns_loop(name: str, columns: Mapping[str, np.ndarray]) -> str:
    """The lines of a long loop, a column each array (N,); nan is a question mark."""
    head = "".join(f"_{name}.{key}\n" for key in columns)
    texts = [_column(values) for values in columns.values()]
    return f"loop_\n{head}" + "".join(" ".join(row) + "\n" for row in zip(*texts, strict=True)) + "\n"


def _column(values: np.ndarray) -> Iterable[str]:
    """(N,) texts, seven digits of real numbers: what 32 bits hold."""
    if values.dtype.kind == "f":
        return ["?" if value != value else f"{value:.7g}" for value in values.tolist()]
    return map(str, values.tolist())


def quoted(value: Value) -> str:
    """The value as CIF has it: quoted where it must be, six digits of a real number, nan and None unknown."""
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return "?"
    if isinstance(value, str):
        return str(gemmi.cif.quote(value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
