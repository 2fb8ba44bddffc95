"""What to do with a collection that runs, from what is known of it: go on, stop, or move."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.process.live.events import Advice, Merged, Part
from gnomon.steps.scale.summary import ScaleSummary
from gnomon.steps.spot_counts_per_image.summary import ImageCounts

RECENT = 5.0
"""Degrees of the last images that are judged; and at least FEWEST of them."""
FEWEST = 5
NO_SPOTS = 5
"""Spots outside ice rings on an image, up to which it holds no diffraction: hot pixels and cosmic rays make some."""
FAINTER = 0.2
"""Of the usual background, below which images without spots are blank: no beam, or a shut shutter."""
DECAY = 10.0
"""Å² of growth of the relative B factor along a sweep: at 2 Å the intensities have fallen to a quarter or less."""
NO_LATTICE = 60.0
"""Degrees without a lattice, though there are spots."""
ON_LATTICE = 0.6
"""Of the spots on the lattice, below which another crystal has a part in them."""


LEAST_MISSING = 1e-3
"""Of all reflections: who aims at 100 % is told of 99.9 %, which random orientations reach."""


@dataclass(frozen=True)
class Situation:
    """What is known: of the present sweep its last images' counts and backgrounds, and the background usual before.

    degrees: of this sweep so far; share: of the spots on its lattice, None where there is none; announced: sweeps
    that there will be, where it is known.
    """

    counts: Sequence[ImageCounts]
    background: Sequence[float]
    usual_background: float
    degrees: float
    share: float | None
    merged: Merged | None
    decay: float  # Å², the most along a sweep
    sweeps: int
    announced: int | None
    completeness: float  # %, that is aimed at
    multiplicity: float


def advice(s: Situation) -> Advice | None:
    """The advice; None where too little is known."""
    return _of_images(s) or _of_lattice(s) or _of_data(s)


def _of_images(s: Situation) -> Advice | None:
    """What the last images by themselves say."""
    if len(s.counts) < FEWEST:
        return None
    n = len(s.counts)
    if all(c.n_spots_no_ice <= NO_SPOTS for c in s.counts):
        if s.usual_background > 0 and float(np.median(s.background)) < FAINTER * s.usual_background:
            return Advice("stop", "blank", f"the last {n} images are blank: is the beam on, and the shutter open?")
        if all(c.ice for c in s.counts):
            return Advice("move", "ice", f"the last {n} images hold rings of ice and no other diffraction")
        return Advice("move", "no diffraction", f"there is no diffraction on the last {n} images")
    return None


def _of_lattice(s: Situation) -> Advice | None:
    if s.share is None and s.degrees >= NO_LATTICE:
        return Advice("move", "no lattice", f"no lattice in {s.degrees:.0f} degrees, though there are spots")
    if s.decay > DECAY:
        return Advice("move", "damage", f"radiation damage: the relative B factor has grown by {s.decay:.0f} Å²")
    return None


def _of_data(s: Situation) -> Advice | None:
    """What the merged data say, with what is odd about the images but no reason to end."""
    doubts = []
    if s.share is not None and s.share < ON_LATTICE:
        doubts.append(
            ("second lattice", f"only {100 * s.share:.0f} % of the spots are on the lattice: another crystal")
        )
    if len(s.counts) >= FEWEST and sum(c.ice for c in s.counts) > len(s.counts) / 2:
        doubts.append(("ice", "there are rings of ice"))
    told = "".join(f"; {words}" for _, words in doubts)
    if s.merged is None:
        return Advice("go on", doubts[0][0], doubts[0][1]) if doubts else None
    many = len(s.merged.parts) > 1 or s.sweeps > 1
    reached = all(_is_enough(p, s) for p in s.merged.parts)
    figures = _figures(s.merged.parts)
    if reached:
        return Advice("stop", "complete", f"{figures}{told}")
    kind = doubts[0][0] if doubts else ("wedges" if many else "collecting")
    return Advice("go on", kind, f"{_wedges(s) if many else ''}{figures}{_more(s) if many else ''}{told}")


def _is_enough(part: Part, s: Situation) -> bool:
    return 100 * part.completeness >= s.completeness and part.multiplicity >= s.multiplicity


def _figures(parts: Sequence[Part]) -> str:
    """Completeness and multiplicity, of several clusters the least."""
    worst = min(parts, key=lambda p: p.completeness)
    of = f" of {worst.cluster}" if len(parts) > 1 else ""
    return f"completeness {100 * worst.completeness:.0f} %, multiplicity {worst.multiplicity:.1f}{of}"


def _wedges(s: Situation) -> str:
    """``12 of 36 wedges, 3 clusters so far, ``."""
    assert s.merged is not None
    there = f"{s.merged.sweeps} of {s.announced} wedges" if s.announced else f"{s.merged.sweeps} wedges"
    n = len([p for p in s.merged.parts if p.cluster])
    return f"{there}, {n} cluster{'s' if n > 1 else ''} so far, " if n else f"{there} so far, "


def _more(s: Situation) -> str:
    """How many more wedges would do, if those to come are as those that came; nothing where that cannot be told."""
    assert s.merged is not None
    needed = [wedges_to_do(p, s.merged.sweeps, s.completeness / 100, s.multiplicity) for p in s.merged.parts]
    if not all(math.isfinite(n) for n in needed):
        return ""
    n = math.ceil(max(needed))
    return f", {n} more wedge{'s' if n > 1 else ''} would do"


def wedges_to_do(part: Part, sweeps: int, completeness: float, multiplicity: float) -> float:
    """Wedges, of all kinds, until the part has the completeness (0 to 1) and multiplicity, if others are like these.

    Each wedge of the kind leaves the same share of what was missing: 1 - C = q^n (wedges in random orientations).
    """
    n = len(part.sweeps)
    if not n or not part.completeness > 0:
        return math.inf
    kinds = sweeps / n
    by_multiplicity = n * (multiplicity / max(part.multiplicity, 1e-6) - 1)
    missing = 1 - part.completeness
    by_completeness = 0.0
    if part.completeness < completeness:
        by_completeness = n * (math.log(max(1 - completeness, LEAST_MISSING)) / math.log(missing) - 1)
    return max(0.0, by_multiplicity, by_completeness) * kinds


def decay_along(summaries: Sequence[ScaleSummary]) -> float:
    """Å²: the most by which the relative B factor of a data set grows from the first tenth of its scan to the last."""
    most = 0.0
    for along in (a for summary in summaries for a in summary.models_along):
        b = np.asarray(along.b, float)
        n = max(1, len(b) // 10)
        if len(b) > 1 and np.isfinite(b).all():
            most = max(most, float(b[-n:].mean() - b[:n].mean()))
    return most
