"""The table of contents of the package: every step, those of the chain in the order in which data fall through them."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from gnomon.declared import Step, declare, in_order
from gnomon.distribute.blas import one_blas_thread
from gnomon.params import made
from gnomon.plugins import plugins
from gnomon.steps import declared, declared_parts

if TYPE_CHECKING:  # so that --help does not wait for numpy
    from gnomon.report.html.blocks import Section
    from gnomon.step import Context, Result
    from gnomon.summary import Summary


@dataclass(frozen=True, kw_only=True)
class Stage(Step):
    """A step that can be called: ``find_spots(experiments, d_min=2.0)``.

    ``steps/<name>/`` has its declaration, function and parameters, ``report/<name>.py`` its words,
    ``report/html/<name>.py`` its page where it has one.
    """

    @classmethod
    def of(cls, step: Step) -> Stage:
        """The stage that a step declares."""
        return cls(**{f.name: getattr(step, f.name) for f in fields(step)})

    @property
    def folder(self) -> str:
        """The name of its modules: ``import_`` of ``import``."""
        return f"{self.name}_" if iskeyword(self.name) else self.name

    @property
    def summary_class(self) -> type[Summary]:
        """The class of what the step tells, as its function declares it; imports its science."""
        returned = get_type_hints(self.function)["return"]
        if get_origin(returned) is list:
            (returned,) = get_args(returned)
        found: type[Summary] = get_args(returned)[0]
        return found

    def describe(self, result: Result) -> str:
        """What the step decided, in a few readable lines and tables."""
        name = self.report or f"gnomon.report.{self.folder}"
        if self.report or find_spec(name):
            text: str = import_module(name).describe(result.summary)
        else:
            from gnomon.report.figures_of import figures_of

            text = figures_of(result.summary)
        return "\n\n".join([text, *result.impossible])

    def page_sections(self, result: Result) -> list[Section]:
        """What stands on the step's page."""
        from gnomon.report.html.steps import step_sections

        return step_sections(self.name, result)

    def __call__(self, *data: Any, context: Context | None = None, **given: Any) -> Any:
        """Run the step from Python: its :class:`gnomon.step.Result`, or a list of them where it makes several.

        data: experiments and, where the step needs some, reflections, or the result of another step, which is both; of
        ``import_images`` the paths of images. given: parameters by name, and what else the step's function takes by
        name (``reference``). Raises UsageError for a parameter that is none or cannot be.
        """
        from gnomon.step import checked

        function = self.function
        known, fits = signature(function).parameters, self.params_class.model_fields
        more = {key: value for key, value in given.items() if key in known and key not in fits}
        if context is not None and "context" in known:
            more["context"] = context
        params = made(self.params_class, {key: value for key, value in given.items() if key not in more})
        with one_blas_thread():  # sums in another order would change digits of the results
            result = function(*self._data(data), params, **more)
        return [checked(one) for one in result] if isinstance(result, list) else checked(result)

    def _data(self, data: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the step's function is called with before its parameters."""
        from gnomon.models.experiment import Experiments
        from gnomon.models.reflections import Reflections
        from gnomon.step import Data

        if "paths" in self.needs:
            (paths,) = data
            return ([os.fspath(path) for path in ((paths,) if isinstance(paths, str | os.PathLike) else paths)],)
        if len(data) == 1 and isinstance(data[0], Data):
            data = tuple(data[0])
        experiments, reflections = (*data, None, None)[:2]
        return (
            Experiments() if experiments is None else experiments,
            Reflections() if reflections is None else reflections,
        )


def _all() -> dict[str, Stage]:
    """gnomon's own steps and those of other packages. Raises InputError where two have one name."""
    from gnomon.errors import InputError

    own, others = declared(), list(plugins("gnomon.steps").values())
    taken = {step.name for step in own}
    for step in others:
        if step.name in taken:
            raise InputError(f"a package adds a step {step.name}, which there is already; uninstall that package")
        taken.add(step.name)
    declare(others)
    chain = in_order([*own, *others])
    tools = sorted((step for step in (*own, *others) if step.after is None), key=lambda step: step.name)
    return {step.name: Stage.of(step) for step in (*chain, *tools)}


STEPS: dict[str, Stage] = _all()
"""Every step: the chain in its order, then the tools."""

STAGES: dict[str, Stage] = {name: stage for name, stage in STEPS.items() if stage.after is not None}
"""The chain, from images to merged data and the files of other programs."""

PARTS: dict[str, Stage] = {part.name: Stage.of(part) for part in declared_parts()}
"""What does a part of a step's work by itself, without a folder of its own."""
