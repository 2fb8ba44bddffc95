"""Parameters of integrate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import field_validator

from gnomon.maths.images.left_out_params import LeftOutParams
from gnomon.params import Params, param, rows_of_length
from gnomon.plugins import names_of_plugins

OWN_BACKGROUNDS = ("glm", "linear", "constant")
OWN_PROFILES = ("gaussian_rs",)
if TYPE_CHECKING:
    BackgroundName = str
    ProfileName = str
else:
    _OTHERS = (name for name in names_of_plugins("gnomon.backgrounds") if name not in OWN_BACKGROUNDS)
    BackgroundName = Literal[(*OWN_BACKGROUNDS, *_OTHERS)]
    _PROFILES = (name for name in names_of_plugins("gnomon.profile_models") if name not in OWN_PROFILES)
    ProfileName = Literal[(*OWN_PROFILES, *_PROFILES)]
"""Models of the background and of profiles, see ``summation`` and ``profiles`` in :mod:`gnomon.steps.integrate`."""


class IntegrateParams(LeftOutParams):
    """Which reflections, how large their shoeboxes are, and how background and profile are modelled."""

    d_min: float | None = param(
        None, "finest resolution predicted; the detector's corner where none", unit="Å", name="prediction.d_min", gt=0
    )
    d_max: float | None = param(
        None, "coarsest resolution predicted; all where none", unit="Å", name="prediction.d_max", gt=0
    )
    padding: float = param(
        1.0, "predict this far beyond the ends of the scan", unit="degree", name="prediction.padding", ge=0
    )
    n_sigma: float = param(
        3.0, "radius of the foreground", unit="sigma", name="profile.gaussian_rs.parameters.n_sigma", gt=0
    )
    sigma_b: float | None = param(
        None, "beam divergence (spot width); from the spots where none", unit="degree", name="profile.sigma_b", gt=0
    )
    sigma_m: float | None = param(
        None, "mosaicity (rocking width); from the spots where none", unit="degree", name="profile.sigma_m", gt=0
    )
    min_zeta: float = param(
        0.05,
        "reflections nearer the spindle are not integrated",
        name="profile.gaussian_rs.filter.min_zeta",
        gt=0,
        le=1,
    )
    profile_fitting: bool = param(True, "fit reference profiles, beside summation", name="profile.fitting")
    profile: ProfileName = param(
        "gaussian_rs",
        "what is fitted: a Gaussian, corrected by strong spots nearby, or another package's model",
        name="profile.algorithm",
    )
    reference_threshold: float = param(
        10.0,
        "reference profiles are learned from spots above this",
        unit="I/sigma",
        name="profile.min_i_over_sigma",
        gt=0,
    )
    valid_foreground: float = param(
        0.5, "least share of the profile on usable pixels", name="profile.valid_foreground_threshold", ge=0, le=1
    )
    background: BackgroundName = param(
        "glm",
        "background in a shoebox: a robust Poisson constant, a robust plane, or the plain mean of all pixels",
        name="background.algorithm",
    )
    background_outliers: Literal["huber", "null"] = param(
        "huber",
        "counts far from the background weigh less (huber), or all the same (null)",
        name="background.outlier.algorithm",
    )
    tuning_constant: float = param(
        1.345,
        "Huber's constant: counts further off weigh less",
        unit="sigma",
        name="background.robust.tuning_constant",
        gt=0,
    )
    min_pixels: int = param(10, "least number of background pixels", unit="px", name="background.min_pixels", ge=1)
    box_scale: float = param(2.0, "size of the shoebox in foreground radii", name="shoebox.sigma_b_multiplier", gt=1.2)
    guard: float = param(
        1.3, "background starts at this many foreground radii, beyond the tails of the spot", name="shoebox.guard", ge=1
    )
    scan_range: tuple[tuple[int, ...], ...] = param(
        (), "images to integrate, of every sweep: first, last (may be repeated); none means all", unit="image"
    )
    gain: float | None = param(
        None, "counts of one photon; none takes the detector's", unit="count", name="detector.gain", gt=0
    )
    ice_rings: bool = param(False, "flag reflections on ice rings", name="filter.ice_rings")

    @field_validator("scan_range")
    @classmethod
    def _ranges(cls, value: tuple) -> tuple:
        return rows_of_length(value, (2,))


class CreateProfileModelParams(Params):
    """Widths that are known, and how large a spot is taken to be."""

    n_sigma: float = param(
        3.0, "radius of the foreground", unit="sigma", name="profile.gaussian_rs.parameters.n_sigma", gt=0
    )
    sigma_b: float | None = param(
        None, "spot width; from the spots where none", unit="degree", name="profile.gaussian_rs.parameters.sigma_b",
        gt=0,
    )  # fmt: skip
    sigma_m: float | None = param(
        None, "rocking width; from the spots where none", unit="degree",
        name="profile.gaussian_rs.parameters.sigma_m", gt=0,
    )  # fmt: skip
