"""The space group from systematic absences: how probable each is, given the reflections it would extinguish."""

from __future__ import annotations

from dataclasses import dataclass

import gemmi
import numpy as np
from scipy.special import logsumexp

from gnomon.maths.crystal.symmetry import centring_vectors, epsilon, is_absent, is_centric, rotations, space_group
from gnomon.maths.laue_group.pairs import Merged
from gnomon.maths.laue_group.summary import AxialSummary

_CONTAMINATION = 0.05
"""How often a reflection that should be absent is not: overlap, multiple diffraction, half the wavelength."""
_LEAST_SIGMA = 0.05
"""Nothing below this part of the mean is told from zero: one weak reflection must not make a screw axis."""
_UNSURE, _PARTS = 0.1, np.linspace(0, 1, 6)
"""By how much of the usual mean that of a class which translational NCS weakens may be less, and parts of it."""
_TELLING = 20.0
"""How many times more probable absences must make a group than the one without."""


@dataclass(frozen=True, eq=False)
class GroupScore:
    """A set of space groups with the same absences: names, probability, and the reflections absent in them."""

    groups: tuple[gemmi.SpaceGroup, ...]
    probability: float
    n_absent: int
    mean_absent: float  # <I/sigma>
    mean_present: float  # <I/sigma> of the other reflections that some group extinguishes


def candidates(lattice_group: gemmi.SpaceGroup, small_molecule: bool) -> list[gemmi.SpaceGroup]:
    """Tabulated groups with the rotations and centring of ``lattice_group``, in its setting.

    Without ``small_molecule`` those of chiral crystals only; with it all of the same Laue class.
    """
    wanted = _laue_rotations(lattice_group) if small_molecule else _rotation_set(lattice_group)
    vectors = _centring_set(lattice_group)
    found = []
    for group in gemmi.spacegroup_table():
        if _centring_set(group) != vectors or (not small_molecule and not group.is_sohncke()):
            continue
        have = _laue_rotations(group) if small_molecule else _rotation_set(group)
        if have == wanted:
            found.append(group)
    return sorted(found, key=lambda g: (g.number, not g.is_reference_setting()))


def _rotation_set(group: gemmi.SpaceGroup) -> frozenset[bytes]:
    return frozenset(W.tobytes() for W in rotations(group))


def _laue_rotations(group: gemmi.SpaceGroup) -> frozenset[bytes]:
    return frozenset((sign * W).tobytes() for W in rotations(group) for sign in (1, -1))


def _centring_set(group: gemmi.SpaceGroup) -> frozenset[tuple[float, ...]]:
    return frozenset(tuple(v) for v in centring_vectors(group).round(3).tolist())


def score_absences(data: Merged, groups: list[gemmi.SpaceGroup], usual: np.ndarray | None = None) -> list[GroupScore]:
    """Groups with alike absences together, the most probable first; on a tie the group of lowest number.

    data: merged reflections of the Laue group, intensities over the mean of their resolution and, with translational
    NCS, of their class. Log-likelihood over reflections that any candidate extinguishes: of an absent one a Gaussian
    about zero (or, once in 20, anything), of a present one Wilson's distribution, centric or acentric and with
    epsilon, seen with error.

    usual: (N,) the class's mean over that without translational NCS. It is known to a tenth of the latter, so that
    a class which is as good as extinguished may be so by the translation: summed over, for all reflections in common.
    """
    absent = np.array([is_absent(data.hkl, group) for group in groups])
    tested = absent.any(axis=0) & ~absent.all(axis=0)
    absent, hkl, x = absent[:, tested], data.hkl[tested], data.e2[tested]
    s = np.sqrt(data.noise[tested] + _LEAST_SIGMA**2)
    mean, centric = epsilon(hkl, groups[0]).astype(float), is_centric(hkl, groups[0])
    means = [mean] if usual is None else [mean * (1 - t * np.minimum(_UNSURE / usual[tested], 0.99)) for t in _PARTS]
    logs = logsumexp([_log_likelihood(absent, x, s, wilson_density(x, s, m, centric)) for m in means], axis=0)
    patterns: dict[bytes, list[int]] = {}
    for i, group in enumerate(groups):
        alike = patterns.setdefault(absent[i].tobytes(), [])
        if all(groups[k].number != group.number for k in alike):  # not the same group about another origin
            alike.append(i)
    best = np.array([logs[rows[0]] for rows in patterns.values()])
    probability = np.exp(best - best.max())
    probability /= probability.sum()
    ratio = x / np.sqrt(data.noise[tested])
    scores = [
        GroupScore(
            tuple(groups[i] for i in rows),
            float(p),
            int(absent[rows[0]].sum()),
            _mean(ratio[absent[rows[0]]]),
            _mean(ratio[~absent[rows[0]]]),
        )
        for p, rows in zip(probability, patterns.values())
    ]
    return sorted(scores, key=lambda g: (-round(g.probability, 6), g.groups[0].number))


