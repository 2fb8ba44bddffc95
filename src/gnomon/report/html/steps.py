"""The page of any step: what it told, as its own module draws it, then what its data show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from keyword import iskeyword
from typing import Any

from gnomon.declared import named
from gnomon.models.experiment import Experiments
from gnomon.models.merged import MergedData
from gnomon.models.reflections import Reflections
from gnomon.report.figures_of import figures_of
from gnomon.report.html.blocks import Block, Section, Words
from gnomon.report.html.data.seen import Seen
from gnomon.step import Result


@dataclass(frozen=True)
class Kind:
    """A section of the data: its title, what stands in it, and the steps on whose pages it stands unfolded.

    blocks: ``module:function`` of ``report/html/data``, so that a page waits for no science that it does not show.
    also: the steps on whose pages it stands folded.
    """

    title: str
    blocks: str
    steps: tuple[str, ...]
    also: tuple[str, ...] = ()

    def of(self, seen: Seen) -> Sequence[Block]:
        """What stands in it; nothing where the data have nothing of the kind."""
        found: Sequence[Block] = named(f"gnomon.report.html.data.{self.blocks}")(seen)
        return found


KINDS = (
    Kind("Merging", "scaled:merging_blocks", ()),
    Kind("Scaling", "scaled:scaling_blocks", ("scale",)),
    Kind("Absorption and decay", "models:model_blocks", (), ("scale",)),
    Kind("The crystal by its intensities", "scaled:crystal_statistics", ("scale", "merge")),
    Kind("Anomalous differences", "scaled:anomalous_blocks", ("scale",)),
    Kind("Integrated reflections", "integration:integration_blocks", ("integrate",)),
    Kind("Spots", "spots:spot_blocks", ("find_spots", "index")),
    Kind("Centroids", "centroids:centroid_blocks", ("index", "refine"), ("integrate",)),
    Kind("Crystals", "crystals:crystal_blocks", ("index", "refine"), ("integrate", "symmetry", "cosym", "scale")),
    Kind("Orientations", "orientations:orientation_blocks", (), ("index", "refine", "symmetry", "cosym", "scale")),
    Kind("Geometry", "geometry:geometry_blocks", ("import",), ("find_spots", "index", "refine", "integrate")),
    Kind("History", "geometry:history_blocks", ()),
)
"""In the order of what is worth a look first."""


def sections_of(
    experiments: Experiments,
    reflections: Reflections,
    summaries: Mapping[str, Any] | None = None,
    products: Mapping[str, Any] | None = None,
) -> list[Section]:
    """Everything that can be shown of data at any stage, from whatever columns there are; what matters most first.

    summaries: what steps told, by the steps' names, in their order; that of the last step comes first. products: what
    some of them made beside it, by the same names. Sections without anything in them are left out.
    """
    made = products or {}
    told = [s for name, one in reversed(list((summaries or {}).items())) for s in told_by(name, one, made.get(name))]
    return [*told, *data_sections(experiments, reflections)]


def data_sections(experiments: Experiments, reflections: Reflections, step: str = "") -> list[Section]:
    """The sections of the data: those of a step's page, or all where none is named."""
    seen = Seen(experiments, reflections)
    wanted = [kind for kind in KINDS if not step or step in (*kind.steps, *kind.also)]
    group = "" if step else "Data"
    found = [Section(k.title, k.of(seen), not step or step in k.steps, group) for k in wanted]
    return [section for section in found if section.blocks]


def step_sections(name: str, result: Result[Any, Any]) -> list[Section]:
    """What stands on the page of a step."""
    told = told_by(name, result.summary, result.product)
    own = [replace(section, group="") for section in told]
    return [*own, *data_sections(result.experiments, result.reflections, name)]


def merged_sections(merged: MergedData, name: str = "") -> list[Section]:
    """What can be shown of merged data of a file called ``name``."""
    from gnomon.report.html.data.intensities import intensity_blocks

    blocks = intensity_blocks(merged)
    return [Section("The crystal by its intensities", blocks, group=name)] if blocks else []


def told_by(name: str, summary: Any, product: Any = None) -> list[Section]:
    """What a step told: drawn by ``report/html/<name>.py`` where there is one, else in the step's own words.

    name: the step's, behind what it is of ("cluster_0 scale").
    """
    if summary is None:
        return []
    step = name.split()[-1]
    folder = f"{step}_" if iskeyword(step) else step
    module = f"gnomon.report.html.{folder}"
    if find_spec(module):
        drawn = import_module(module).sections
        takes_product = product is not None and len(signature(drawn).parameters) > 1
        found: list[Section] = drawn(summary, product) if takes_product else drawn(summary)
    else:
        found = _in_words(folder, summary)
    return [replace(section, group=section.group or name) for section in found]


def _in_words(folder: str, summary: Any) -> list[Section]:
    """The step's own words, a line each as the log has them."""
    module = f"gnomon.report.{folder}"
    text: str = import_module(module).describe(summary) if find_spec(module) else figures_of(summary)
    return [Section("Summary", (Words((text,), plain=True),))] if text else []
