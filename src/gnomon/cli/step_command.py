"""The one command that serves every step: read what it needs, run it, say what came out, write what it made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, Command
from gnomon.cli.masks import write_masks
from gnomon.params import Params
from gnomon.pipeline import PARTS, STEPS, Stage

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.io.images.masks import Masks
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.step import Result


def step_command(
    name: str,
    run: Callable[[Session], object] | None = None,
    *,
    params: Callable[[], type[Params]] | None = None,
    **more: Any,
) -> Command:
    """The command of a step, or of a part of one, as it declares itself.

    run, params and ``more`` (fields of :class:`Command`): where the command does or reads more than the step.
    """
    stage = STEPS.get(name) or PARTS[name]
    return Command(
        name=stage.name,
        summary=stage.summary,
        params=params or (lambda: stage.params_class),
        run=run or (lambda session: run_step(stage, session)),
        needs=tuple(need for need in stage.needs if need in ("expt", "refl", "paths")),
        outputs=stage.writes,
        usage=stage.usage,
        example="\n".join(stage.example),
        **more,
    )


def run_step(stage: Stage, session: Session, empty: Collection[str] = ()) -> Result:
    """Read the inputs, run the step, say what came out, write it; and return it; ``empty`` as in :func:`given_data`."""
    experiments, reflections = given_data(stage, session, empty)
    result = tell(stage, session, experiments, reflections)
    if any(kind == "mask" for kind, _ in stage.writes):
        write_masks(session, experiments, _masks_of(result.product))
        return result
    asked = bool(getattr(session.params, "shoeboxes", False))
    session.write(result, shoeboxes=asked or "shoebox" in reflections)
    session.write_page(lambda: stage.page_sections(result))
    return result


def _masks_of(product: Any) -> Sequence[Masks]:
    """The masks themselves of what mask steps make: these, or these with what was counted."""
    masks: Sequence[Masks] = getattr(product, "masks", product)
    return masks


def given_data(stage: Stage, session: Session, empty: Collection[str] = ()) -> tuple[Experiments, Reflections]:
    """The experiments and reflections that the step needs, and what it takes besides where such files were given.

    empty: columns that are zero in tables that lack them, where another has them.

    Raises InputError where one that it needs is missing.
    """
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections

    has_expt = "expt" in stage.needs or ("expt" in stage.takes and is_given(session, *EXPERIMENTS))
    has_refl = "refl" in stage.needs or ("refl" in stage.takes and is_given(session, *REFLECTIONS))
    experiments = session.experiments() if has_expt else Experiments()
    reflections = session.reflections(experiments if has_expt else None, empty) if has_refl else Reflections()
    return experiments, reflections


def is_given(session: Session, *endings: str) -> bool:
    """Whether there is a file with one of these endings, or an unmerged one, which holds both kinds of data."""
    return bool(session.files(*endings) or session.unmerged)


def tell(stage: Stage, session: Session, *data: Any, params: Params | None = None, **more: Any) -> Result:
    """What the step makes of the data; what it says is said and recorded.

    params: the step's, where they are not just those of the session; more: what else its function takes.
    """
    values = params_of(stage, session) if params is None else dict(params)
    result: Result = stage(*data, context=session.context, **values, **more)
    session.record.step(stage.name, session.params, result.summary)
    session.say(stage.describe(result))
    return result


def params_of(stage: Stage, session: Session) -> dict[str, Any]:
    """The step's own parameters by name, without those of the command's files."""
    own = stage.params_class.model_fields
    return {key: value for key, value in session.params if key in own}
