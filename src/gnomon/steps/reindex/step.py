"""Reindex: change the basis of crystals and indices."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import change_of_basis_text, parse_change_of_basis, reindexed_table
from gnomon.maths.crystal.symmetry import hall_symbol, space_group
from gnomon.models.experiment import Experiments
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.step import Data, Result, require_crystals
from gnomon.steps.reindex.given_cell import to_cell
from gnomon.steps.reindex.group import reindexed_crystal
from gnomon.steps.reindex.params import ReindexParams
from gnomon.steps.reindex.reference import best_change
from gnomon.steps.reindex.summary import ReferenceTrial, ReindexSummary


def reindex(
    experiments: Experiments,
    reflections: Reflections,
    params: ReindexParams,
    *,
    reference: Data | None = None,
) -> Result[ReindexSummary]:
    """Crystals and indices in the basis (a', b', c') = (a, b, c) P, so that h' = h P; then the space group.

    Experiments or reflections may be empty: what is there is reindexed. With a ``reference`` and no change given, P
    is the one under which cell and intensities agree best with it. Indices that P takes to fractions are dropped.
    Without a space group that of each crystal goes with its axes. Raises InputError for a change that cannot be read,
    or a space group that does not fit the new cell or the lattice.
    """
    P, choice = _change(experiments, reflections, params, reference)
    hall = None if params.space_group is None else hall_symbol(space_group(params.space_group))
    if hall is None and reference is not None and params.change_of_basis_op is None:
        hall = reference.experiments[0].needed_crystal.hall_symbol
    swap = {key_of(c): reindexed_crystal(c, P, hall) for c, _ in experiments.groups_sharing("crystal") if c is not None}
    groups = {c.hall_symbol.strip() for c in swap.values()} if hall is None else {hall.strip()}
    table, dropped = _reindexed(reflections, P, params)
    summary = ReindexSummary(
        change_of_basis=change_of_basis_text(P),
        hkl_offset=tuple(params.hkl_offset) if params.hkl_offset else None,
        space_group=", ".join(sorted(groups)) or None,
        cells=tuple(tuple(c.cell.tolist()) for c in swap.values()),
        reindexed=int(table["miller_index"].any(axis=1).sum()) if len(table) else 0,
        dropped=dropped,
        choice=tuple(choice),
    )
    return Result(experiments.replace_model("crystal", swap), table, summary)


def _change(
    experiments: Experiments, reflections: Reflections, params: ReindexParams, reference: Data | None
) -> tuple[np.ndarray, list[ReferenceTrial]]:
    """P, and with a reference the trials it was chosen from."""
    if params.change_of_basis_op is not None:
        return parse_change_of_basis(params.change_of_basis_op), []
    if params.unit_cell is not None:
        return to_cell(experiments, np.array(params.unit_cell), params.space_group), []
    if reference is None:
        if params.hkl_offset is None and params.space_group is None:
            raise InputError(
                "reindex was told nothing to do; give change_of_basis_op=, unit_cell=, hkl_offset=, space_group= "
                "or a reference"
            )
        return np.eye(3), []
    require_crystals("reindex", experiments)
    return best_change(experiments, reflections, reference, params.max_delta)


def _reindexed(reflections: Reflections, P: np.ndarray, params: ReindexParams) -> tuple[Reflections, int]:
    """The table without the rows that have no whole index any more, and how many these were."""
    if not len(reflections):
        return reflections, 0
    indexed = reflections["miller_index"].any(axis=1)
    if params.hkl_offset is not None:
        shifted = reflections["miller_index"] + np.array(params.hkl_offset, np.int32)
        reflections = reflections.with_columns(
            {"miller_index": np.where(indexed[:, None], shifted, reflections["miller_index"])}
        )
    table, broken = reindexed_table(reflections, P, indexed)
    return table.select(~broken), int(broken.sum())
