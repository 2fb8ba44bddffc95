"""Which figures of merit limit the resolution, and where."""

from __future__ import annotations

from gnomon.params import Params, param


class EstimateResolutionParams(Params):
    """Limits on figures of merit; the resolution is the lowest at which one of those given is reached."""

    cc_half: float | None = param(0.3, "lowest CC1/2, by a tanh fit", gt=0, lt=1)
    cc_half_significance_level: float = param(0.1, "stop where chance would give CC1/2 this often", gt=0, lt=0.5)
    isigma: float | None = param(None, "lowest mean I/sigma of unmerged observations", gt=0)
    misigma: float | None = param(None, "lowest mean I/sigma of merged reflections", gt=0)
    completeness: float | None = param(None, "lowest completeness", gt=0, le=1)
    rmerge: float | None = param(None, "highest Rmerge", gt=0)
    nbins: int = param(50, "most resolution shells", ge=5, le=500)
    reflections_per_bin: int = param(25, "fewest unique reflections in a shell", ge=3)
    seed: int = param(0, "of the random half sets", ge=0)
