"""Unpacking the real numbers that flex arrays wrote into pickles."""

from gnomon.kernels.jit import kernel


@kernel
def unpack_reals(packed, values):
    """Where in ``packed`` reading ended; -1 where the bytes end early or make no numbers.

    packed: (n,) uint8; values: (m,) float32 or float64, written. Each number is a length byte (counts itself, 0x80 for
    minus) and a mantissa below one, highest byte first; unless the length is 0, a power of two as an integer: a length
    byte and its magnitude, lowest byte first.
    """
    at = 0
    for k in range(values.size):
        if at >= packed.size:
            return -1
        head = packed[at]
        size = head & 0x7F
        if size == 0:
            values[k] = 0.0
            at += 1
            continue
        if at + size >= packed.size or size > 9:
            return -1
        mantissa = 0.0
        for i in range(at + size - 1, at, -1):
            mantissa = (mantissa + packed[i]) / 256.0
        at += size
        power_head = packed[at]
        length = max(power_head & 0x7F, 1)
        if at + length > packed.size or length > 3:
            return -1
        power = 0
        for i in range(at + length - 1, at, -1):
            power = power * 256 + packed[i]
        at += length
        value = mantissa * 2.0 ** (-power if power_head & 0x80 else power)
        values[k] = -value if head & 0x80 else value
    return at
