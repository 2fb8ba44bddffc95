"""What export tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class ExportSummary(Summary):
    """What is written for another program, and what was left out."""

    format: str = figure("the format of the file")
    n_read: int = figure("reflections given")
    n_unmeasured: int = figure("of these, not measured or excluded")
    n_outside: int = figure("of these, measured but left out by the limits given")
    n_observations: int = figure("observations exported")
    n_sweeps: int = figure("sweeps they are of")
    scaled: bool = figure("whether they are on one scale, and not only corrected")
    whole: bool = figure("whether the table goes out as it is, nothing chosen or corrected")
    both: bool = figure("whether summed and profile-fitted intensities stand beside each other")
    wavelengths: tuple[float, ...] = figure("of each data set, where there are several", unit="Å")
