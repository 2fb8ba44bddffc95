"""What sweeps with few spots borrow from others, in words."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.models.experiment import Experiments
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.pooling import POOL_STRENGTH
from gnomon.steps.integrate.sample import Sample
from gnomon.steps.integrate.width_fit import WidthFit
from gnomon.summary import Decision

FEW = 50
"""Strong spots below which what comes from elsewhere shows in widths and profiles."""


LEAST_ROCKING = 10.0
"""Well-recorded spots below which a rocking width is not the sweep's own."""


def borrowing(
    experiments: Experiments, samples: Sequence[Sample], fits: Sequence[WidthFit], params: IntegrateParams
) -> list[Decision]:
    """One for each set of sweeps that could not tell widths or profiles by themselves: what served, and why."""
    found = []
    for _, members in experiments.groups_sharing("detector"):
        few = [n for n in members if samples[n].spots < FEW]
        if few:
            found.append(_few_spots(few, [samples[n].spots for n in few], len(members), len(samples), params))
        blind = [n for n in members if n not in few and fits[n].rocking < LEAST_ROCKING and not params.sigma_m]
        if blind:
            found.append(_cut_by_the_scan(blind, fits, alone=len(blind) == len(members)))
    return found


def _cut_by_the_scan(blind: Sequence[int], fits: Sequence[WidthFit], alone: bool) -> Decision:
    """Whence the rocking widths of sweeps came whose spots are cut by the ends of the scan."""
    which = f"sweep{'s' if len(blind) > 1 else ''} {', '.join(map(str, blind[:8]))}{', ...' * (len(blind) > 8)}"
    whence = (
        "by which predictions of found spots lie beyond the scan" if alone else "of the other sweeps on the detector"
    )
    least, most = (bound(fits[n].rocking for n in blind) for bound in (min, max))
    told = f"{least:.0f}" if f"{least:.0f}" == f"{most:.0f}" else f"{least:.0f} to {most:.0f}"
    reason = f"the ends of the scan cut nearly all spots ({told} tell it)"
    return Decision(f"{which}: rocking width {whence}", reason, {"least": least, "most": most}, "sigma_m")


def _few_spots(few: list[int], spots: list[int], n_together: int, n_sweeps: int, params: IntegrateParams) -> Decision:
    """What serves sweeps with few spots."""
    given = params.sigma_b and params.sigma_m
    widths = "widths as given" if given else f"widths drawn to those of all sweeps (worth {POOL_STRENGTH:g} spots)"
    pooled = (
        f"profiles learned from all {n_together} sweeps on its detector" if n_together > 1 else "profile near normal"
    )
    told = [pooled] if n_sweeps == 1 else [pooled, widths]
    evidence, parameter = {"fewest": min(spots), "most": max(spots), "sweeps": len(few)}, "" if given else "sigma_b"
    if len(few) > 8:
        reason = f"they have {min(spots)} to {max(spots)} strong spots"
        return Decision(f"{len(few)} sweeps: {', '.join(told)}", reason, evidence, parameter)
    which = f"sweep{'s' if len(few) > 1 else ''} {', '.join(map(str, few))}"
    reason = f"of only {', '.join(map(str, spots))} strong spots"
    return Decision(f"{which}: {', '.join(told)}", reason, evidence, parameter)
