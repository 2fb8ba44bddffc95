"""What sequence_to_stills can be told."""

from __future__ import annotations

from gnomon.params import Params, param


class SequenceToStillsParams(Params):
    """How many stills, and what is known of the crystal."""

    max_scan_points: int | None = param(None, "only so many images from the first on; all if not given", ge=1)
    domain_size_ang: float | None = param(
        None, "size of mosaic domains, written with the crystals; theirs if not given", unit="Å", gt=0,
        name="output.domain_size_ang",
    )  # fmt: skip
    half_mosaicity_deg: float | None = param(
        None, "half the mosaic angle, written with the crystals; theirs if not given", unit="degree", ge=0,
        name="output.half_mosaicity_deg",
    )  # fmt: skip
