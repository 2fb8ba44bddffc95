"""Smaller tables: the columns that later steps need, here and in DIALS 3.12, whose files know no shorter numbers."""

from __future__ import annotations

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections

_SCALED = (
    "intensity.scale.value",
    "intensity.scale.variance",
    "inverse_scale_factor",
    "inverse_scale_factor_variance",
)
_ALWAYS = (
    *("id", "flags", "miller_index", "partiality", "xyzobs.px.value", "xyzcal.px", "lp", "qe", "dqe"),
    *("intensity.sum.value", "intensity.sum.variance"),
)
MERGING = (*_ALWAYS, *_SCALED)
"""What merge, export and the analyses of scaled data read; dials.export asks for sums too."""
SCALING = (*MERGING, "intensity.prf.value", "intensity.prf.variance", "s1", "d", "valid_images")
"""What symmetry, cosym and scale read besides."""
_KEPT = {"scaling": SCALING, "merging": MERGING}
_NEEDED = {"scaling": ("intensity.sum.value",), "merging": _SCALED[:3]}


def fewer_columns(reflections: Reflections, choice: str) -> tuple[Reflections, str]:
    """The table with the columns of a choice ("all", "scaling", "merging"), and what to tell of it.

    For merging only the observations that are merged are kept. A table that has not what the choice is for is left
    whole: nothing that was computed is lost.
    """
    if choice == "all":
        return reflections, ""
    missing = [name for name in _NEEDED[choice] if name not in reflections]
    if missing:
        return reflections, f"all columns written: output.columns={choice} is for tables with {missing[0]}"
    n = len(reflections)
    if choice == "merging":
        rejected = reflections.has(Flag.BAD_FOR_SCALING) | ~(reflections["inverse_scale_factor"] > 0)
        reflections = reflections.select(~rejected)
    dropped = [name for name in reflections.names if name not in _KEPT[choice]]
    rows = f" and {n - len(reflections)} rows that are not merged" if n > len(reflections) else ""
    then = "; it cannot be scaled again as it was" if choice == "merging" else ""
    told = f"output.columns={choice}: {len(dropped)} columns{rows} left out{then}"
    return reflections.without_columns(*dropped), told