def _log_likelihood(absent: np.ndarray, x: np.ndarray, s: np.ndarray, present: np.ndarray) -> np.ndarray:
    """(groups,) of the groups whose absent reflections are ``absent`` (groups, N)."""
    gone = (1 - _CONTAMINATION) * _gauss(x, s) + _CONTAMINATION * present
    return np.asarray(np.where(absent, np.log(gone), np.log(present)).sum(axis=1))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _gauss(x: np.ndarray, s: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * np.minimum((x / s) ** 2, 1400)) / (s * np.sqrt(2 * np.pi)))


def wilson_density(x: np.ndarray, s: np.ndarray, mean: np.ndarray, centric: np.ndarray) -> np.ndarray:
    """The density (N,) of E² seen as ``x`` with error ``s``, where it has this ``mean``: Wilson's times Gaussian.

    By quadrature over the logarithm of the true value, from 1e-6 to 30 times the mean. Acentric exp(-t), centric
    exp(-t / 2) / sqrt(2 pi t), below 0.05 in 18 % of cases: axial reflections are mostly centric (Wilson 1949).
    """
    t = np.geomspace(1e-6, 30, 500)
    density = np.empty(len(x))
    for kind, wilson in ((False, np.exp(-t)), (True, np.exp(-t / 2) / np.sqrt(2 * np.pi * t))):
        rows = centric == kind
        weight = wilson * t
        spread = np.broadcast_to(s[rows, None], (int(rows.sum()), len(t)))
        density[rows] = _gauss(x[rows, None] - t * mean[rows, None], spread) @ (weight / weight.sum())
    return np.asarray(np.maximum(density, 1e-12))


def keep_given(
    scores: list[GroupScore], found: tuple[gemmi.SpaceGroup, str], given: str | None
) -> tuple[gemmi.SpaceGroup, str]:
    """The group that the crystals came with where absences do not speak against it, else the one found; and why."""
    number = space_group(given).number if given else 0
    for score in scores:
        own = next((g for g in score.groups if g.number == number), None)
        if own is None:
            continue
        if own.number == found[0].number:
            return found
        if _TELLING * score.probability >= scores[0].probability:
            return own, f"kept as given: absences do not tell it from {found[0].xhm()}"
    return found


def choose_group(scores: list[GroupScore], groups: list[gemmi.SpaceGroup]) -> tuple[gemmi.SpaceGroup, str]:
    """The group taken, and why: the most probable, unless absences tell too little, then the one without any."""
    best = scores[0]
    plain = next(s for s in scores if groups[0] in s.groups)
    if best is not plain and best.probability < _TELLING * plain.probability:
        return groups[0], "too few axial reflections to tell a screw axis; the group without is taken"
    others = [g.xhm() for g in best.groups[1:]]
    if len(groups) == 1:
        return groups[0], "the only one with this Laue group and centring"
    if len(scores) == 1:
        why = "no reflection was measured that a screw axis would extinguish; the group without is taken"
    else:
        why = f"probability {best.probability:.3f} from systematic absences"
    if others:
        why += f"; absences cannot tell it from {', '.join(others)}"
    return best.groups[0], why


def screw_periods(groups: list[gemmi.SpaceGroup], axis: int) -> list[int]:
    """The periods n such that some group, but not the first, extinguishes all of an axis (0, 1, 2) but every n-th."""
    hkl = np.zeros((12, 3), int)
    hkl[:, axis] = np.arange(1, 13)
    patterns = {(~is_absent(hkl, group)).tobytes() for group in groups}
    patterns -= {(~is_absent(hkl, groups[0])).tobytes()}
    return [n for n in (2, 3, 4, 6) if (hkl[:, axis] % n == 0).tobytes() in patterns]


def axial_classes(data: Merged, groups: list[gemmi.SpaceGroup]) -> list[AxialSummary]:
    """For each axis and period of a screw: how many reflections are multiples, how many not, and their mean I/sigma."""
    rows: list[AxialSummary] = []
    for axis, name in enumerate(("h 0 0", "0 k 0", "0 0 l")):
        on = (np.delete(data.hkl, axis, axis=1) == 0).all(axis=1)
        if not on.any():
            continue
        order, ratio = np.abs(data.hkl[on, axis]), (data.e2 / np.sqrt(data.noise))[on]
        for period in screw_periods(groups, axis):
            whole = order % period == 0
            rows.append(
                AxialSummary(
                    condition=f"{name}: {period}n",
                    present=int(whole.sum()),
                    absent=int((~whole).sum()),
                    present_ratio=_mean(ratio[whole]),
                    absent_ratio=_mean(ratio[~whole]),
                )
            )
    return rows
