"""The widths of a crystal's spots from the second moments and rocking curves of the strong ones.

All causes of ``widths.CAUSES`` are found together by non-negative least squares of variances, with weights that make
single odd spots count little, and only as many causes as the spots can tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import nnls

from gnomon.kernels.profile import normal_cumulative
from gnomon.steps.integrate.widths import CAUSES, SpotTerms, SpotWidths

TAIL = 1e-3
"""Share that a frame may hold beside the Gaussian, for each sigma that it is wide (up to one): keeps one odd spot from
ruling the likelihood, and does not grow where frames are fine."""
SCATTER = np.array([0.25, 0.25, 0.25])
"""Expected relative scatter of the variances of single spots along e1, e2 and c3, until many spots tell it."""
SCATTER_WORTH = 20.0
"""Weight of SCATTER in spots."""
HUBER = 3.0
"""Residuals, in units of the scatter, beyond which a spot counts less."""
ODD_PRIOR = 1.5
"""Power of HUBER over the residual by which a prior counts less that is odd as a whole. By the first power 300 spots of
five times the others' mosaicity are drawn to these by 6 %; by the second two spots would do as they like."""
GROWTH = (0.25, 4.0)
"""Range by which one spot may ask a variance to change at a time: beyond it, moments in a foreground say little."""
LEAST_WITHIN = 0.1
"""Share of a spot within the foreground to which its moments are referred at least."""
ROUNDS = 8
"""Of reweighting and of scoring the rocking curves; widths settle to a thousandth in five."""
BASE = ("point_spread", "tangential", "mosaicity")
"""Causes that always are: without others spots are of one size on the detector, and of one isotropic mosaicity."""
ISOTROPY = 5.0
"""Weight, in spots, of the expectation that mosaic blocks are turned as far about each axis. On simulated and real
crystals the two widths agree within 10 %; at low angles spots do not tell the tangential one."""
LEAST_GAIN = 4.0
"""Fall of chi-squared, in units of ln(spots), that a further cause must bring: four times what the Bayesian criterion
asks, since moments of spots have systematic errors that do not fall with their number."""
FINEST, COARSEST = 0.02, 1.0
"""Bounds of the rocking width: in image widths below, as frames tell no less, and in scan widths above."""


@dataclass(frozen=True, eq=False)
class SpotMoments:
    """What M strong spots say of their widths.

    terms: their geometry; used: (M, 2) standard deviations along e1 and e2 (rad) of the Gaussian that made their
    foregrounds; spread: (M, 4) second moments of the counts along e1 and e2 in units of ``used`` squared, and of that
    Gaussian on the same pixels, as ``kernels.profile.learn_profiles`` fills it; edges: (M, n + 1) zeta times the
    rotation angle (rad) from the prediction at the edges of the frames, those beyond the shoebox repeating the last;
    shares: (M, n) of each frame, in the unit of ``spread`` (1 in all, if those of the foreground make up that unit);
    weight: (M,) between 0 and 1; d: (M,) Å.
    """

    terms: SpotTerms
    used: np.ndarray
    spread: np.ndarray
    edges: np.ndarray
    shares: np.ndarray
    weight: np.ndarray
    d: np.ndarray

    def __len__(self) -> int:
        return len(self.weight)

    @classmethod
    def concatenate(cls, parts: Sequence[SpotMoments]) -> SpotMoments:
        """One after the other; shorter rocking curves are filled up with frames of no width."""
        n = max(p.shares.shape[1] for p in parts)
        edges = [np.pad(p.edges, ((0, 0), (0, n - p.shares.shape[1])), mode="edge") for p in parts]
        shares = [np.pad(p.shares, ((0, 0), (0, n - p.shares.shape[1]))) for p in parts]
        return cls(
            SpotTerms.concatenate([p.terms for p in parts]),
            np.concatenate([p.used for p in parts]),
            np.concatenate([p.spread for p in parts]),
            np.concatenate(edges),
            np.concatenate(shares),
            np.concatenate([p.weight for p in parts]),
            np.concatenate([p.d for p in parts]),
        )

    def thinned(self, most: int) -> SpotMoments:
        """At most ``most`` of the spots, evenly spread over their order."""
        if len(self) <= most:
            return self
        rows = np.linspace(0, len(self) - 1, most).astype(int)
        parts = (self.used, self.spread, self.edges, self.shares, self.weight, self.d)
        return SpotMoments(self.terms.select(rows), *(p[rows] for p in parts))


@dataclass(frozen=True)
class WidthFit:
    """Widths, and how many well-recorded spots their parts across and along the rotation rest on."""

    widths: SpotWidths
    across: float
    rocking: float


