"""What is exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnomon.params import Params, param
from gnomon.plugins import names_of_plugins

OWN_FORMATS = ("mtz", "mmcif", "xds_ascii", "shelx", "sca")
if TYPE_CHECKING:
    Format = str
else:
    Format = Literal[
        (*OWN_FORMATS, *(name for name in names_of_plugins("gnomon.exporters") if name not in OWN_FORMATS))
    ]


class ExportParams(Params):
    """Which observations go out, with which intensity, in which format."""

    format: Format = param("mtz", "the file's format")
    intensity: Literal["auto", "scale", "sum", "profile"] = param(
        "auto", "which intensity; auto: scaled where there is one, otherwise both summed and profile-fitted"
    )
    d_min: float | None = param(None, "high-resolution limit", unit="Å", gt=0)
    d_max: float | None = param(None, "low-resolution limit", unit="Å", gt=0)
    partiality_threshold: float = param(0.4, "least recorded fraction of a reflection", ge=0, le=1)
    min_isigi: float = param(-5.0, "observations of lower I / sigma are left out")
    wavelength_tolerance: float = param(1e-4, "spread of wavelengths taken as one", unit="Å", ge=0)
    composition: str = param("CHNO", "elements for a SHELX .ins file: CHNO, or C H N O Cl", name="shelx.composition")
