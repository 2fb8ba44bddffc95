"""Parameters of watch."""

from __future__ import annotations

from copy import copy
from typing import Any, Literal

from gnomon.params import Params, param
from gnomon.steps.find_spots.params import FindSpotsParams


def _declared(name: str) -> Any:
    """The field of find_spots, which is where it is declared."""
    return copy(FindSpotsParams.model_fields[name])


class WatchParams(Params):
    """When to stop, and how spots are found."""

    images: int | None = param(None, "images that will come, in all; ends with the last of them", unit="image", ge=1)
    timeout: float | None = param(
        60.0, "ends when nothing has arrived for so long; none waits until interrupted", unit="s", gt=0
    )
    algorithm: Literal["dispersion_extended", "dispersion"] | None = _declared("algorithm")
    gain: float | None = _declared("gain")
    sigma_strong: float = _declared("sigma_strong")
    min_spot_size: int | None = _declared("min_spot_size")
    border: int = _declared("border")
    d_min: float | None = _declared("d_min")
    d_max: float | None = _declared("d_max")

    def finding(self) -> FindSpotsParams:
        """The parameters of find_spots."""
        values = {name: value for name, value in self.model_dump().items() if name in FindSpotsParams.model_fields}
        return FindSpotsParams(**values)
