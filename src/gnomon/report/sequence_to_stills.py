"""What sequence_to_stills made, in words."""

from __future__ import annotations

from gnomon.steps.sequence_to_stills.summary import SequenceToStillsSummary


def describe(summary: SequenceToStillsSummary) -> str:
    """How many stills, and how many reflections of how many spots."""
    s = summary
    text = f"{s.n_stills} stills with {s.n_reflections} reflections, the parts of {s.n_spots} spots"
    if s.n_left_out:
        text += f"\n{s.n_left_out} spots left out: of no experiment, without an index, or on other images"
    return text
