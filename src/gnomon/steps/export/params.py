"""What is exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gnomon.params import Params, param
from gnomon.plugins import names_of_plugins

OWN_FORMATS = ("mtz", "mmcif", "xds_ascii", "shelx", "sca", "sadabs", "hklf5", "json", "nxs", "pets", "mosflm")
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
    mtz_crystal_name: str = param("XTAL", "the crystal's name in the file", name="mtz.crystal_name", min_length=1)
    mtz_project_name: str = param("gnomon", "the project's name in the file", name="mtz.project_name", min_length=1)
    sadabs_run: int = param(1, "number of the first sweep's run", name="sadabs.run", ge=1)
    sadabs_predict: bool = param(
        False, "places and directions of crystals that do not vary along the scan, not those observed",
        name="sadabs.predict",
    )  # fmt: skip
    hklf5_max_pixels: float = param(
        3.0, "reflections of two lattices this near along both sides of the detector overlap", unit="px",
        name="hklf5.max_pixels", gt=0,
    )  # fmt: skip
    hklf5_max_images: float = param(2.0, "and this near along the scan", unit="images", name="hklf5.max_images", gt=0)
    json_n_digits: int = param(6, "decimals of reciprocal lattice points", name="json.n_digits", ge=0, le=15)
    json_compact: bool = param(True, "without blanks and new lines", name="json.compact")
    nxs_instrument_name: str = param("Unknown", "name of the beamline", name="nxs.instrument_name")
    nxs_instrument_short_name: str = param("Unknown", "its short name", name="nxs.instrument_short_name")
    nxs_source_name: str = param("Unknown", "name of the source", name="nxs.source_name")
    nxs_source_short_name: str = param("Unknown", "its short name", name="nxs.source_short_name")
    pets_id: int | None = param(None, "which experiment, of several, from 0", name="pets.id", ge=0)
    pets_partiality_cutoff: float = param(
        0.99, "least recorded part of a reflection in virtual frames", name="pets.partiality_cutoff", ge=0, le=1
    )
    pets_flag_filtering: bool = param(
        False, "only reflections whose flag of integration is set", name="pets.flag_filtering"
    )
    pets_excitation_error_cutoff: float = param(
        0.04, "how far from the Ewald sphere a virtual frame has reflections", unit="1/Å",
        name="pets.virtual_frame.excitation_error_cutoff", gt=0,
    )  # fmt: skip
    pets_n_merged: int = param(1, "images merged in a virtual frame", name="pets.virtual_frame.n_merged", ge=1)
    pets_step: int = param(1, "images from a virtual frame to the next", name="pets.virtual_frame.step", ge=1)

    @property
    def of_format(self) -> dict[str, Any]:
        """What the format alone takes, by the name that its writer has for it."""
        start = f"{self.format}_"
        if self.format == "mtz":
            return {}  # the product has its names
        return {key.removeprefix(start): value for key, value in self if key.startswith(start)}
