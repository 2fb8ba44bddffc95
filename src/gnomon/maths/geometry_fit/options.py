"""What is refined, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gnomon.maths.geometry_fit.params import FitParams, OutlierTest
from gnomon.models.experiment import Experiments
from gnomon.models.offsets import ModuleGrid
from gnomon.models.reflections import Reflections


@dataclass(frozen=True)
class Priors:
    """Standard deviations about the models given, so that what few reflections cannot tell apart stays where it was."""

    shift: float = 2.0  # mm, detector in its plane
    distance: float = 2.0  # mm, detector along its normal
    detector_tilt: float = 1.0  # degrees
    module_shift: float = 0.05  # px, a module from where the header has it
    beam_tilt: float = 0.05  # degrees
    wavelength: float = 0.005  # relative
    crystal_turn: float = 1.0  # degrees
    strain: float = 0.03  # of squared lengths
    centring: float = 0.01  # mm, a crystal from the spindle: as well as cameras show, and as goniometers hold it


@dataclass(frozen=True)
class Stiffness:
    """Standard deviations of how far a crystal wanders along its scan, over the root of the degrees: a random walk."""

    turn: float  # rad / sqrt(degree)
    strain: float  # 1 / sqrt(degree)


@dataclass(frozen=True)
class CellRestraint:
    """A tie of cells to ``target`` (6,), or where that is None to their own mean or median."""

    sigmas: tuple[float, ...]  # (6,) Å, degrees; 0: none
    target: tuple[float, ...] | None = None
    to_median: bool = False
    experiments: tuple[int, ...] | None = None  # whose crystals; None: all

    def centre(self, cells: np.ndarray) -> np.ndarray:
        """(6,) what ``cells`` (n, 6) are tied to."""
        if self.target is not None:
            return np.array(self.target)
        return np.asarray(np.median(cells, axis=0) if self.to_median else cells.mean(axis=0))


@dataclass(frozen=True)
class FitOptions:
    """Choices of a fit. The words in ``*_fixed`` are those of DIALS; "all" fixes a model whole."""

    beam_fixed: tuple[str, ...] = ("in_spindle_plane", "wavelength")
    detector_fixed: tuple[str, ...] = ()  # position, orientation, distance
    crystal_fixed: tuple[str, ...] = ()  # orientation, cell
    per_panel: bool = False
    modules: tuple[tuple[ModuleGrid, ...], ...] = ()  # for each detector, in order: a grid a panel, or none
    separate_mounts: bool = False  # a crystal in several scans has one cell, but an orientation in each
    one_cell: bool = True  # crystals that are one lattice in several scans have one cell, each its orientation
    scan_varying: bool = False
    along_path: bool = False  # crystals that vary along their scan keep doing so, relative to what is refined
    # of each such experiment, the walk (rad / sqrt(degree)) on which it goes on turning
    wander: tuple[float | None, ...] = ()
    circles: bool = False  # whether crystals may be off the spindle, and go round it
    interval: float = 36.0  # degrees between checkpoints of a scan-varying crystal
    block_width: float = 1.0  # degrees: scan-varying crystals are composed at least so often
    beam_interval: float | None = None  # degrees between checkpoints of beams along scans
    beam_intervals: int | None = None  # of a scan instead; neither: beams do not vary
    stiffness: Stiffness | None = None  # of a scan-varying crystal; None: checkpoints are free of each other
    floors: bool = True  # whether centroids are trusted no further than models of sensors and panels are
    outliers: OutlierTest = "mcd"
    outlier_probability: float = 0.975
    iqr_multiplier: float = 1.5
    rounds: int = 4  # of outlier rejection, fit, and measuring the precision of centroids
    spindle_cutoff: float = 0.02
    max_iterations: int = 50
    priors: Priors = field(default_factory=Priors)
    restraints: tuple[CellRestraint, ...] = ()
    held: tuple[int, ...] = ()  # which of the parameters of beams and detectors, modules apart, stay where they are

    @property
    def beams_vary(self) -> bool:
        """Whether beams are to vary along scans."""
        return self.beam_interval is not None or self.beam_intervals is not None


def restraints_of(params: FitParams) -> tuple[CellRestraint, ...]:
    """Those that the parameters ask for."""
    found = []
    if params.target_cell is not None:
        of = None if params.target_apply_to_all else params.target_id
        found.append(CellRestraint(params.target_sigmas or (1.0,) * 6, params.target_cell, experiments=of))
    if params.group_sigmas is not None:
        found.append(CellRestraint(params.group_sigmas, None, params.group_target == "median", params.group_id))
    return tuple(found)


def options_of(params: FitParams) -> FitOptions:
    """The parameters as the fit knows them."""
    return FitOptions(
        beam_fixed=params.beam_fix,
        detector_fixed=params.detector_fix,
        crystal_fixed=params.crystal_fix,
        restraints=restraints_of(params),
        outliers=params.outliers,
        outlier_probability=params.outlier_probability,
        iqr_multiplier=params.iqr_multiplier,
    )


@dataclass(frozen=True)
class Fit:
    """The refined models and how well they fit. Rows of ``rmsd`` are experiments: px, px, images."""

    experiments: Experiments
    reflections: Reflections
    rmsd: np.ndarray  # (n_experiments, 3); nan where an experiment had no reflections
    n_used: np.ndarray  # (n_experiments,)
    n_outliers: np.ndarray  # (n_experiments,)
    chi_squared: float  # weighted sum of squares over the degrees of freedom
    improvement: float  # of the weighted sum of squares over that of the models given, on the same reflections
    steps: tuple[tuple[float, ...], ...]  # of each accepted step: reflections, r.m.s. mm, mm, degrees
    names: tuple[str, ...]
    values: np.ndarray
    uncertainties: np.ndarray
    options: FitOptions  # what the fit was told
    shared_covariance: np.ndarray  # (n, n) of the parameters of beams and detectors, the first of ``values``
    tails: float  # degrees of freedom of the Student t that the residuals follow
    domains: dict[int, float]  # degrees r.m.s. by which those are turned that an experiment's spots show
