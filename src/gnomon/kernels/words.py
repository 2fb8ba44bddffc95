"""Eight bytes at once, wherever they lie: what copies of a few bytes need to be fast."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_WORD = ir.IntType(64)


def _place(context: Any, builder: Any, signature: Any, array: Any, at: Any) -> Any:
    """A pointer to the word that begins at byte ``at`` of the array."""
    data = context.make_array(signature.args[0])(context, builder, array).data
    return builder.bitcast(cgutils.gep_inbounds(builder, data, at), _WORD.as_pointer())


@intrinsic
def load_word(typing, octets, at):
    """Bytes ``at`` to ``at + 8`` of ``octets`` (n,) uint8 as one uint64. Nothing checks that they are there."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.load(_place(context, builder, signature, *given), align=1)

    return types.uint64(octets, types.intp), generate


@intrinsic
def store_word(typing, octets, at, word):
    """Writes the uint64 ``word`` to bytes ``at`` to ``at + 8`` of ``octets`` (n,) uint8, unchecked."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        builder.store(given[2], _place(context, builder, signature, *given[:2]), align=1)
        return context.get_dummy_value()

    return types.void(octets, types.intp, types.uint64), generate
