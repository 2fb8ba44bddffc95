"""What sequence_to_stills made."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class SequenceToStillsSummary(Summary):
    """All stills."""

    n_stills: int = figure("stills")
    n_reflections: int = figure("reflections on them, one for each image on which a spot is seen")
    n_spots: int = figure("spots of the scans of which they are parts")
    n_left_out: int = figure("spots left out: of no experiment, without an index, or on other images")
