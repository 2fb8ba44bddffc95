"""What anvil_correction did."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class AnvilCorrectionSummary(Summary):
    """How much the anvils absorbed."""

    attenuation: tuple[float, ...] = figure(
        "linear attenuation coefficient at each experiment's wavelength", unit="1/mm"
    )
    path: tuple[float, float] = figure("shortest and longest way through both anvils", unit="mm")
    factor: tuple[float, float, float] = figure("by what intensities were multiplied: least, median, most")
    n_corrected: int = figure("reflections that were corrected")
    n_left_out: int = figure("reflections left out, of whose ways through the anvils nothing comes out")
