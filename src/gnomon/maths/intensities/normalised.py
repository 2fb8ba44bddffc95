"""Intensities that data sets are compared by: selected, corrected, normalised in resolution shells."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.geometry.centroids import rotate_back
from gnomon.maths.intensities.scaled_rows import is_light
from gnomon.maths.intensities.scan_scale import Scan, overall_scale, scan_scale
from gnomon.models.by_experiment import rows_by_experiment
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.valid_images import in_valid_images

_PER_SHELL, _MAX_SHELLS = 50, 20
_PER_OWN_SHELL = 500
"""Where an experiment has the fall-off of all but for scale and B: chance then leaves 4 % to a shell."""
_FINE_SHELLS = 100
"""At most, where the end of the data is looked for: what lies beyond must not hide in the last shell."""
_SHORT_OF_THE_END = 1.01
"""Of the resolution: cells of one crystal form differ by less."""
_OWN_SHELLS = 500
"""Observations with which an experiment has its own fall-off with resolution; with fewer only its own scale."""
_ALTERNATIONS = 2
"""Of fall-off and scan: each is fitted with the other; a B that grows by 40 Å² needs two."""
_WORST_I_OVER_SIGMA, _LARGEST_E2 = -5.0, 16.0
_SYSTEMATIC = 0.1
"""Relative error of intensities that are not scaled: absorption, decay, volume."""


@dataclass(frozen=True)
class Observations:
    """Rows of the table that are used, with experiment, index (N, 3), intensity and sigma; and E² with its sigma.

    ``phi`` (N,) degrees and ``s1`` (N, 3), the way out in the frame of the crystal at angle zero, a unit vector: where
    the table is not scaled and tells them; nan for experiments without a scan. ``usual`` (N,): the mean over which
    translational NCS has brought E², one without.
    """

    row: np.ndarray
    experiment: np.ndarray
    hkl: np.ndarray
    intensity: np.ndarray
    sigma: np.ndarray
    e2: np.ndarray
    e2_sigma: np.ndarray
    d: np.ndarray
    phi: np.ndarray | None = None
    s1: np.ndarray | None = None
    usual: np.ndarray | None = None

    @property
    def e2_noise(self) -> np.ndarray:
        """(N,) the variance of E² by counting alone; ``e2_sigma`` allows for what scaling would correct, too."""
        relative = np.where(self.intensity != 0, self.e2 / np.where(self.intensity != 0, self.intensity, 1.0), 0.0)
        counted = (self.sigma * relative) ** 2
        return np.where(counted > 0, counted, np.maximum(self.e2_sigma**2 - (_SYSTEMATIC * self.e2) ** 2, 1e-12))

    def over(self, mean: np.ndarray) -> Observations:
        """The same with E² divided by ``mean`` (N,)."""
        return replace(self, e2=self.e2 / mean, e2_sigma=self.e2_sigma / mean)

    def select(self, keep: np.ndarray) -> Observations:
        """The observations at ``keep``."""
        return replace(self, **{name: values[keep] for name, values in vars(self).items() if values is not None})


def _scaled(reflections: Reflections) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Intensity, variance and usability where the table is scaled.

    What was scaled and then not merged, because its equivalents are far better, still tells of its own data set.
    """
    if "inverse_scale_factor" not in reflections or "intensity.scale.value" not in reflections:
        return None
    g = reflections["inverse_scale_factor"]
    use = (g > 0) & (is_light(reflections) | ~reflections.has(Flag.BAD_FOR_SCALING))
    g = np.where(use, g, 1.0)
    return reflections["intensity.scale.value"] / g, reflections["intensity.scale.variance"] / g**2, use


