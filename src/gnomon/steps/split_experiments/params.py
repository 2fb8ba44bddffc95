"""What split_experiments can be told."""

from __future__ import annotations

from gnomon.params import Params, param


class SplitExperimentsParams(Params):
    """How to part the list."""

    by_detector: bool = param(False, "a part for each detector")
    by_wavelength: bool = param(False, "a part for each wavelength, from short to long, alike to 1e-4 of it")
    chunk_size: int | None = param(None, "parts of at most this many experiments", name="output.chunk_size", ge=1)
    chunk_sizes: tuple[int, ...] | None = param(
        None, "parts of these numbers of experiments, which add up to all", name="output.chunk_sizes"
    )