def rocking_scores(moments: SpotMoments, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M,) factors by which rocking variances should differ from ``sigma`` (M,) squared, and (M,) their information.

    The likelihood of a photon's frame, given that some frame recorded it, is the Gaussian's share z_j of that frame
    over their sum (Kabsch 2010, Acta D66, 133); a step of scoring is its derivative by ln sigma over its information,
    which is 2 for a finely sliced spot recorded whole and 0 for one cut by both ends of the scan.
    """
    c3 = moments.edges / sigma[:, None]
    recorded = c3[:, 1:] > c3[:, :-1]
    tail = TAIL * np.minimum(np.diff(c3, axis=1), 1.0)
    share = np.where(recorded, np.diff(normal_cumulative(c3), axis=1) + tail, 0.0)
    slope = np.diff(-c3 * np.exp(-0.5 * c3**2) / np.sqrt(2 * np.pi), axis=1)
    slope = np.where(recorded, slope / np.maximum(share, 1e-9), 0.0)  # of ln z by ln sigma
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-9)
    seen = np.maximum(moments.shares, 0.0)
    seen = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1e-9)
    slope -= (share * slope).sum(axis=1, keepdims=True)
    score = (seen * slope).sum(axis=1)
    information = (0.5 * (seen + share) * slope**2).sum(axis=1)
    return np.clip(1 + 2 * score / np.maximum(information, 1e-3), *GROWTH), information


def rocking_beyond_scan(late: np.ndarray, half: np.ndarray, low: float, high: float) -> float:
    """The rocking width, between ``low`` and ``high``, for which spots predicted ``late`` are most likely found.

    late: (N,) zeta times the rotation angle from the middle of the scan to the prediction; half: (N,) zeta times half
    the scan: a spot is found in proportion to the share of its rocking curve inside. All in the same unit. This is
    what scans of one image tell; errors of the prediction widen it as they must.
    """
    grid = np.geomspace(low, max(high, 1.1 * low), 60)
    inside = normal_cumulative((late + half)[:, None] / grid) - normal_cumulative((late - half)[:, None] / grid)
    odds = np.log(inside / np.maximum(2 * half, 1e-9)[:, None] + TAIL / high)
    return float(grid[np.argmax(odds.sum(axis=0))])


@dataclass(frozen=True, eq=False)
class _Rows:
    """Equations for the squares: ``columns`` (R, 7) @ squares = ``variance`` (R,), relative to ``model`` (R,)."""

    columns: np.ndarray
    variance: np.ndarray
    model: np.ndarray
    weight: np.ndarray
    kind: np.ndarray  # 0, 1, 2: along e1, e2, c3
    as_one: bool = False  # all of a kind say the same, and count less together where spots say otherwise


def _rows(moments: SpotMoments, widths: SpotWidths) -> _Rows:
    """The equations of spots, linearised about ``widths``."""
    terms, squares = moments.terms, widths.squares
    within = np.maximum(moments.shares.sum(axis=1), LEAST_WITHIN)[:, None]  # the Gaussian's is 1
    growth = np.clip(moments.spread[:, :2] / within / np.maximum(moments.spread[:, 2:], 1e-9), *GROWTH)
    asked = moments.used**2 * growth - terms.fixed
    along, information = rocking_scores(moments, widths.rocking(terms))
    rocking = terms.rocking @ squares
    return _Rows(
        np.concatenate([terms.across[:, 0], terms.across[:, 1], terms.rocking]),
        np.concatenate([asked[:, 0], asked[:, 1], rocking * along]),
        np.concatenate([*(terms.fixed + terms.across @ squares).T, rocking]),
        np.concatenate([moments.weight, moments.weight, moments.weight * information / 2]),
        np.repeat([0, 1, 2], len(moments)),
    )


def _prior_rows(terms: SpotTerms, prior: SpotWidths, widths: SpotWidths, strength: float) -> _Rows:
    """Equations worth ``strength`` spots, spread over the places of ``terms``, that have the widths of ``prior``.

    They are relative to the geometric mean of the prior's variances and those of the present ``widths``. A crystal five
    times as mosaic as its neighbours is no mistake of its 313 spots: taken at its full weight, the prior of 15 spots
    halved its width, and the parts that were recorded of its partials came out wrong by 8 %.
    """
    n, squares = len(terms), prior.squares
    model = (widths.across(terms) * prior.across(terms)).T
    return _Rows(
        np.concatenate([terms.across[:, 0], terms.across[:, 1], terms.rocking]),
        np.concatenate([*(terms.across @ squares).T, terms.rocking @ squares]),
        np.concatenate([*model, widths.rocking(terms) * prior.rocking(terms)]),
        np.full(3 * n, strength / max(n, 1)),
        np.repeat([0, 1, 2], n),
        as_one=True,
    )


def _isotropy(widths: SpotWidths) -> _Rows:
    """The equation that the tangential width is the mosaicity, linearised about ``widths``."""
    column = np.zeros((1, len(CAUSES)))
    column[0, [CAUSES.index("tangential"), CAUSES.index("mosaicity")]] = 1.0, -1.0
    scale = widths.squares[CAUSES.index("mosaicity")]
    return _Rows(column, np.zeros(1), np.full(1, scale), np.full(1, ISOTROPY), np.zeros(1, int))


def _scatter(rows: _Rows, squares: np.ndarray) -> np.ndarray:
    """(3,) robust relative scatter of the variances along e1, e2 and c3 about those of ``squares``."""
    residual = np.abs(rows.variance - rows.columns @ squares) / rows.model
    out = np.empty(3)
    for kind in range(3):
        own = (rows.kind == kind) & (rows.weight > 0)
        found = 1.4826 * np.median(residual[own] * np.sqrt(rows.weight[own])) if own.any() else 0.0
        n = own.sum()
        out[kind] = np.sqrt((n * found**2 + SCATTER_WORTH * SCATTER[kind] ** 2) / (n + SCATTER_WORTH))
    return out


def _normal_equations(rows: Sequence[_Rows], squares: np.ndarray, scatter: np.ndarray) -> np.ndarray:
    """(8, 8) cross products of the equations' columns and right sides, in ``scatter``; odd spots weigh less.

    So does a prior that is odd as a whole.
    """
    total = np.zeros((len(CAUSES) + 1,) * 2)
    for r in rows:
        unit = np.sqrt(r.weight) / (r.model * scatter[r.kind])
        off = np.abs(r.variance - r.columns @ squares) * unit
        off = np.sqrt(np.bincount(r.kind, off**2, 3))[r.kind] if r.as_one else off
        unit *= np.minimum(1.0, HUBER / np.maximum(off, 1e-9)) ** (0.5 * (ODD_PRIOR if r.as_one else 1.0))
        table = np.column_stack([r.columns, r.variance]) * unit[:, None]
        total += table.T @ table
    return total


def _solve(normal: np.ndarray, causes: Sequence[int]) -> tuple[np.ndarray, float]:
    """(7,) non-negative squares, zero but for ``causes``, and chi-squared."""
    which = [*causes, len(CAUSES)]
    scale = np.sqrt(np.maximum(np.diag(normal)[which], 1e-300))
    value, vector = np.linalg.eigh(normal[np.ix_(which, which)] / scale / scale[:, None])
    root = np.sqrt(np.maximum(value, 0.0))[:, None] * vector.T  # root.T @ root is the scaled normal matrix
    found, misfit = nnls(root[:, :-1], root[:, -1])
    squares = np.zeros(len(CAUSES))
    squares[list(causes)] = found * scale[-1] / scale[:-1]
    return squares, float((misfit * scale[-1]) ** 2)


def _selected(normal: np.ndarray, spots: int) -> np.ndarray:
    """(7,) squares with the BASE causes, and those others that make chi-squared fall by enough, the best first."""
    chosen = [CAUSES.index(name) for name in BASE]
    squares, chi2 = _solve(normal, chosen)
    while len(chosen) < len(CAUSES):
        trials = [(*_solve(normal, [*chosen, k]), k) for k in range(len(CAUSES)) if k not in chosen]
        fresh, lower, k = min(trials, key=lambda trial: trial[1])
        if chi2 - lower < LEAST_GAIN * np.log(max(spots, 3)):
            break
        squares, chi2 = fresh, lower
        chosen.append(k)
    return squares


def bounded_rocking(widths: SpotWidths, image_width: float, scan_width: float) -> SpotWidths:
    """The same with a mosaicity that images of ``image_width`` in a scan of ``scan_width`` degrees can hold."""
    return replace(widths, mosaicity=float(np.clip(widths.mosaicity, FINEST * image_width, COARSEST * scan_width)))


def fit_spot_widths(
    moments: SpotMoments, start: SpotWidths, prior: SpotWidths, strength: float, image_width: float, scan_width: float
) -> WidthFit:
    """The widths that the moments ask for, with ``prior`` worth ``strength`` spots.

    start: those with which the rocking curves are first compared; image_width, scan_width: degrees. Where a scan tells
    nothing of rocking curves, the prior's remain. The foregrounds that made the moments should then be made again.
    """
    if not len(moments):
        return WidthFit(prior, 0.0, 0.0)
    widths = bounded_rocking(start, image_width, scan_width)
    squares = widths.squares
    for _ in range(ROUNDS):
        rows = _rows(moments, widths)
        held = _prior_rows(moments.terms, prior, widths, strength)
        normal = _normal_equations([rows, held, _isotropy(widths)], squares, _scatter(rows, squares))
        squares = _selected(normal, len(moments))
        widths = bounded_rocking(SpotWidths.from_squares(squares), image_width, scan_width)
    rocking = float(rows.weight[rows.kind == 2].sum())
    return WidthFit(widths.summarised(moments.terms), float(moments.weight.sum()), rocking)
