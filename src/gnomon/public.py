"""The functions of Python, made of the declarations of steps: real signatures, and the help of the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any

from gnomon.pipeline import PARTS, STEPS, Stage

if TYPE_CHECKING:
    from gnomon.params import Params

_DATA = {
    "paths": "paths: names of images, or of folders.",
    "both": "experiments, reflections: the data, or the result of another step in place of both.",
    "data": "data: paths of images, experiments, or the result of a step; reflections: where experiments are given.",
    "expt": "experiments: the data, or the result of another step.",
}


class _SignatureOf:
    """The signature of an instance, made when it is asked for; of the class, none of its own."""

    def __get__(self, function: Function | None, owner: type | None = None) -> Signature | None:
        return None if function is None else function.made_signature()


class Function:
    """A function of ``gnomon``: calls what it is made of; its signature and help are made when they are asked for."""

    __signature__ = _SignatureOf()

    def __init__(self, name: str, call: Callable[..., Any], declared: Callable[[], Declared]) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = "gnomon"
        self._call, self._declared = call, declared

    @property
    def name(self) -> str:
        """The name of its command."""
        return self._declared().command

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return self._declared().help

    def __get__(self, instance: object, owner: type | None = None) -> Function:
        """Itself: what has this is a routine to ``help``."""
        return self

    def __call__(self, *data: Any, **given: Any) -> Any:
        """What its step makes; data may be given by their names too."""
        if given:  # so that a call without parameters need not wait for the declaration
            named = [name for name in self._declared().data[len(data) :] if name in given]
            if named:
                last = self._declared().data.index(named[-1])
                data = (*data, *(given.pop(name, None) for name in self._declared().data[len(data) : last + 1]))
        return self._call(*data, **given)

    def __repr__(self) -> str:
        return f"<function gnomon.{self.__name__}>"

    def made_signature(self) -> Signature:
        """Of its data and parameters."""
        return self._declared().signature


class Declared:
    """What is said of a function: its command, its signature, its help."""

    def __init__(
        self, command: str, summary: str, data: tuple[str, ...], params: type[Params], more: Mapping[str, Any]
    ) -> None:
        self.command = command
        self.data = data
        first = [
            Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=Parameter.empty if i == 0 else None)
            for i, name in enumerate(data)
        ]
        own = [
            Parameter(key, Parameter.KEYWORD_ONLY, default=info.get_default(), annotation=info.annotation)
            for key, info in params.model_fields.items()
        ]
        extra = [Parameter(key, Parameter.KEYWORD_ONLY, default=default) for key, default in more.items()]
        context = Parameter("context", Parameter.KEYWORD_ONLY, default=None)
        self.signature = Signature([*first, *own, *extra, context], return_annotation="Result")
        self.help = _help(command, summary, data, params)


def _help(command: str, summary: str, data: tuple[str, ...], params: type[Params]) -> str:
    """What ``gnomon COMMAND --help`` says of the parameters, under the names of Python."""
    from gnomon.report.parameters import describe_params

    kind = data[0] if data[0] in ("paths", "data") else "both" if len(data) > 1 else "expt"
    parts = [f"{summary[0].upper()}{summary[1:]}.", "", _DATA[kind]]
    parts.append("context: how many threads, which machines (gnomon.Context); it changes no bit of any result.")
    if params.model_fields:
        parts += ["", f"parameters, by name (in brackets what `gnomon {command}` calls them):"]
        parts.append(describe_params(params, python=True))
    return "\n".join([*parts, "", "Raises gnomon.InputError in one line: what was found, and what to do."])


def data_of(stage: Stage) -> tuple[str, ...]:
    """The names of what a step is called with before its parameters."""
    if "paths" in stage.needs:
        return ("paths",)
    has_table = "refl" in stage.needs or "refl" in stage.takes
    return ("experiments", "reflections") if has_table else ("experiments",)


def more_of(stage: Stage) -> dict[str, Parameter]:
    """What else the step's function takes by name; imports its science."""
    known = signature(stage.function).parameters
    (_, *rest) = list(known)[list(known).index("params") :] if "params" in known else ["", *known]
    return {key: known[key] for key in rest if key not in ("context", "params", *data_of(stage))}


def _of(stage: Stage) -> Function:
    made: list[Declared] = []

    def declared() -> Declared:
        if not made:
            more = {key: parameter.default for key, parameter in more_of(stage).items()}
            made.append(Declared(stage.name, stage.summary, data_of(stage), stage.params_class, more))
        return made[0]

    return Function(stage.public_name, stage, declared)


def _process(*data: Any, **given: Any) -> Any:
    from gnomon.process.from_python import process_data

    return process_data(*data, **given)


def _declared_process() -> Declared:
    from gnomon.process.params import ProcessParams

    summary = "all of it: images to merged intensities, deciding as an expert would"
    return Declared("process", summary, ("data", "reflections"), ProcessParams, {})


PUBLIC: dict[str, Function] = {
    **{stage.public_name: _of(stage) for stage in (*STEPS.values(), *PARTS.values())},
    "process_data": Function("process_data", _process, _declared_process),
}
"""Every step and part of one by the name that it has in Python, and all of them."""