def _integrated(reflections: Reflections, threshold: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Profile-fitted intensity where there is one, else summed, corrected for Lorentz, polarisation and efficiency."""
    n = len(reflections)
    intensity, variance, use = np.zeros(n), np.zeros(n), np.zeros(n, bool)
    part = reflections["partiality"] if "partiality" in reflections else np.ones(n)
    enough = part >= threshold
    choices = (("sum", Flag.INTEGRATED_SUM, np.where(enough, part, 1.0)), ("prf", Flag.INTEGRATED_PRF, np.ones(n)))
    for kind, flag, whole in choices:
        if f"intensity.{kind}.value" not in reflections:
            continue
        good = reflections.has(flag) & enough & (reflections[f"intensity.{kind}.variance"] > 0)
        intensity = np.where(good, reflections[f"intensity.{kind}.value"] / whole, intensity)
        variance = np.where(good, reflections[f"intensity.{kind}.variance"] / whole**2, variance)
        use |= good
    factor = np.ones(n)
    if "lp" in reflections:
        factor *= reflections["lp"]
    efficiency = next((reflections[name] for name in ("qe", "dqe") if name in reflections), None)
    if efficiency is not None:
        factor /= np.where(efficiency > 0, efficiency, 1.0)
    return intensity * factor, variance * factor**2, use


def observations(
    step: str, experiments: Experiments, reflections: Reflections, least_part: float, *, along_scan: bool = True
) -> Observations:
    """The usable observations on images that count, normalised per experiment and, where not scaled, along each scan.

    Scaled intensities where the table has them, else integrated ones of which at least ``least_part`` was recorded.
    along_scan: False for intensities as they come, in which blank images still stand out. Raises InputError, in the
    name of ``step``, where there are none.
    """
    scaled = _scaled(reflections)
    intensity, variance, use = scaled or _integrated(reflections, least_part)
    use = use & (reflections["id"] >= 0) & reflections["miller_index"].any(axis=1) & (variance > 0)
    use &= intensity > _WORST_I_OVER_SIGMA * np.sqrt(np.where(variance > 0, variance, 1.0))
    row = np.flatnonzero(use)
    row = row[in_valid_images(experiments, reflections.select(row))]
    if not len(row):
        raise InputError(f"{step} needs integrated intensities, and found none that is usable; run integrate first")
    d = np.zeros(len(row))
    experiment = reflections["id"][row]
    hkl = reflections["miller_index"][row]
    each = rows_by_experiment(experiment)
    for i, mine in each:
        d[mine] = d_spacing(hkl[mine], experiments[i].needed_crystal.cell)
    sigma = np.sqrt(variance[row])
    intensity = intensity[row]
    mean = expected_intensity(d, intensity)
    phi = rotation_angles(experiments, reflections, row) if along_scan and not scaled else None
    for _, mine in each:
        own = intensity[mine]
        if len(own) < _OWN_SHELLS:  # the shape of all the data, at a scale of its own
            mean[mine] *= max(float((own / mean[mine]).mean()), 1e-6)
        else:
            turn = None if phi is None or np.isnan(phi[mine]).any() else phi[mine]
            common = mean[mine] if len(each) > 1 else None
            mean[mine] = _own_mean(Scan(turn, 1 / d[mine] ** 2, hkl[mine], own, sigma[mine]), common)
    e2 = intensity / mean
    e2_sigma = np.hypot(sigma / mean, _SYSTEMATIC * np.abs(e2))
    s1 = None if phi is None else _ways_out(experiments, reflections, row, phi)
    found = Observations(row, experiment, hkl, intensity, sigma, e2, e2_sigma, d, phi, s1)
    keep = mean > 0
    return found if keep.all() else found.select(keep)


def rotation_angles(experiments: Experiments, reflections: Reflections, row: np.ndarray) -> np.ndarray | None:
    """(N,) degrees of rotation at which the rows were recorded; None where the table does not say.

    Where an experiment has no scan its rows have nan.
    """
    name = next((n for n in ("xyzcal.px", "xyzobs.px.value") if n in reflections), None)
    if name is None:
        return None
    z, phi = reflections[name][row, 2], np.full(len(row), np.nan)
    for i, mine in rows_by_experiment(reflections["id"][row]):
        scan = experiments[i].scan
        if scan is not None and not scan.is_still:
            phi[mine] = scan.phi_at(z[mine])
    return phi


def _ways_out(
    experiments: Experiments, reflections: Reflections, row: np.ndarray, phi: np.ndarray
) -> np.ndarray | None:
    """(N, 3) s1 of the rows in the frame of the crystal at angle zero, unit vectors; None where the table has none."""
    if "s1" not in reflections:
        return None
    found = np.full((len(row), 3), np.nan)
    for i, mine in rows_by_experiment(reflections["id"][row]):
        if np.isfinite(phi[mine]).all() and experiments[i].goniometer is not None:
            s1 = reflections["s1"][row][mine]
            length = np.linalg.norm(s1, axis=1, keepdims=True)
            known = length[:, 0] > 0
            back = rotate_back(experiments[i], s1 / np.where(length > 0, length, 1.0), np.deg2rad(phi[mine]))
            found[mine] = np.where(known[:, None], back, np.nan)
    return found


def _own_mean(scan: Scan, common: np.ndarray | None) -> np.ndarray:
    """(N,) the expected intensity of each observation of one experiment: by resolution, and along its scan.

    common: (N,) that of all experiments, where there are several. An experiment then differs from it by scale and B,
    and by what shells show in which chance means little: its own shells of 50 would all be off by a seventh.
    """
    mean = _fall_off(scan, np.ones(len(scan.s2)), common)
    if scan.phi is None:
        return mean
    factor = np.ones(len(mean))
    for _ in range(_ALTERNATIONS):
        factor = scan_scale(scan, mean)
        mean = _fall_off(scan, factor, common)
    return np.asarray(mean * factor)


def _fall_off(scan: Scan, factor: np.ndarray, common: np.ndarray | None) -> np.ndarray:
    """(N,) the mean of intensities over the ``factor`` along the scan, at each resolution."""
    d, intensity = scan.s2**-0.5, scan.intensity / factor
    if common is None:
        return expected_intensity(d, intensity)
    smooth = common * overall_scale(replace(scan, intensity=intensity, sigma=scan.sigma / factor), common)
    return np.asarray(smooth * expected_intensity(d, intensity / smooth, _PER_OWN_SHELL))


def expected_intensity(d: np.ndarray, intensity: np.ndarray, per_shell: int = _PER_SHELL) -> np.ndarray:
    """The mean intensity at each resolution ``d`` (Å): of shells of equal number, joined in the logarithm over 1/d²."""
    s2 = 1 / d**2
    shells = np.array_split(np.argsort(s2, kind="stable"), shell_count(len(d), per_shell))
    centre = np.array([s2[rows].mean() for rows in shells])
    mean = np.array([intensity[rows].mean() for rows in shells])
    mean = np.maximum(mean, 1e-3 * max(mean.max(), 1e-30))
    return np.exp(np.interp(s2, centre, np.log(mean)))


def shell_count(n: int, per_shell: int = _PER_SHELL) -> int:
    """The number of shells in which n observations are normalised."""
    return int(np.clip(n // per_shell, 1, _MAX_SHELLS))


def informative(obs: Observations, d_min: float | None, least_ratio: float) -> tuple[Observations, float]:
    """The observations that tell data sets and symmetries apart, and their resolution limit (Å).

    Down to ``d_min``, else to 1 % short of where <I>/<sigma> of a fine shell first falls below ``least_ratio``: data
    sets end there, each by its own cell (but never less than a quarter of the shells); without Wilson outliers.
    """
    limit = d_min
    if limit is None:
        order = np.argsort(-obs.d, kind="stable")
        shells = np.array_split(order, int(np.clip(len(order) // _PER_SHELL, 1, _FINE_SHELLS)))
        ratio = np.array([obs.intensity[rows].mean() / obs.sigma[rows].mean() for rows in shells])
        weak = np.flatnonzero(ratio < least_ratio)
        last = max(int(weak[0]) if len(weak) else len(shells), (len(shells) + 3) // 4)
        limit = float(obs.d[shells[last - 1]].min())
        if last < len(shells) and last == weak[0]:
            limit = _SHORT_OF_THE_END * float(obs.d[shells[last]].max())
    kept = obs.select((obs.d >= limit) & (obs.e2 < _LARGEST_E2))
    if not len(kept.row):
        raise InputError(f"no intensities beyond d_min={limit:g}; give a smaller d_min")
    return kept, limit
