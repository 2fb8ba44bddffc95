"""cosym: the Laue group of many crystals and one indexing choice for all of them, found together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import gemmi
import numpy as np

from gnomon.distribute.blas import one_blas_thread
from gnomon.maths.crystal.change_of_basis import change_of_basis_text, reindexed_experiments
from gnomon.maths.crystal.symmetry import patterson_symbol, space_group
from gnomon.maths.data_sets.embedding import cosines
from gnomon.maths.images.images_that_count import judged_by_intensities
from gnomon.maths.images.left_out import with_images
from gnomon.maths.laue_group.common_basis import CellTolerance
from gnomon.maths.laue_group.decide import Wanted, common_indices, decide_space_group, without_tncs
from gnomon.maths.laue_group.given import as_they_came, given_setting
from gnomon.maths.laue_group.setting import crystal_in, final_turn, setting_of
from gnomon.maths.laue_group.summary import FoundSpaceGroup
from gnomon.maths.laue_group.tables import findings, rotation_text
from gnomon.models.experiment import Experiments
from gnomon.models.reference import Reference
from gnomon.models.reflections import Reflections
from gnomon.models.similarity import Similarity
from gnomon.step import HERE, Context, Result, require_columns, require_crystals
from gnomon.steps.cosym.absolute import absolute_setting
from gnomon.steps.cosym.choice import Choice, choose_settings
from gnomon.steps.cosym.comparison import Comparison, compare
from gnomon.steps.cosym.coordinates import SURE, Coordinates, settled
from gnomon.steps.cosym.disagreement import agreeing
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.summary import CosymSummary, Points, ReferenceAgreement
from gnomon.summary import DataSetRemark, Decision, fields_of


def cosym(
    experiments: Experiments,
    reflections: Reflections,
    params: CosymParams,
    context: Context = HERE,
) -> Result[CosymSummary, Similarity]:
    """All data sets in one setting of their space group: crystals reindexed and constrained, indices changed.

    Data sets with another cell, or nothing in common with the rest, are left out. Correlations of every two data sets
    in every setting (Brehm & Diederichs 2014; Gildea & Winter 2018), the settings that agree best, the Laue group of
    data so put together, then screw axes from absences.
    Raises InputError for tables without intensities, and where no data set can be compared.
    """
    require_crystals("cosym", experiments)
    require_columns("cosym", reflections, ("id", "miller_index"))
    reference = _reference(params)
    experiments = with_images(experiments, params.exclude_images)
    experiments, left_out = judged_by_intensities("cosym", experiments, reflections, params.partiality_threshold)
    data = compare(experiments, reflections, params)
    wanted = _wanted(params, reference, data)
    executor = context.executor.over(context.workers)
    with one_blas_thread():
        choice, points = settled(data, choose_settings(data, wanted, executor), params, executor)
    if reference is None:
        P, symbol, space = _own_setting(data, choice, wanted, params)
        agreement = ReferenceAgreement()
    else:
        P, symbol, space, agreement = _setting_of(reference, data, choice, wanted)
    total = [change @ P for change in choice.changes(data)]
    crystals = [crystal_in(e.needed_crystal, Q, symbol) for e, Q in zip(data.experiments, total)]
    items = [e.replace(crystal=crystal) for e, crystal in zip(data.experiments, crystals)]
    similarity = Similarity(points.cc, cosines(points.chosen))
    laue = replace(choice.laue.found, laue_group=patterson_symbol(choice.laue.chosen.setting.group))
    summary = CosymSummary(
        n_observations=len(data.every.row),
        n_used=len(data.obs.row),
        left_out=tuple(left_out),
        d_min=float(data.d_min),
        names=tuple(data.names),
        excluded=tuple(data.excluded),
        disagreeing=tuple(DataSetRemark(data.names[i], why) for i, why in sorted(choice.strange.items())),
        space_group=symbol,
        changes=tuple(change_of_basis_text(Q) for Q in total),
        cells=tuple(tuple(crystal.cell.tolist()) for crystal in crystals),
        **fields_of(laue, findings(choice.laue, P), space, agreement, _points(points, similarity.cosines, data)),
    )
    summary = replace(summary, decisions=_decisions(summary))
    table = reindexed_experiments(data.reflections, total)
    return Result(data.experiments.with_items(items), table, summary, similarity)


def _reference(params: CosymParams) -> Reference | None:
    if not params.reference:
        return None
    from gnomon.io.reference import read_reference  # readers of all formats, which few runs need

    return read_reference(params.reference, params.d_min)


def _wanted(params: CosymParams, reference: Reference | None, data: Comparison) -> Wanted:
    """What is known of the symmetry: as asked, else that of the reference; and as the crystals came."""
    known = space_group(reference.hall_symbol).xhm() if reference else None
    laue_group = params.laue_group or (None if params.space_group else known)
    tolerance = CellTolerance(params.relative_length_tolerance, params.absolute_angle_tolerance)
    asked = params.unit_cell, params.space_group or params.laue_group
    return Wanted(
        params.lattice_symmetry_max_delta,
        laue_group,
        params.space_group,
        params.check_absences,
        seed=params.seed,
        **as_they_came(data.experiments, data.changes),
        setting=None if reference else given_setting(asked, data.experiments, data.changes, tolerance),
    )


def _own_setting(
    data: Comparison, choice: Choice, wanted: Wanted, params: CosymParams
) -> tuple[np.ndarray, str, FoundSpaceGroup]:
    """P (3, 3) from the common basis to the final cell, the space group there, and the tables of absences."""
    P, name = setting_of(choice.laue.chosen.setting, data.A, wanted, params.best_monoclinic_beta)
    group, absences = _space_group(data, choice, (P, name), wanted)
    turn, symbol = final_turn(group, wanted)
    return P @ turn, symbol, absences


def _setting_of(
    reference: Reference, data: Comparison, choice: Choice, wanted: Wanted
) -> tuple[np.ndarray, str, FoundSpaceGroup, ReferenceAgreement]:
    """The same in the setting of a reference, and in its space group unless another is asked for; the agreement."""
    form = data.A, data.group.rotations[choice.members]
    obs = agreeing(data.obs, choice.strange)
    found = absolute_setting(obs, common_indices(obs, choice.changes(data)), form, reference)
    own = replace(wanted, space_group=wanted.space_group or space_group(reference.hall_symbol).xhm())
    group, absences = _space_group(data, choice, (found.P, found.lattice), own)
    if not wanted.space_group:
        absences = replace(absences, space_group_reason="that of the reference")
    return found.P, group.xhm(), absences, ReferenceAgreement(reference_cc=found.cc, reference_next_cc=found.next_cc)


def _space_group(
    data: Comparison, choice: Choice, setting: tuple[np.ndarray, str], wanted: Wanted
) -> tuple[gemmi.SpaceGroup, FoundSpaceGroup]:
    """The space group in a setting (P from the common basis, and the name of its Laue group), of data that agree."""
    P, name = setting
    every, changes = agreeing(data.every, choice.strange), choice.changes(data)
    flat = without_tncs(every, common_indices(every, changes), choice.laue)
    return decide_space_group(flat, common_indices(every, [change @ P for change in changes]), name, wanted)


def _points(points: Coordinates, cosine: np.ndarray, data: Comparison) -> Points:
    """What is shown of coordinates; cosine: (n, n) of the angles between data sets."""
    n, alone = len(cosine), len(cosine) == 1
    return Points(
        settings=tuple(rotation_text(data.group.rotations[a]) for a in points.operators),
        coordinates=tuple(map(tuple, points.chosen.tolist())),
        coordinates_all=tuple(map(tuple, points.points.tolist())),
        dimensions=points.points.shape[1],
        dimensions_tried=tuple(points.dimensions_tried),
        margins=tuple(margin if np.isfinite(margin) else None for margin in points.margins.tolist()),
        embedded_together=points.together,
        mean_cosine=None if alone else float((cosine.sum() - n) / (n * (n - 1))),
        least_cosine=None if alone else float(cosine.min()),
    )


def _decisions(found: CosymSummary) -> tuple[Decision, ...]:
    """What was left out, the groups and what the intensities nearly have, and the settings."""
    laue = {"confidence": found.laue_confidence, "probability": found.chosen_group.probability}
    space = {} if found.chosen_absences is None else {"probability": found.chosen_absences.probability}
    alone = "one data set: judged by its own equivalents, as symmetry does; there is no setting to choose"
    return (
        *map(Decision, found.left_out),
        *(Decision(f"{row.name} is left out", row.reason, link=": ") for row in found.excluded),
        *(Decision(f"{row.name} has no say in symmetry", row.reason, link=": ") for row in found.disagreeing),
        *([Decision(alone)] if len(found.names) == 1 else []),
        Decision(f"Laue group {found.laue_group}", found.laue_reason, laue, "laue_group", ": "),
        Decision(f"space group {found.space_group}", found.space_group_reason, space, "space_group", ": "),
        *map(Decision, found.notes),
        *_about_settings(found),
    )


def _about_settings(found: CosymSummary) -> list[Decision]:
    """Which setting was taken, and where it is in doubt."""
    decisions, n, settings = [], len(found.names), len(found.settings)
    if found.reference_cc is not None:
        evidence = {"correlation": found.reference_cc, "next": found.reference_next_cc}
        reason = f"correlation {found.reference_cc:.2f}, with the next best {found.reference_next_cc:.2f}"
        decisions.append(Decision("setting of the reference", reason, evidence, "reference", ": "))
    if settings == 1 or n == 1:
        return decisions
    moved = n - max(Counter(found.changes).values())
    decisions.append(
        Decision(f"{settings} settings that the lattice cannot tell apart; {moved} of {n} data sets reindexed")
    )
    if found.embedded_together < n:
        decisions.append(
            Decision(
                f"coordinates: the {found.embedded_together} data sets that share most are embedded together, the "
                "others put beside them"
            )
        )
    doubtful = [(m, name) for name, m in zip(found.names, found.margins) if m is not None and m < SURE]
    if doubtful:
        what = f"the setting is in doubt for {', '.join(name for _, name in doubtful)}"
        evidence = {"least margin": min(doubtful)[0], "sure from": SURE}
        decisions.append(Decision(what, "another agrees about as well", evidence, link=": "))
    return decisions
