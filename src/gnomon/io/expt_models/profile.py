"""Profile models on disk."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.io.expt_models.fields import Fields
from gnomon.models.profile import GaussianProfile, OpaqueModel


def from_json(content: Any) -> GaussianProfile | OpaqueModel:
    """The Gaussian model; any other is carried unopened."""
    f = Fields("profile", content)
    if f.take("__id__", "") != "gaussian_rs":
        return OpaqueModel(content)
    sigma_b, sigma_m = _sigma(f, "sigma_b"), _sigma(f, "sigma_m")
    return GaussianProfile(sigma_b, sigma_m, f.number("n_sigma", 3.0), f.rest)


def to_json(profile: GaussianProfile | OpaqueModel) -> dict[str, Any]:
    """The keys of DIALS."""
    if isinstance(profile, OpaqueModel):
        return dict(profile.content)
    return {
        "__id__": "gaussian_rs",
        "n_sigma": float(profile.n_sigma),
        "sigma_b": np.asarray(profile.sigma_b).tolist(),
        "sigma_m": np.asarray(profile.sigma_m).tolist(),
        **profile.extra,
    }


def _sigma(f: Fields, name: str) -> float | np.ndarray:
    """Degrees: one number, or one an image."""
    many: np.ndarray | float = f.array(name, (-1,)) if isinstance(f.rest.get(name), list) else f.number(name)
    return many
