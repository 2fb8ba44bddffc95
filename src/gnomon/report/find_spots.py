"""What find_spots found, as text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gnomon.models.valid_images import in_words, stretches_of
from gnomon.report.table import long_table, text_table
from gnomon.steps.find_spots.summary import FindSpotsSummary, SweepSummary

_ROWS, _WIDTH = 10, 60
_NO_BEAM = 0.1  # of the other images' background
_FEW = 4  # sweeps that are told one by one


def describe(summary: FindSpotsSummary) -> str:
    """What the filters removed and a histogram over images of each sweep, or a line a sweep of many; the total."""
    sweeps = summary.sweeps
    parts = [_sweep(sweep) for sweep in sweeps] if len(sweeps) <= _FEW else [_lines(sweeps)]
    told = [*summary.sentences, *(line for sweep in sweeps for line in [*blank_lines(sweep), *bad_lines(sweep)])]
    parts += ["\n".join(told)] if told else []
    return "\n\n".join([*parts, f"{summary.n_spots} strong spots in all ({summary.algorithm} threshold)"])


def blank_lines(sweep: SweepSummary) -> list[str]:
    """A sentence for each stretch of images that hold nothing, and why."""
    lines = []
    for row in sweep.blank:
        images = in_words([(row.first, row.last)])
        holds = "hold" if row.last > row.first else "holds"
        share = f"background {100 * row.background:.0f} % of that elsewhere"
        why = "no beam" if row.background < _NO_BEAM else "beam, but no crystal in it"
        lines.append(
            f"Sweep {sweep.experiment}: {images} {holds} no diffraction ({row.spots:.1f} spots an image, "
            f"{share}: {why}): left out from refinement on"
        )
    return lines


def bad_lines(sweep: SweepSummary) -> list[str]:
    """A sentence for each fault of single images, and whether they are left out for it."""
    lines = []
    for row in sweep.bad:
        left = "too many for an accident, and left in" if row.left_in else "left out from refinement on"
        lines.append(f"Sweep {sweep.experiment}: {in_words(stretches_of(row.images))}: {row.why}: {left}")
    return lines


def _sweep(sweep: SweepSummary) -> str:
    kept = sum(sweep.spots)
    strong = sum(sweep.strong_pixels)
    extracted = kept + sum(sweep.removed.values())
    images = sweep.images
    rows = [("groups of touching strong pixels", extracted)]
    rows += [(f"removed: {name}", -count) for name, count in sweep.removed.items() if count]
    rows += [("strong spots", kept)]
    title = f"Sweep {sweep.experiment}: images {images[0]} to {images[-1]}, {strong} strong pixels"
    lines = [text_table(title, ("", "number"), rows)]
    if len(images) > 1 and kept:
        lines += ["", histogram(images, sweep.spots)]
    return "\n".join(lines)


def _lines(sweeps: Sequence[SweepSummary]) -> str:
    """A table with a line a sweep."""
    rows = []
    for sweep in sweeps:
        images, spots = sweep.images, sweep.spots
        kept, removed = sum(spots), sum(sweep.removed.values())
        rows.append(
            (
                str(sweep.experiment),
                f"{images[0]}-{images[-1]}",
                sum(sweep.strong_pixels),
                kept + removed,
                removed,
                kept,
                f"{kept / len(images):.0f}",
                min(spots),
                max(spots),
            )
        )
    headers = ("sweep", "images", "strong pixels", "groups", "removed", "spots", "an image", "least", "most")
    return long_table("", headers, rows, [-sum(sweep.spots) for sweep in sweeps], "with the fewest spots")


def histogram(images: Sequence[int], spots: Sequence[int]) -> str:
    """Spots per image as a bar chart in text, neighbouring images averaged where there are many."""
    columns = min(len(images), _WIDTH)
    edges = [len(spots) * i // columns for i in range(columns + 1)]
    heights = [sum(spots[a:b]) / (b - a) for a, b in pairwise(edges)]
    top = max(heights)
    rows = min(_ROWS, max(1, round(top)))
    lines = [f"spots per image (highest {top:.0f})"]
    for level in range(rows, 0, -1):
        lines.append("".join("*" if h > top * (level - 0.5) / rows else " " for h in heights).rstrip())
    first, last = str(images[0]), str(images[-1])
    return "\n".join([*lines, "-" * columns, first + last.rjust(max(columns - len(first), len(last) + 1))])
