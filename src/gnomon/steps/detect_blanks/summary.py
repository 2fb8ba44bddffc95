"""What detect_blanks tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure

Range = tuple[int, int]


@dataclass(frozen=True)
class AlongScan:
    """What one kind of reflections has in each step along a scan."""

    kind: str = figure("strong, indexed or integrated reflections")
    n: int = figure("reflections")
    low: tuple[float, ...] = figure("where each step begins", unit="image")
    high: tuple[float, ...] = figure("where it ends", unit="image")
    value: tuple[float, ...] = figure("spots an image in each step; mean I/sigma of integrated reflections")
    blank: tuple[bool, ...] = figure("whether the step is blank")
    blank_images: tuple[Range, ...] = figure("first and last image, as they are numbered, of each blank stretch")


@dataclass(frozen=True)
class BlankSearch:
    """What was found in one experiment."""

    experiment: int = figure("number of the experiment")
    kinds: tuple[AlongScan, ...] = figure("one for each kind of reflections that there are")


@dataclass(frozen=True, kw_only=True)
class DetectBlanksSummary(Summary):
    """Blank stretches of each experiment."""

    experiments: tuple[BlankSearch, ...] = figure("one for each experiment with a scan")
