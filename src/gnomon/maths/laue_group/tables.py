"""What is shown of operators, groups and what the intensities nearly have, as rows and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import gemmi
import numpy as np

from gnomon.maths.crystal.change_of_basis import change_of_basis_text
from gnomon.maths.laue_group.cost import MergingCost, merging_cost
from gnomon.maths.laue_group.groups import LaueScore, confidence, operator_probabilities
from gnomon.maths.laue_group.operators import ENOUGH, Calibration, OperatorScore
from gnomon.maths.laue_group.pairs import Merged
from gnomon.maths.laue_group.summary import (
    CalibrationSummary,
    Findings,
    FoundLaueGroup,
    GroupSummary,
    LTestSummary,
    NearSummary,
    OperatorSummary,
    TncsSummary,
)
from gnomon.maths.laue_group.twin import LTest, NearSymmetry

if TYPE_CHECKING:
    from gnomon.maths.laue_group.decide import LaueDecision

_NEARLY_PERFECT = 0.4  # twin fraction
_COSTED = 12
"""Groups whose merging is tried: those that a table shows."""


def laue_tables(
    groups: Sequence[LaueScore],
    operators: Sequence[OperatorScore],
    found: tuple[LaueScore, str],
    data: Merged,
    calibration: Calibration,
) -> FoundLaueGroup:
    """The group chosen (``found``: with the reason), rows of operators and groups, and the calibration.

    ``level``: the excess of differences of the chosen group's equivalents.
    """
    chosen, why = found
    members = {W.tobytes() for W in np.ascontiguousarray(chosen.setting.rotations, dtype=int)}
    inside = [s for s in operators if s.W.tobytes() in members and s.decides]
    alike = [s.found.excess for s in inside]
    if not alike and calibration.identity.pairs >= ENOUGH:
        alike = [calibration.identity.excess]
    level = float(np.clip(np.median(alike), 0.0, 0.9)) if alike else 0.0
    shown = [i for i, g in enumerate(groups) if i < _COSTED or g is chosen]
    costs = {i: merging_cost(data, groups[i].setting.rotations, level) for i in shown}
    none = MergingCost(float("nan"), float("nan"), 0)
    probabilities = operator_probabilities(groups, operators)
    return FoundLaueGroup(
        laue_group=chosen.setting.group.xhm(),
        laue_reason=why,
        laue_confidence=confidence(groups, chosen),
        calibration=CalibrationSummary(calibration.expected, calibration.factor),
        level=level,
        operators=tuple(_operator_row(s, p) for s, p in zip(operators, probabilities, strict=True)),
        groups=tuple(_group_row(g, costs.get(i, none), g is chosen) for i, g in enumerate(groups)),
    )


def rotation_text(W: np.ndarray) -> str:
    """A rotation as coordinates: "-x,-y,z"."""
    op = gemmi.Op()
    op.rot = (np.asarray(W) * gemmi.Op.DEN).tolist()
    return str(op.triplet())


def law_text(W: np.ndarray, P: np.ndarray) -> str:
    """A rotation W of the common basis as indices after the change P: "k,h,-l"."""
    op = gemmi.Op("h,k,l")
    op.rot = np.rint(np.linalg.inv(P) @ W @ P * gemmi.Op.DEN).astype(int).tolist()
    return str(op.triplet())


def findings(decision: LaueDecision, P: np.ndarray) -> Findings:
    """Twin laws, pseudo-symmetry and translational NCS as rows and as sentences, in the setting after the change P."""
    vectors = [np.linalg.inv(P) @ one.vector % 1.0 for one in decision.tncs]
    near = [_near_row(one, decision.l_test, P) for one in decision.near]
    notes = [_near_note(row) for row in near] + (_cost_notes(decision.found.groups) if near else [])
    if not near and decision.l_test is not None and _perfect(decision.l_test):
        notes.append(
            f"mean |L| of neighbours is {decision.l_test.mean:.3f}, as of a perfect twin (0.375; untwinned 0.5): the "
            "true symmetry may be lower than that of the intensities, which merging cannot tell; second moments and a "
            "solution by molecular replacement in the subgroups do"
        )
    notes += [_tncs_note(v, one.modulation) for v, one in zip(vectors, decision.tncs, strict=True)]
    return Findings(
        near_symmetries=tuple(near),
        l_test=None if decision.l_test is None else _l_row(decision.l_test),
        tncs=tuple(
            TncsSummary(tuple(round(float(x), 4) for x in v), float(one.modulation))
            for v, one in zip(vectors, decision.tncs, strict=True)
        ),
        notes=tuple(notes),
    )


def _perfect(test: LTest) -> bool:
    """Without a law that is told from symmetry, ``twinned`` is what a twin of more than 0.4 has."""
    return test.verdict(0.5) == "twinned" and test.mean < test.expected(_NEARLY_PERFECT) + 2 * test.sigma


def _near_row(one: NearSymmetry, test: LTest | None, P: np.ndarray) -> NearSummary:
    return NearSummary(
        law=law_text(one.W, P),
        correlation=float(one.correlation),
        fraction=one.fraction,
        verdict=test.verdict(one.fraction) if test else "",
        mean_l=test.mean if test else float("nan"),
        mean_l_untwinned=test.expected(0.0) if test else float("nan"),
        mean_l_twinned=test.expected(one.fraction) if test else float("nan"),
    )


def _near_note(row: NearSummary) -> str:
    """What a rotation that is no symmetry may be."""
    told = f"{row.law} is no symmetry, but intensities correlate by {row.correlation:.2f} under it: "
    numbers = (
        f"mean |L| {row.mean_l:.3f}; {row.mean_l_untwinned:.3f} expected untwinned, "
        f"{row.mean_l_twinned:.3f} of that twin"
    )
    if row.verdict == "twinned":
        return told + f"a twin with this law and a fraction of {row.fraction:.2f} ({numbers})"
    if row.verdict == "not twinned":
        return told + f"pseudo-symmetry, not twinning ({numbers})"
    return told + f"pseudo-symmetry, or a twin with this law and a fraction of {row.fraction:.2f}"


def _cost_notes(groups: Sequence[GroupSummary]) -> list[str]:
    """What merging in the most probable larger group would cost, where the chosen one has symmetry itself."""
    (own,) = [g for g in groups if g.chosen]
    larger = [g for g in groups if g.order > own.order and np.isfinite(g.r_meas) and g.cc_in > 0.3]
    if not larger or not np.isfinite(own.r_meas):
        return []
    best = min(larger, key=lambda g: g.r_meas)
    return [
        f"merging equivalents of {best.group} would give Rmeas {best.r_meas:.3f} and chi-squared "
        f"{best.chi2:.2f}; those of {own.group} give {own.r_meas:.3f} and {own.chi2:.2f}"
    ]


def _tncs_note(vector: np.ndarray, modulation: float) -> str:
    where = ", ".join(f"{x:.3f}" for x in vector)
    return (
        f"translational NCS: copies lie {where} of the cell apart and modulate intensities by {modulation:.2f}; "
        "absences and moments are judged within the classes of reflections that it makes strong and weak"
    )


def _l_row(test: LTest) -> LTestSummary:
    return LTestSummary(test.mean, test.sigma, test.expected(0.0), test.expected(0.5), test.pairs)


def _operator_row(s: OperatorScore, probability: float) -> OperatorSummary:
    return OperatorSummary(
        operator=rotation_text(s.W),
        fold={-1: 2, 0: 3, 1: 4, 2: 6}[int(np.trace(s.W))],
        cc=float(s.found.cc),
        cc_true=float(1 - s.found.excess),
        cc_true_sigma=float(s.found.excess_sigma),
        pairs=float(s.found.pairs),
        z=float(s.z),
        probability=float(probability),
        decides=bool(s.decides),
    )


def _group_row(g: LaueScore, cost: MergingCost, chosen: bool) -> GroupSummary:
    return GroupSummary(
        group=g.setting.group.xhm(),
        lattice=g.setting.bravais_type,
        order=len(g.setting.rotations),
        probability=g.probability,
        net_z=g.net_z,
        z_in=g.z_in,
        z_out=g.z_out,
        cc_in=g.cc_in,
        cc_out=g.cc_out,
        r_meas=cost.r_meas,
        chi2=cost.chi2,
        delta=float(g.setting.misfit),
        change=change_of_basis_text(g.setting.P),
        chosen=chosen,
    )
