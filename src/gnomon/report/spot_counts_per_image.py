"""Spots of each image, as text."""

from __future__ import annotations

import numpy as np

from gnomon.report.table import text_table
from gnomon.steps.spot_counts_per_image.summary import SpotCountsPerImageSummary, SweepCounts

HEADERS = ("image", "spots", "outside ice", "intensity", "d_min/Å", "")
_MOST = 200  # images of a sweep that are told one by one


def describe(summary: SpotCountsPerImageSummary) -> str:
    """A table a sweep, a row an image (or a row for several neighbours, where there are many), and a line of all."""
    return "\n\n".join(_sweep(sweep, len(summary.sweeps) > 1) for sweep in summary.sweeps)


def _sweep(sweep: SweepCounts, several: bool) -> str:
    numbers = sweep.image
    every = -(-len(numbers) // _MOST)
    columns = (sweep.n_spots, sweep.n_spots_no_ice, sweep.total_intensity, sweep.d_min, sweep.ice)
    rows = [cells(*values) for values in list(zip(numbers, *columns))[::every]]
    title = f"Sweep {sweep.experiment}" if several else ""
    if every > 1:
        title += f"{': e' if title else 'E'}very {every}th of {len(numbers)} images (output.json=FILE has all)"
    return f"{text_table(title, HEADERS, rows)}\n\n{all_images(sweep)}"


def cells(image: int, n_spots: int, no_ice: int, intensity: float, d_min: float | None, ice: bool) -> list[str]:
    """The cells of a row for one image."""
    limit = "-" if d_min is None else f"{d_min:.2f}"
    return [str(image), str(n_spots), str(no_ice), f"{intensity:.0f}", limit, "ice" if ice else ""]


def all_images(counts: SweepCounts) -> str:
    """One line on all images: spots, the resolution of the middle image and of the best, how many have ice."""
    spots = np.array(counts.n_spots)
    limits = [d for d in counts.d_min if d is not None]
    text = f"{len(spots)} images, {spots.sum()} spots, {np.median(spots):.0f} in the middle image"
    text += f"; d_min {np.median(limits):.2f} Å, at best {min(limits):.2f}" if limits else "; too few to tell d_min"
    icy = sum(counts.ice)
    return f"{text}; ice on {icy}" if icy else f"{text}; no ice"
