"""``gnomon refine_error_model``: the basic error model fitted anew to scaled data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnomon.cli.command import Command
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.report.html.blocks import Section
    from gnomon.steps.scale.refit import Refitted

HEADERS = ("Intensity range (<Ih>)", "n_refl", "Uncorrected variance", "Corrected variance")


class RefineErrorModelParams(Params):
    """Which intensities are looked at, and what is known of the model."""

    a: float | None = param(None, "factor of integrated sigmas, held where given", name="basic.a", gt=0)
    b: float | None = param(None, "error as a share of the intensity, held where given", name="basic.b", ge=0)
    min_intensity: float = param(
        25.0, "reflections with a lower mean intensity do not take part", unit="count", name="basic.min_Ih", ge=0
    )
    n_bins: int = param(10, "intensity ranges in which deviations are told", name="basic.n_bins", ge=1, le=100)
    intensity_choice: Literal["profile", "sum"] = param("profile", "which integrated intensities are looked at")


def run(session: Session[RefineErrorModelParams]) -> None:
    """Fit, say the model and how sigmas fit before and after, and show it on a page."""
    from gnomon.maths.crystal.symmetry import space_group
    from gnomon.maths.data_sets.data_set import common_data_set
    from gnomon.step import require_columns
    from gnomon.steps.scale.refit import refit_error_model

    experiments = session.experiments()
    reflections = session.reflections(experiments)
    params = session.params
    kind = {"profile": "prf", "sum": "sum"}[params.intensity_choice]
    needed = ("inverse_scale_factor", f"intensity.{kind}.value", f"intensity.{kind}.variance")
    require_columns("refine_error_model", reflections, needed)
    group = space_group(common_data_set(experiments, float("inf")).hall_symbol)
    found = refit_error_model(reflections, group, kind, params.min_intensity, params.n_bins, (params.a, params.b))
    session.say(_words(found))
    session.write_page(lambda: _sections(found))
    if path := session.outputs.get("json"):
        import json
        from dataclasses import asdict

        from gnomon.io.atomic import write_whole

        write_whole(path, json.dumps(asdict(found), indent=1))
        session.wrote(path)


def _rows(found: Refitted) -> list[tuple[str, ...]]:
    return [(f"{b.high:.2f} - {b.low:.2f}", str(b.n), f"{b.before:.3f}", f"{b.after:.3f}") for b in found.bins]


def _words(found: Refitted) -> str:
    from gnomon.report.table import text_table

    return "\n".join([
        f"Error model from {found.n} observations with equivalents:",
        f"  Parameters: a = {found.a:.5f}, b = {found.b:.5f}",
        "  Error model formula: σ'² = a²(σ² + (bI)²)",
        f"  estimated I/sigma asymptotic limit: {found.isa:.3f}",
        "",
        text_table("Mean squared deviations from equivalents: 1 where sigmas are right", HEADERS, _rows(found)),
    ])  # fmt: skip


def _sections(found: Refitted) -> list[Section]:
    from gnomon.report.html.blocks import Section, Table, Tile, Tiles
    from gnomon.report.html.figures.axes import axis
    from gnomon.report.html.figures.lines import Curve, lines

    tiles = Tiles([Tile("a", f"{found.a:.3f}"), Tile("b", f"{found.b:.4f}"), Tile("I/sigma limit", f"{found.isa:.1f}")])
    x = [(b.high + b.low) / 2 for b in found.bins]
    curves = [
        Curve(name, x, [getattr(b, key) for b in found.bins], mode="lines+markers")
        for name, key in (("integrated sigmas", "before"), ("with the model", "after"))
    ]
    axes = {"x": axis("mean intensity", type="log"), "y": axis("mean squared deviation", rangemode="tozero")}
    table = Table("By intensity", HEADERS, [list(row) for row in _rows(found)])
    return [Section("Error model", (tiles, lines("Deviations among equivalents", curves, axes), table))]


COMMAND = Command(
    name="refine_error_model",
    summary="fit the basic error model anew to scaled data",
    params=lambda: RefineErrorModelParams,
    run=run,
    needs=("expt", "refl"),
    outputs=(("html", "error_model.html"), ("json", None)),
    example="gnomon refine_error_model scaled.expt scaled.refl\n"
    "gnomon refine_error_model scaled.expt scaled.refl intensity_choice=sum basic.b=0.02",
)
