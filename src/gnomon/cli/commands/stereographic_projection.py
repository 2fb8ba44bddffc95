"""``gnomon stereographic_projection``: directions of crystals as a picture, a page and numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from gnomon.cli.step_command import step_command, tell
from gnomon.errors import InputError, UsageError
from gnomon.params import Params, param
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.report.stereogram_picture import Marks


def _params() -> type[Params]:
    from gnomon.steps.stereographic_projection.params import StereographicProjectionParams

    class StereographicFilesParams(StereographicProjectionParams):
        """Which directions are projected, as seen from where, and how they are drawn."""

        label_indices: bool = param(False, "write the indices beside the dots", name="plot.label_indices")
        marker_size: float = param(3.0, "radius of dots", unit="px", name="plot.marker_size", gt=0, le=50)
        colours: tuple[str, ...] = param((), "colours of crystals in turn: red, #0072b2...", name="plot.colours")
        labels: tuple[str, ...] = param(
            (), "names of the crystals, one each; of their data sets if not given", name="plot.labels"
        )
        save_coordinates: bool = param(True, "write output.coordinates")

    return StereographicFilesParams


def run(session: Session) -> None:
    """Project; write the picture, the coordinates, the figure as JSON, and the page."""
    from gnomon.io.atomic import write_whole
    from gnomon.models.reflections import Reflections
    from gnomon.report.html.blocks import Figure, Section
    from gnomon.report.stereogram_picture import stereogram_png
    from gnomon.report.stereographic_projection import coordinates_text, stereogram

    experiments = session.experiments()
    marks = _marks(session, len(experiments))
    summary = tell(STEPS["stereographic_projection"], session, experiments, Reflections()).summary
    figure = stereogram(summary, marks.names)
    content: dict[str, Callable[[], bytes | str]] = {
        "png": lambda: stereogram_png(summary, marks),
        "coordinates": lambda: coordinates_text(summary),
        "json": lambda: json.dumps(figure, indent=1),
    }
    for kind, made in content.items():
        if (path := session.outputs.get(kind)) and (kind != "coordinates" or session.params.save_coordinates):
            write_whole(path, made())
            session.wrote(path)
    drawn = Figure("Directions", figure["data"], figure["layout"], f"In the middle: {summary.pole}.", height=620)
    session.write_page(lambda: [Section("Stereographic projection", [drawn])])


def _marks(session: Session, n: int) -> Marks:
    """How directions are drawn. Raises UsageError for a colour or a number of names that cannot be."""
    from PIL import ImageColor

    from gnomon.report.stereogram_picture import COLOURS, Marks

    wanted = session.params
    if wanted.labels and len(wanted.labels) != n:
        raise InputError(f"plot.labels has {len(wanted.labels)} names for {n} crystals; give one each")
    for colour in wanted.colours:
        try:
            ImageColor.getrgb(colour)
        except ValueError:
            raise UsageError(f"plot.colours={colour}: no colour; give a name (red) or #rrggbb") from None
    return Marks(wanted.marker_size, wanted.label_indices, wanted.colours or COLOURS, wanted.labels)


COMMAND = step_command(
    "stereographic_projection", run, params=_params, output_names={"plot.filename": "png", "json.filename": "json"}
)
