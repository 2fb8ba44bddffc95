"""Intensities that the scales are to lead to: those of a file, or of data sets that were scaled before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gemmi import SpaceGroup

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import matched
from gnomon.maths.crystal.symmetry import patterson_symbol, space_group
from gnomon.maths.data_sets.data_set import scaled_intensities
from gnomon.maths.intensities.merging import Groups, group_equivalents, merge
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reference import Reference
from gnomon.models.reflections import Reflections
from gnomon.models.scaling_model import ScalingModel
from gnomon.models.subset import subset
from gnomon.steps.scale.observations import resolutions
from gnomon.steps.scale.params import ScaleParams
from gnomon.summary import Decision

FEWEST_IN_COMMON = 20
"""Unique reflections that data and target must share: though each be off by its size they tell a scale to a fourth."""


@dataclass(frozen=True, eq=False)
class Target:
    """Unique intensities (M,) at indices (M, 3) in the asymmetric unit of the data's group, and whose they are."""

    hkl: np.ndarray
    intensity: np.ndarray
    name: str

    def of_groups(self, groups: Groups) -> np.ndarray:
        """(G,) the target of each group of equivalents, I(+) and I(-) alike; nan where there is none.

        Raises InputError where they have too few reflections in common.
        """
        joined = groups.joined()
        of_joined = np.full(len(joined), np.nan)
        ours, theirs = matched(joined.hkl, self.hkl)
        of_joined[ours] = self.intensity[theirs]
        if len(ours) < FEWEST_IN_COMMON:
            raise InputError(
                f"{self.name} and the data have {len(ours)} reflections in common, {FEWEST_IN_COMMON} are needed; "
                "check that both are of one crystal form, indexed alike"
            )
        return of_joined[groups.parent]

    def decision(self, of_groups: np.ndarray, mean: np.ndarray, known: np.ndarray) -> Decision:
        """How well the means of the groups (G,), where ``known``, agree with what they were scaled to."""
        both = np.isfinite(of_groups) & known
        cc = float(np.corrcoef(mean[both], of_groups[both])[0, 1])
        evidence = {"in common": int(both.sum()), "of": len(self.hkl), "correlation": cc}
        what = f"scaled to {self.name}: {both.sum()} of its {len(self.hkl)} unique reflections, correlation {cc:.3f}"
        return Decision(what, evidence=evidence)


def target_of(
    experiments: Experiments, reflections: Reflections, group: SpaceGroup, params: ScaleParams
) -> Target | None:
    """The target that the parameters name: a file, or else with ``only_target`` what was scaled before; None of none.

    Of a model intensities are computed as far as the data reach. Raises InputError where there is none to be had.
    """
    if path := params.reference_file:
        from gnomon.io.reference import read_reference  # readers of all formats, which few runs need

        d_min = params.d_min or 0.999 * float(resolutions(experiments, reflections).min(initial=np.inf))
        return _of_reference(read_reference(path, d_min), group, path)
    if not params.scales_new_ones:
        return None
    before = [i for i, e in enumerate(experiments) if was_scaled(e)]
    if not before or len(before) == len(experiments):
        which = "all" if before else "none"
        raise InputError(
            f"only_target=true scales new data sets to those scaled before, but {which} of {len(experiments)} were; "
            "give both kinds, or a reference="
        )
    names = ("inverse_scale_factor", "intensity.scale.value", "intensity.scale.variance")
    if any(name not in reflections for name in names):
        raise InputError("the data sets scaled before have no scaled intensities; give the .refl that scale wrote")
    _, table = subset(experiments, reflections, before)
    usable, value, variance = scaled_intensities(table)
    groups = group_equivalents(table["miller_index"][usable], group)
    merged = merge(groups, value[usable], variance[usable])
    what = "1 data set" if len(before) == 1 else f"{len(before)} data sets"
    return Target(merged.hkl, merged.intensity, f"the {what} scaled before")


def was_scaled(experiment: Experiment) -> bool:
    """Whether the experiment has a scaling model that was fitted."""
    model = experiment.scaling_model
    return isinstance(model, ScalingModel) and model.is_scaled


def appended(
    before: tuple[Experiments, Reflections], new: tuple[Experiments, Reflections]
) -> tuple[Experiments, Reflections]:
    """What was scaled before, and what is scaled now behind it, with the columns that both have."""
    start, table = len(before[0]), new[1]
    table = table.with_columns({"id": table["id"] + start * (table["id"] >= 0)})
    table = table.with_identifiers({k + start: v for k, v in table.identifiers.items()})
    return before[0].with_items([*before[0], *new[0]]), Reflections.concatenate([before[1], table])


def _of_reference(reference: Reference, group: SpaceGroup, path: str) -> Target:
    """The intensities in the asymmetric unit of the data's group. Raises InputError where the symmetry is another."""
    theirs = space_group(reference.hall_symbol)
    if theirs.laue_str() != group.laue_str() or patterson_symbol(theirs)[0] != patterson_symbol(group)[0]:
        raise InputError(
            f"{path} is in {theirs.xhm()}, the data in {group.xhm()}; reindex them to it, or give another reference"
        )
    groups = group_equivalents(reference.hkl, group)
    return Target(groups.hkl, groups.mean(reference.intensity), path)
