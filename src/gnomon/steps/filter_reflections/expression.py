"""Boolean expressions of flag names."""

from __future__ import annotations

import ast

import numpy as np

from gnomon.errors import InputError
from gnomon.models.flags import Flag

_NAMES = {flag.lower(): bits for flag, bits in Flag.__members__.items()}
_TWO: dict[type, np.ufunc] = {
    ast.BitAnd: np.logical_and,
    ast.And: np.logical_and,
    ast.BitOr: np.logical_or,
    ast.Or: np.logical_or,
    ast.BitXor: np.logical_xor,
}


def flagged(expression: str, flags: np.ndarray) -> np.ndarray:
    """(N,) bool: where ``expression`` holds for ``flags`` (N,) uint64; a name of several bits asks for all of them.

    ``&``, ``|``, ``^``, ``~`` or and, or, not, with brackets; names by themselves or an unambiguous beginning.
    Raises InputError for what is no such expression.
    """
    try:
        tree = ast.parse(expression.strip().lower(), mode="eval").body
    except SyntaxError as error:
        raise InputError(f"flag_expression={expression!r} cannot be read ({error.msg}); {_ADVICE}") from None
    return _value(tree, flags, expression)


_ADVICE = "write it like 'integrated & ~(strong | reference_spot)'"


def _value(node: ast.expr, flags: np.ndarray, expression: str) -> np.ndarray:
    if isinstance(node, ast.Name):
        bits = np.uint64(_bits(node.id))
        return np.asarray((flags & bits) == bits)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert | ast.Not):
        return ~_value(node.operand, flags, expression)
    if isinstance(node, ast.BinOp) and type(node.op) in _TWO:
        sides = [node.left, node.right]
        return _TWO[type(node.op)](*(_value(side, flags, expression) for side in sides))
    if isinstance(node, ast.BoolOp):
        return np.asarray(_TWO[type(node.op)].reduce([_value(v, flags, expression) for v in node.values]))
    raise InputError(f"flag_expression={expression!r} holds more than flag names, &, |, ~ and brackets; {_ADVICE}")


def _bits(name: str) -> Flag:
    """The bits of a flag by its name, or by the beginning of one name alone."""
    if name in _NAMES:
        return _NAMES[name]
    found = [known for known in _NAMES if known.startswith(name)]
    if len(found) == 1:
        return _NAMES[found[0]]
    options = ", ".join(found or sorted(_NAMES))
    raise InputError(f"flag_expression: {name!r} is {'ambiguous' if found else 'no flag'}; give one of {options}")
