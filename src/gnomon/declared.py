"""What a step says of itself, once, in the ``__init__.py`` of its own folder: ``STEP = Step(...)``.

The pipeline, the command line with its help, the public names of Python, the advice of errors and pages of the docs are
made of these. Names of functions stand as text, so that ``--help`` need not wait for numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnomon.params import Params


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step: what it is called, what it needs, and what it makes.

    A step of the chain names the one that it comes ``after``; a tool names none.
    """

    name: str
    summary: str
    run: str
    """``package.module:function``, called as ``(experiments, reflections, params[, context])``."""
    params: str
    """``package.module:Class``, of :class:`gnomon.params.Params`."""
    needs: tuple[str, ...] = ("expt", "refl")
    """Of: ``images`` (the pixels themselves), ``expt``, ``refl``, ``reference`` (another data set, or a free set); or
    ``paths``, the names of files."""
    takes: tuple[str, ...] = ()
    """What it uses where there is some: ``expt``, ``refl``, ``reference``."""
    columns: tuple[str, ...] = ()
    """Columns that the reflections must have."""
    makes: tuple[str, ...] = ()
    """Columns that it adds, or fills anew."""
    changes: tuple[str, ...] = ()
    """Columns that it finds and changes in some rows, or turns into others: flags, indices of another basis."""
    writes: tuple[tuple[str, str | None], ...] = ()
    """Kind and default name of each file of its command; None: only where asked for; empty: named after the input."""
    usage: str = ""
    """What the help shows; empty: made of ``needs``."""
    example: tuple[str, ...] = ()
    """What one types, a line each."""
    after: str | None = None
    report: str = ""
    """The module whose ``describe(summary)`` puts the result in words; empty: ``gnomon.report.<name>``, or the figures
    of the summary one by one where there is none."""

    @property
    def public_name(self) -> str:
        """The name of its function, by which Python finds it: ``import_images`` of ``import``."""
        return self.run.partition(":")[2]

    @property
    def params_class(self) -> type[Params]:
        """The step's parameter class; imports nothing heavy."""
        found: type[Params] = named(self.params)
        return found

    @property
    def function(self) -> Callable[..., Any]:
        """The step itself; imports its science."""
        found: Callable[..., Any] = named(self.run)
        return found


def named(text: str) -> Any:
    """The object that ``package.module:name`` names."""
    module, _, name = text.partition(":")
    return getattr(import_module(module), name)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """The steps of the chain, each right behind the one it comes after; those that come after one step by name.

    Raises ValueError where a step comes after one that is no step of the chain.
    """
    chain = sorted((step for step in steps if step.after is not None), key=lambda step: step.name)
    names = {step.name for step in chain}
    for step in chain:
        if step.after and step.after not in names:
            raise ValueError(f"step {step.name} comes after {step.after}, which is no step of the chain")

    def behind(name: str) -> list[Step]:
        return [one for step in chain if step.after == name for one in (step, *behind(step.name))]

    found = behind("")
    if len(found) < len(chain):
        lost = ", ".join(step.name for step in chain if step not in found)
        raise ValueError(f"steps that come after each other in a circle: {lost}")
    return found


_KNOWN: dict[str, Step] = {}
"""Every step that was declared, by name; :func:`declare` alone adds to it."""


def declare(steps: Iterable[Step]) -> None:
    """Make the steps known to :func:`makers_of`."""
    _KNOWN.update({step.name: step for step in steps})


def makers_of(columns: Iterable[str], step: str) -> list[str]:
    """The steps of the chain that make these columns, by name; none for columns that no step makes.

    Of several that make one, the last before ``step`` (spots have summed intensities too, but scaling needs those of
    integration); for a tool, which may come anywhere, the first.
    """
    chain = in_order(_KNOWN.values())
    place = next((i for i, one in enumerate(chain) if one.name == step), None)
    before = chain if place is None else chain[place - 1 :: -1] if place else []
    makers = {next((one.name for one in before if column in one.makes), None) for column in columns}
    return sorted(name for name in makers if name is not None)
