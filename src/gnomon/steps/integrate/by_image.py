"""What integration made of each image, or of some in a row."""

from __future__ import annotations

import numpy as np

from gnomon.maths.numerics.tally import Tally
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.summary import ImageFigures
from gnomon.steps.integrate.summation import WHOLE

MOST_ROWS = 30
"""Of one experiment: what one reads in a terminal; plots show every image."""


def figures_by_image(table: Reflections, image_range: tuple[int, int]) -> tuple[ImageFigures, ...]:
    """The figures of the reflections centred on each image, or of as many in a row as make ``MOST_ROWS`` rows.

    table: of one experiment; image_range: its first and last image.
    """
    first, last = image_range
    size = -(-(last - first + 1) // MOST_ROWS)
    n = -(-(last - first + 1) // size)
    place = np.clip(((table["xyzcal.px"][:, 2] - (first - 1)) // size).astype(np.intp), 0, n - 1)
    tally = Tally(place, n)
    summed, fitted = table.has(Flag.INTEGRATED_SUM), table.has(Flag.INTEGRATED_PRF)
    done, whole = summed | fitted, table["partiality"] >= WHOLE
    strong = table.has(Flag.REFERENCE_SPOT)
    off = ((table["xyzobs.px.value"] - table["xyzcal.px"])[:, :2] ** 2).sum(axis=1)
    columns = (
        tally.where(done & whole).number(),
        tally.where(done & ~whole).number(),
        tally.where(table.has(Flag.OVERLOADED)).number(),
        tally.where(summed).number(),
        tally.where(fitted).number(),
        tally.where(done).mean(table["background.mean"]),
        tally.where(summed).mean(_ratio(table, "sum")),
        tally.where(fitted).mean(_ratio(table, "prf")),
        tally.where(fitted).mean(table["profile.correlation"]),
        np.sqrt(tally.where(strong).mean(off)),
    )
    ends = [(first + k * size, min(first + (k + 1) * size - 1, last)) for k in range(n)]
    return tuple(ImageFigures(a, b, *row) for (a, b), row in zip(ends, zip(*(c.tolist() for c in columns))))


def _ratio(table: Reflections, kind: str) -> np.ndarray:
    """(N,) I/sigma; of rows without a variance some number, which nobody asks for."""
    return np.asarray(
        table[f"intensity.{kind}.value"] / np.sqrt(np.maximum(table[f"intensity.{kind}.variance"], 1e-12))
    )
