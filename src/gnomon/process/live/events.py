"""What is told while a collection runs, beside its images; each is an object a line of JSON, by its name."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True)
class _Named:
    """An event that JSON has under its name."""

    name: ClassVar[str]

    @property
    def record(self) -> dict[str, Any]:
        """``{name: {field: value, ...}}``."""
        return {self.name: asdict(self)}


@dataclass(frozen=True)
class SeenImage(_Named):
    """One image and its spots, none where it could not be judged; the terminal has a line of its own for it."""

    name = "seen"
    sweep: str
    number: int
    n_spots: int | None
    n_spots_no_ice: int | None
    d_min: float | None  # Å
    ice: bool
    error: str

    def in_words(self) -> str:
        """Nothing."""
        return ""


@dataclass(frozen=True)
class Lattice(_Named):
    """A lattice was found in a sweep, or none was (no cell): with image ``image``, after so many degrees."""

    name = "lattice"
    sweep: str
    image: int
    degrees: float
    cell: tuple[float, ...] | None  # Å, degree; reduced, before any symmetry is known
    indexed: float  # share of the latest spots, 0 to 1
    why: str = ""

    def in_words(self) -> str:
        """A line."""
        where = f"{os.path.basename(self.sweep)}, {self.degrees:.0f} degrees"
        if self.cell is None:
            return f"no lattice yet ({where}): {self.why}"
        cell = " ".join(f"{x:.1f}" for x in self.cell)
        return f"lattice found ({where}): {cell}, {100 * self.indexed:.0f} % of the spots on it"


@dataclass(frozen=True)
class Integrated(_Named):
    """Images of a sweep that were integrated, and the reflections of the sweep so far."""

    name = "integrated"
    sweep: str
    first: int
    last: int
    reflections: int
    indexed: float  # share of the latest spots, 0 to 1
    why: str = ""

    def in_words(self) -> str:
        """A line."""
        if self.why:
            return f"{os.path.basename(self.sweep)}: {self.why}"
        return (
            f"integrated to image {self.last} of {os.path.basename(self.sweep)}: {self.reflections} reflections, "
            f"{100 * self.indexed:.0f} % of the spots on the lattice"
        )


@dataclass(frozen=True)
class Part(_Named):
    """Merged data of all sweeps (no name), or of a cluster."""

    name = "part"
    cluster: str
    sweeps: tuple[str, ...]
    completeness: float  # 0 to 1
    multiplicity: float
    cc_half: float | None
    r_meas: float | None
    i_over_sigma: float
    d_min: float  # Å

    def in_words(self) -> str:
        """A few words."""
        cc, r = (("-" if x is None else f"{x:.3f}") for x in (self.cc_half, self.r_meas))
        return (
            f"completeness {100 * self.completeness:.0f} %, multiplicity {self.multiplicity:.1f}, CC1/2 {cc}, "
            f"Rmeas {r}, to {self.d_min:.2f} Å"
        )


@dataclass(frozen=True)
class Merged(_Named):
    """What has been integrated so far, scaled and merged; final: after the last image, as the files have it."""

    name = "merged"
    images: int
    sweeps: int
    space_group: str
    cell: tuple[float, ...]
    parts: tuple[Part, ...]
    final: bool
    seconds: float  # that it took

    def in_words(self) -> str:
        """A line, and one for each cluster."""
        start = "merged" if self.final else "merged so far"
        head = f"{start}: {self.space_group}, {self.images} images"
        if len(self.parts) == 1 and not self.parts[0].cluster:
            return f"{head}, {self.parts[0].in_words()}"
        head += f", {self.sweeps} sweeps, {len(self.parts)} clusters"
        rows = [f"  {p.cluster or 'all'} ({len(p.sweeps)} sweeps): {p.in_words()}" for p in self.parts]
        return "\n".join([head, *rows])


@dataclass(frozen=True)
class Advice(_Named):
    """What to do: stop, go on, or move to another place or crystal; and why, in a line.

    kind: the reason in a word, for programs: complete, collecting, wedges, no diffraction, blank, ice, damage, second
    lattice, no lattice.
    """

    name = "advice"
    do: Literal["stop", "go on", "move"]
    kind: str
    why: str

    def in_words(self) -> str:
        """A line."""
        return f"advice: {self.do}: {self.why}"


@dataclass(frozen=True)
class Trouble(_Named):
    """What could not be done, and why; the collection goes on."""

    name = "trouble"
    what: str
    why: str

    def in_words(self) -> str:
        """A line."""
        return f"{self.what}, because {self.why}"
