"""What split_still_data can be told."""

from __future__ import annotations

from gnomon.params import Params, param


class SplitStillDataParams(Params):
    """Which stills belong together."""

    series_repeat: int | None = param(
        None, "images that were taken at each place one after the other: the first of each place make one group, the "
        "second of each another...", ge=1,
    )  # fmt: skip
    grouping: str | None = param(
        None, "YAML file that tells values of each image (a dose, a delay), and by which of them to group"
    )
    first_image: int = param(1, "number of the first image of a series, where images are files of their own", ge=0)
