"""What every step is: a pure function of experiments, reflections and parameters.

``step(experiments, reflections, params, context) -> Result``; the context is left out where nothing takes long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Generic

from typing_extensions import TypeVar

from gnomon.declared import makers_of
from gnomon.distribute.executor import Executor, Inline
from gnomon.distribute.workers import SERIAL, Workers
from gnomon.errors import InputError
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.soundness import sound, sound_product

Progress = Callable[[str, int, int], None]
"""Called as ``progress(what, done, total)`` while long work goes on."""


@dataclass(frozen=True)
class Context:
    """How a step is run; it changes no bit of any result.

    workers: threads of this process. executor: what runs sweeps, or blocks of data sets, each a task of its own.
    """

    workers: Workers = SERIAL
    executor: Executor = field(default_factory=Inline)
    progress: Progress | None = None


HERE = Context()
"""In this thread, without a word."""

S = TypeVar("S", default=Any)
P = TypeVar("P", default=None)


@dataclass(frozen=True)
class Data:
    """Experiments and their reflections: what falls from step to step."""

    experiments: Experiments
    reflections: Reflections
    mark: str = field(default="", kw_only=True, compare=False)
    """What they are, in a hash, where it is known by which files they are held; empty elsewhere."""

    def __iter__(self) -> Iterator[Any]:
        return iter((self.experiments, self.reflections))


@dataclass(frozen=True)
class Result(Data, Generic[S, P]):
    """What a step returns: data for the next step, and what logs, pages and records are made of.

    summary: the step's own frozen dataclass (:mod:`gnomon.summary`), None where no step made it. product: what it made
    beside the data (merged or unmerged data, masks, similarities), None of most steps. impossible: a sentence for each
    kind of number that was taken out because no measurement can have given it.
    """

    summary: S = None  # type: ignore[assignment]
    product: P = None  # type: ignore[assignment]
    impossible: tuple[str, ...] = ()

    def __repr__(self) -> str:
        told = {"summary": self.summary, "product": self.product}
        more = "".join(f", {key}={type(value).__name__}" for key, value in told.items() if value is not None)
        return f"Result({self.experiments!r}, {self.reflections!r}{more})"

    def _repr_html_(self) -> str:
        """Its data and what the step tells, for notebooks."""
        parts = [self.experiments, self.reflections, self.summary]
        return "".join(part._repr_html_() for part in parts if hasattr(part, "_repr_html_"))


def checked(result: Result[S, P]) -> Result[S, P]:
    """The result without numbers that cannot be: every step's goes through here on its way to the next, or to a file.

    Tables of reflections, merged and exported data, and correlations. What was taken out is told in ``impossible``.
    """
    table, counts = sound(result.reflections)
    product, told = sound_product(result.product)
    words = [f"{n} rows have an impossible {name}: not to be used" for name, n in counts.items()] + told
    return replace(result, reflections=table, product=product, impossible=(*result.impossible, *words))


def require_columns(step: str, reflections: Reflections, names: Iterable[str]) -> None:
    """Check that columns are there. Raises InputError that names those missing and the step that makes them."""
    missing = [name for name in names if name not in reflections]
    if missing:
        makers = makers_of(missing, step)
        advice = f"; run {' and '.join(makers)} first" if makers else ""
        word = "column" if len(missing) == 1 else "columns"
        raise InputError(f"{step} needs the {word} {', '.join(missing)}{advice}")


def require_intensities(step: str, reflections: Reflections) -> None:
    """Check that there are summed or profile-fitted intensities. Raises InputError where there are neither."""
    if "intensity.prf.value" not in reflections:
        require_columns(step, reflections, ("intensity.sum.value", "intensity.sum.variance"))


def require_crystals(step: str, experiments: Experiments) -> None:
    """Check that every experiment has a crystal. Raises InputError that names the first without."""
    bare = [i for i, e in enumerate(experiments) if e.crystal is None]
    if bare:
        raise InputError(f"{step} needs a crystal in every experiment; number {bare[0]} has none; run index first")


def require_images(step: str, experiments: Experiments) -> None:
    """Check that every experiment has images. Raises InputError that names the first without."""
    bare = [i for i, e in enumerate(experiments) if e.images is None]
    if bare:
        raise InputError(f"{step} needs images; experiment {bare[0]} has none; run import first")


def require_range(asked: str, first: int, last: int, experiment: Experiment, number: int) -> None:
    """Check that experiment ``number`` has images ``first`` to ``last``; asked: in words. Raises InputError."""
    low, high = experiment.image_range
    if first < low or last > high:
        raise InputError(f"{asked}: experiment {number} has images {low} to {high}; give some of these")


def require_experiment(asked: str, number: int, experiments: Experiments) -> None:
    """Check that there is an experiment of that number; asked: the parameter that names it. Raises InputError."""
    if not 0 <= number < len(experiments):
        raise InputError(f"{asked} names experiment {number}; there are 0 to {len(experiments) - 1}; give one of them")
