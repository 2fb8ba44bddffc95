"""The stub of ``gnomon``: what its functions take and give, for type checkers and completion."""

from __future__ import annotations

from inspect import Parameter, signature
from textwrap import indent
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import gnomon
from gnomon.pipeline import PARTS, STEPS
from gnomon.public import PUBLIC

_OWN = {"float": "float", "int": "int", "str": "str", "bool": "bool", "NoneType": "None", "object": "object"}
_DATA = {
    "paths": "Paths",
    "data": "Data | Experiments | Paths",
    "experiments": "Data | Experiments | None",
    "reflections": "Reflections | None",
}


class Stub:
    """Lines of the stub, and the imports that they need."""

    def __init__(self) -> None:
        self.imports: dict[str, set[str]] = {"gnomon.step": {"Context", "Data"}}
        self.lines: list[str] = []

    def type_of(self, annotation: Any) -> str:
        """The annotation as it is written; of a list of any length, whatever can be gone through in order."""
        origin, parts = get_origin(annotation), get_args(annotation)
        if origin is Literal:
            self.imports.setdefault("typing", set()).add("Literal")
            return f"Literal[{', '.join(map(repr, parts))}]"
        if origin is tuple and parts[-1] is Ellipsis:
            self.imports.setdefault("collections.abc", set()).add("Sequence")
            return f"Sequence[{self.type_of(parts[0])}]"
        if origin is not None and isinstance(origin, type) and str(origin) != "<class 'types.UnionType'>":
            return f"{self._named(origin)}[{', '.join(map(self.type_of, parts))}]"
        if parts:
            return " | ".join(map(self.type_of, parts))
        return self._named(annotation)

    def _named(self, kind: Any) -> str:
        if kind is None:
            return "None"
        if kind is Any or isinstance(kind, TypeVar):
            self.imports.setdefault("typing", set()).add("Any")
            return "Any"
        name = str(getattr(kind, "__name__", kind))
        if name in _OWN:
            return _OWN[name]
        if kind.__module__ != "builtins":
            self.imports.setdefault(kind.__module__, set()).add(name)
        return name

    def function(self, name: str, hints: dict[str, Any], returned: str, of: str = "") -> None:
        """Add a function; of: the public one that it is, where that has another name."""
        public = PUBLIC[of or name]
        self.lines.append(f"def {name}(")
        star = False
        for parameter in signature(public).parameters.values():
            if parameter.kind is Parameter.KEYWORD_ONLY and not star:
                self.lines.append("    *,")
                star = True
            self.lines.append(f"    {self._parameter(parameter, hints)},")
        text = (public.__doc__ or "").replace("\\", "\\\\").replace('"""', "'''")
        self.lines += [f") -> {returned}:", indent(f'"""{text}\n"""', "    "), ""]

    def _parameter(self, parameter: Parameter, hints: dict[str, Any]) -> str:
        name = parameter.name
        if name == "context":
            return "context: Context | None = None"
        if parameter.kind is not Parameter.KEYWORD_ONLY:
            default = "" if parameter.default is Parameter.empty else " = None"
            return f"{name}: {_DATA[name]}{default}"
        annotation = hints[name] if parameter.annotation is Parameter.empty else parameter.annotation
        default = "" if parameter.default is Parameter.empty else f" = {parameter.default!r}"
        return f"{name}: {self.type_of(annotation)}{default}"


def stub() -> str:
    """The whole text."""
    made = Stub()
    for stage in (*STEPS.values(), *PARTS.values()):
        hints = get_type_hints(stage.function)
        made.function(stage.public_name, hints, made.type_of(hints["return"]))
    for name in ("process_data", "process"):
        made.function(name, {}, "list[Outcome]", of="process_data")
    made.imports.setdefault("gnomon.process.runner", set()).add("Outcome")
    return "\n".join([*_head(made), *made.lines]) + "\n"


def _head(made: Stub) -> list[str]:
    others = [name for name in gnomon.__all__ if name not in PUBLIC]
    lines = ['"""Written by docs/reference/generate.py from the declarations of steps: do not edit."""', ""]
    lines += ["from collections.abc import Iterable", "from os import PathLike", ""]
    for name in others:
        made.imports.get(gnomon._OTHERS[name], set()).discard(name)
        lines.append(f"from {gnomon._OTHERS[name]} import {name} as {name}")
    for module, names in sorted(made.imports.items()):
        lines += [f"from {module} import {name}" for name in sorted(names)]
    return [*lines, "", "__version__: str", "Paths = str | PathLike[str] | Iterable[str | PathLike[str]]", ""]
