"""Reflections: equal-length typed numpy columns under the DIALS names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, overload

import numpy as np

from gnomon.errors import InputError
from gnomon.html_table import html_table
from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.columns import COLUMNS, TYPES, Column
from gnomon.models.flags import Flag
from gnomon.models.shoeboxes import Shoeboxes


def _typed(name: str, values: Any) -> Any:
    """The values as the declared dtype and row shape; TypeError where they cannot be."""
    if isinstance(values, Shoeboxes):
        return values
    array = np.asarray(values)
    if name not in COLUMNS or COLUMNS[name].type not in TYPES:
        return array
    dtype, shape = TYPES[COLUMNS[name].type]
    if array.shape[1:] != shape:
        raise TypeError(f"column {name} has rows of shape {array.shape[1:]}, needed {shape}")
    return np.ascontiguousarray(array, dtype=dtype)


def _unit_and_meaning(column: Column | None) -> tuple[str, str]:
    return (column.unit, column.meaning) if column else ("", "")


def _needed(package: str) -> Any:
    """The module of a package that gnomon can do without. Raises InputError where it is not installed."""
    try:
        return import_module(package)
    except ImportError:
        raise InputError(f"{package} is not installed, which this needs; python -m pip install {package}") from None


class MissingColumn(InputError, KeyError):  # noqa: N818 - it is bad input, like its base
    """A column that is needed and not there: whatever asks for one, the user is told in one line."""

    def __str__(self) -> str:
        return f"the reflections have no column {self.args[0]!r}, which is needed here; give those of the step before"


class Reflections(Mapping[str, Any]):
    """An immutable table: columns by name, and the identifier of each experiment number.

    Columns are declared in :mod:`gnomon.models.columns`; others may ride along. New tables share arrays.
    """

    __slots__ = ("_by_experiment", "_columns", "_n", "identifiers")
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, columns: Mapping[str, Any] | None = None, identifiers: Mapping[int, str] | None = None) -> None:
        self._columns = {name: _typed(name, values) for name, values in (columns or {}).items()}
        lengths = {name: len(values) for name, values in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")
        self._n = next(iter(lengths.values()), 0)
        self._by_experiment: RowsByExperiment | None = None
        self.identifiers = dict(identifiers or {})

    @overload
    def __getitem__(self, key: str) -> Any: ...
    @overload
    def __getitem__(self, key: slice | np.ndarray | Sequence[int]) -> Reflections: ...
    def __getitem__(self, key: str | slice | np.ndarray | Sequence[int]) -> Any:
        """The column of a name; or a table of the rows of a slice, a boolean mask or a list of numbers."""
        if not isinstance(key, str):
            return self.select(key if isinstance(key, slice) else np.asarray(key))
        try:
            return self._columns[key]
        except KeyError:
            raise MissingColumn(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """The number of reflections (not of columns)."""
        return self._n

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __bool__(self) -> bool:
        return self._n > 0

    def __repr__(self) -> str:
        of = f" of {len(self.identifiers)} experiments" if self.identifiers else ""
        return f"Reflections({self._n} rows{of}, {len(self._columns)} columns)"

    def _repr_html_(self) -> str:
        """The columns, for notebooks."""
        known = [(name, COLUMNS.get(name)) for name in sorted(self._columns)]
        rows = [
            (name, column.type if column else str(getattr(self[name], "dtype", "")), *_unit_and_meaning(column))
            for name, column in known
        ]
        return html_table(repr(self), ("column", "type", "unit", "meaning"), rows)

    def to_pandas(self) -> Any:
        """A pandas DataFrame: a column of several numbers as ``miller_index.0``, ``.1``, ``.2``; without shoeboxes.

        Raises InputError where pandas is not installed.
        """
        pandas = _needed("pandas")
        return pandas.DataFrame(
            {
                name if part is None else f"{name}.{part}": values if part is None else values[:, part]
                for name, values in self._flat()
                for part in ([None] if values.ndim == 1 else range(values.shape[1]))
            }
        )

    def to_xarray(self) -> Any:
        """An xarray Dataset over ``reflection``, units and meanings with the columns; without shoeboxes.

        Raises InputError where xarray is not installed.
        """
        xarray = _needed("xarray")
        found = {}
        for name, values in self._flat():
            unit, meaning = _unit_and_meaning(COLUMNS.get(name))
            dimensions = ("reflection", f"{name}.component")[: values.ndim]
            found[name] = (dimensions, values, {"units": unit, "long_name": meaning})
        return xarray.Dataset(found, attrs={"identifiers": [f"{k}: {v}" for k, v in self.identifiers.items()]})

    def _flat(self) -> Iterator[tuple[str, np.ndarray]]:
        """The columns that are arrays, each row a number or a row of them."""
        for name, values in self._columns.items():
            if not isinstance(values, Shoeboxes):
                yield name, values if values.ndim == 1 else values.reshape(len(values), -1)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(self._columns)

    def with_columns(self, columns: Mapping[str, Any]) -> Reflections:
        """A table in which these columns are added or replaced."""
        table = Reflections({**self._columns, **columns}, self.identifiers)
        table._by_experiment = None if "id" in columns else self._by_experiment
        return table

    def without_columns(self, *names: str) -> Reflections:
        """A table without these columns."""
        return Reflections({k: v for k, v in self._columns.items() if k not in names}, self.identifiers)

    def with_identifiers(self, identifiers: Mapping[int, str]) -> Reflections:
        """The same columns under other identifiers."""
        return Reflections(self._columns, identifiers)

    def select(self, index: Any) -> Reflections:
        """The rows at ``index``: a boolean mask, a slice or an integer array."""
        return Reflections({k: v[index] for k, v in self._columns.items()}, self.identifiers)

    def by_experiment(self) -> RowsByExperiment:
        """Where the rows of each experiment are, by the column ``id``; worked out once, however often it is asked."""
        if self._by_experiment is None:
            self._by_experiment = RowsByExperiment(self["id"])
        return self._by_experiment

    def of_experiment(self, number: int) -> Reflections:
        """The rows of one experiment; they share memory with the table where they follow each other."""
        return self.select(self.by_experiment()[number])

    def has(self, flag: Flag) -> np.ndarray:
        """(N,) bool: where any bit of ``flag`` is set."""
        return (self["flags"] & np.uint64(flag)) != 0

    def flagged(self, flag: Flag, where: Any) -> Reflections:
        """A table in which ``flag`` is set where ``where`` (N,) is true and cleared elsewhere."""
        bits = np.uint64(flag)
        flags = np.where(where, self["flags"] | bits, self["flags"] & ~bits)
        return self.with_columns({"flags": flags})

    @classmethod
    def concatenate(cls, parts: Sequence[Reflections], empty: Collection[str] = ()) -> Reflections:
        """One after the other, with the columns that all share. Experiment numbers are left as they are.

        empty: columns that are kept where one part has them, and are zero in those that lack them.
        """
        parts = [p for p in parts if len(p)] or list(parts[:1])
        made = {name: p[name] for p in parts for name in empty if name in p}
        lacking = [{k: np.zeros((len(p), *v.shape[1:]), v.dtype) for k, v in made.items() if k not in p} for p in parts]
        parts = [p.with_columns(columns) if columns else p for p, columns in zip(parts, lacking)]
        if len(parts) < 2:
            return parts[0] if parts else cls()
        shared = [name for name in parts[0] if all(name in p for p in parts)]
        identifiers: dict[int, str] = {}
        for p in parts:
            identifiers |= p.identifiers
        columns = {
            name: Shoeboxes.concatenate([p[name] for p in parts])
            if isinstance(parts[0][name], Shoeboxes)
            else np.concatenate([p[name] for p in parts])
            for name in shared
        }
        return cls(columns, identifiers)
