"""The stages in the order in which an experiment falls through them: the table of contents of the package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from gnomon.distribute.blas import one_blas_thread
from gnomon.distribute.workers import SERIAL, Workers

if TYPE_CHECKING:  # so that --help does not wait for numpy
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.params import Params
    from gnomon.report.html.blocks import Section
    from gnomon.step import Progress, Result


@dataclass(frozen=True)
class Stage:
    """A step by name: ``steps/<name>/`` has its function and parameters, ``report/<name>.py`` its words,
    ``report/html/<name>.py`` its page where it has one.

    ``needs`` are the inputs (expt, refl); ``writes`` the files a command leaves: kind and default name;
    ``example`` is what one types after ``gnomon <name>``, a line each.
    """

    name: str
    summary: str
    needs: tuple[str, ...] = ("expt", "refl")
    writes: tuple[tuple[str, str], ...] = ()
    example: tuple[str, ...] = ()

    @property
    def params_class(self) -> type[Params]:
        """The step's parameter class; imports nothing heavy."""
        class_name = "".join(word.capitalize() for word in self.name.split("_")) + "Params"
        found: type[Params] = getattr(import_module(f"gnomon.steps.{self.name}.params"), class_name)
        return found

    @property
    def function(self) -> Callable[..., Result]:
        """The step itself; imports its science."""
        found: Callable[..., Result] = getattr(import_module(f"gnomon.steps.{self.name}.step"), self.name)
        return found

    def describe(self, result: Result) -> str:
        """What the step decided, in a few readable lines and tables."""
        text: str = import_module(f"gnomon.report.{self.name}").describe(result.summary)
        return "\n\n".join([text, *result.impossible])

    def page_sections(self, result: Result) -> list[Section]:
        """What stands on the step's page; none where it has no page."""
        name = f"gnomon.report.html.{self.name}"
        told = (result.summary,) if result.product is None else (result.summary, result.product)
        found: list[Section] = import_module(name).sections(*told) if find_spec(name) else []
        return found

    def __call__(
        self,
        experiments: Experiments,
        reflections: Reflections | None = None,
        *,
        workers: Workers = SERIAL,
        progress: Progress | None = None,
        **params: Any,
    ) -> Result:
        """Run the step from Python: ``find_spots(experiments, d_min=2.0)``."""
        from gnomon.models.reflections import Reflections as Table
        from gnomon.step import checked

        table, function = Table() if reflections is None else reflections, self.function
        with one_blas_thread():  # sums in another order would change digits of the results
            result = function(experiments, table, self.params_class(**params), workers=workers, progress=progress)
        return checked(result)


def _both(stem: str) -> tuple[tuple[str, str], ...]:
    return (("expt", f"{stem}.expt"), ("refl", f"{stem}.refl"))


def _page(name: str) -> tuple[str, str]:
    return ("html", f"gnomon.{name}.html")


STAGES: dict[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage(
            "find_spots",
            "find strong spots on the images",
            ("expt",),
            (("refl", "strong.refl"),),
            ("imported.expt", "imported.expt d_min=1.8 scan_range=1,90"),
        ),
        Stage(
            "index",
            "find the lattice, orientation and indices of the spots",
            writes=_both("indexed"),
            example=(
                "imported.expt strong.refl",
                "imported.expt strong.refl space_group=P43212 unit_cell=78.5,78.5,37.1,90,90,90 max_lattices=2",
            ),
        ),
        Stage(
            "refine",
            "refine geometry, orientation and cell against the spots",
            writes=_both("refined"),
            example=("indexed.expt indexed.refl", "indexed.expt indexed.refl scan_varying=false detector.fix=distance"),
        ),
        Stage(
            "integrate",
            "measure the intensity of every reflection",
            writes=_both("integrated"),
            example=("refined.expt refined.refl", "refined.expt refined.refl d_min=1.6 nproc=8"),
        ),
        Stage(
            "symmetry",
            "find the Laue group and the space group",
            writes=_both("symmetrized"),
            example=("integrated.expt integrated.refl", "integrated.expt integrated.refl laue_group=4/mmm"),
        ),
        Stage(
            "cosym",
            "find the symmetry and the indexing choice of many crystals",
            writes=(*_both("symmetrized"), _page("cosym")),
            example=("*/integrated.expt */integrated.refl", "*/integrated.expt */integrated.refl space_group=I213"),
        ),
        Stage(
            "scale",
            "put intensities on one scale, with an error model",
            writes=(*_both("scaled"), _page("scale")),
            example=(
                "symmetrized.expt symmetrized.refl anomalous=true d_min=1.7",
                "symmetrized.expt symmetrized.refl filtering.method=deltacchalf",
            ),
        ),
        Stage(
            "correlation_matrix",
            "say which data sets are alike, and how sure clusters of them are",
            writes=(_page("correlation_matrix"),),
            example=("scaled.expt scaled.refl significant_clusters.output=true",),
        ),
        Stage(
            "estimate_resolution",
            "say how far scaled data reach",
            writes=(_page("estimate_resolution"),),
            example=("scaled.expt scaled.refl", "scaled.expt scaled.refl cc_half=0.3 misigma=1.5"),
        ),
    )
}
