"""Several experiment and reflection files as one list and one table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.pairs import check_pairs
from gnomon.io.refl import read_reflections
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.table_limits import damage, is_measured, usable


def one_list(read: Sequence[Experiments]) -> Experiments:
    """The experiments of all files, one after the other, with the first one's history; none of no files."""
    if len(read) == 1:
        return read[0]
    return Experiments.of((e for part in read for e in part), read[0].history if read else ())


def one_table(paths: Sequence[str], counts: Sequence[int] = (), empty: Collection[str] = ()) -> Reflections:
    """The reflections of all files, one after the other, experiments numbered on.

    counts: (n,) how many experiments the ``.expt`` file of each table has, where they came in pairs; without it a
    table is taken to have as many as its ids and identifiers tell, which misses crystals without reflections.
    empty: columns that are zero in tables that lack them, where another has them.
    Raises InputError where a table of a pair has reflections of more experiments than its partner.
    """
    tables, sizes = [], []
    for i, path in enumerate(paths):
        table = read_reflections(path)
        told = max(len(table.identifiers), int(table["id"].max(initial=-1)) + 1 if "id" in table else 0)
        if counts and told > counts[i]:
            raise InputError(
                f"{path} has reflections of experiment {told - 1}, its .expt file only {counts[i]} experiments; "
                "give the .expt that was written with it, or run combine_experiments, which leaves them out"
            )
        tables.append(table)
        sizes.append(counts[i] if counts else max(told, 1))
    return one_after_another(tables, sizes, empty)


def one_after_another(tables: Sequence[Reflections], sizes: Sequence[int], empty: Collection[str] = ()) -> Reflections:
    """One table of all, experiments numbered on; sizes: (n,) how many experiments each has; empty: as above."""
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    counted = [counted_on(table, start) for table, start in zip(tables, starts)]
    return counted[0] if len(counted) == 1 else Reflections.concatenate(counted, empty)


def counted_on(table: Reflections, start: int) -> Reflections:
    """The table with ``start`` added to the numbers of its experiments; -1 stays."""
    if not start or "id" not in table:
        return table
    table = table.with_columns({"id": table["id"] + start * (table["id"] >= 0)})
    return table.with_identifiers({k + start: v for k, v in table.identifiers.items()})


def belonging(reflections: Reflections, experiments: Experiments, path: str) -> Reflections:
    """The table, numbered as the experiments are: identifiers tell, where files were given in another order.

    Raises InputError where identifiers or ids say that the table belongs to other experiments.
    """
    position = {e.identifier: i for i, e in enumerate(experiments) if e.identifier}
    strange = [name for name in reflections.identifiers.values() if name and name not in position]
    if position and strange:
        raise InputError(
            f"{path} belongs to other experiments: its identifier {strange[0][:13]}... is not in the .expt file; "
            "give the .expt that was written with it"
        )
    highest = int(reflections["id"].max(initial=-1)) if "id" in reflections else -1
    if highest >= len(experiments):
        raise InputError(
            f"{path} has reflections of experiment {highest}, the .expt file only {len(experiments)} experiments; "
            "give the .expt that was written with it"
        )
    names = reflections.identifiers
    named = "id" in reflections and set(np.unique(reflections["id"]).tolist()) <= {-1, *names}
    if len(position) < len(experiments) or not named or len(set(names.values())) < len(names):
        return reflections  # not all have an identifier of their own: the order of the files counts
    return _renumbered(reflections, {old: position[name] for old, name in names.items()})


def sound_table(
    reflections: Reflections, experiments: Sequence[Experiment], path: str
) -> tuple[Reflections, list[str]]:
    """The table without what cannot be, and in words what that was. Raises InputError where nothing is left of it."""
    if wrong := damage(reflections, [len(e.detector) for e in experiments]):
        raise InputError(f"{path}: {wrong}; the file is damaged, make it again")
    found, notes = usable(reflections)
    if len(reflections) and not len(found):
        raise InputError(f"{path}: {notes[0]}, and no others are left; make the file again")
    if is_measured(reflections) and not is_measured(found):
        raise InputError(f"{path}: {notes[-1]}, and no other intensity is left; make the file again")
    return found, notes


def _renumbered(reflections: Reflections, number: dict[int, int]) -> Reflections:
    """The table with experiment numbers changed as ``number`` says."""
    if not number or all(old == new for old, new in number.items()):
        return reflections
    lookup = np.full(max(number) + 2, -1)  # the last one is that of id -1
    lookup[list(number)] = list(number.values())
    table = reflections.with_columns({"id": lookup[reflections["id"]]})
    return table.with_identifiers({number[old]: name for old, name in reflections.identifiers.items()})


def read_pairs(expt_paths: Sequence[str], refl_paths: Sequence[str]) -> tuple[Experiments, Reflections, list[str]]:
    """Experiments and reflections of file pairs, the first with the first, and what was left out of them, in words.

    Reflections of lattices that the partner no longer has are left out, and columns that not all tables have.
    Raises InputError where the numbers of files differ.
    """
    if len(expt_paths) != len(refl_paths):
        raise InputError(
            f"{len(expt_paths)} experiment and {len(refl_paths)} reflection files; give them in pairs, in one order"
        )
    read = [read_experiments(path) for path in expt_paths]
    tables, notes, start = [], [], 0
    for path, part in zip(refl_paths, read):
        check_pairs([part], [path])
        table, count = read_reflections(path), len(part)
        stray = table["id"] >= count if "id" in table else np.zeros(0, bool)
        if stray.any():
            lattices = len(np.unique(table["id"][stray]))
            what = "a lattice" if lattices == 1 else f"{lattices} lattices"
            notes.append(f"{path}: {stray.sum()} reflections of {what} not in its experiment file left out")
            table = table.select(~stray)
        table, more = sound_table(table, part, path)
        notes += [f"{path}: {note}" for note in more]
        tables.append(counted_on(table, start))
        start += count
    merged = Reflections.concatenate(tables)
    dropped = sorted({name for t in tables for name in t if len(t)} - set(merged))
    if dropped:
        notes.append(f"columns that not all files have left out: {', '.join(dropped)}")
    return one_list(read), merged, notes
