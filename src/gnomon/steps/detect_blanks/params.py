"""How wide the steps are, and what is blank."""

from __future__ import annotations

from gnomon.params import Params, param


class DetectBlanksParams(Params):
    """How wide the steps are, and what is blank."""

    phi_step: float = param(
        2.0, "width of the steps in which spots are counted; an image at least", unit="degree", gt=0
    )
    counts_fractional_loss: float = param(
        0.1, "a step is blank that has fewer spots than this fraction of those of the fullest", ge=0, le=1
    )
    misigma_fractional_loss: float = param(
        0.1, "a step is blank whose mean I/sigma is below this fraction of the highest", ge=0, le=1
    )
