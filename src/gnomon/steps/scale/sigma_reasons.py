"""Sigmas far from those of integration: why, and that there is a reason."""

from __future__ import annotations

import numpy as np

from gnomon.maths.robust_means import medians
from gnomon.maths.tally import equal_tally
from gnomon.steps.scale.error_model import CRYSTALS, PROPORTIONAL, VarianceTerms, coefficients
from gnomon.steps.scale.scaling import State, expected_of, merged_so_far, terms_of
from gnomon.steps.scale.setup import Setup
from gnomon.summary import Decision

_FAR = 10.0  # times the integrated sigma, scaled alike, or a tenth of it
_ABSURD = 100.0  # times what a shell or the observation's own equivalents show: no Wilson statistics reach so far
_SHELLS, _FEWEST = 20, 50
_REJECTED = "rejected as outliers, unlike the equivalents that their sigmas are by"
_WORDS = {
    PROPORTIONAL: "the error in proportion to the intensity, which counts do not tell",
    "partial": "the error of a small partiality",
    CRYSTALS: "what crystals differ by",
    "scale": "an uncertain scale",
    "signal": "equivalents far from the few or many counts of this observation",
}


def sigma_reasons(setup: Setup, state: State) -> list[Decision]:
    """Why sigmas are more than ten times the integrated ones, scaled alike, or less than a tenth; nothing if none is.

    Raises AssertionError where a variance is not finite and positive, or rests on an expected intensity that neither
    the observation's equivalents nor the rest of its resolution shell bear out: that would be a fault of the program.
    """
    variance, integrated = state.variance, state.intensities.variance / state.g**2
    assert (np.isfinite(variance) & (variance > 0)).all(), "variances of scaling are not finite and positive"
    wide, narrow = variance > _FAR**2 * integrated, variance < integrated / _FAR**2
    absurd = (wide | narrow) & ~_borne_out(setup, state)
    assert not absurd.any(), f"{absurd.sum()} sigmas of scaling rest on intensities that nothing bears out"
    terms = terms_of(setup, state)
    why = _largest(terms, coefficients(terms, state.error_model.theta))
    return [
        *_lines(wide, state.outlier, why, "over ten times"),
        *_lines(narrow, state.outlier, why, "under a tenth of"),
    ]


def _borne_out(setup: Setup, state: State) -> np.ndarray:
    """(N,) bool: the expected intensity is of the size of the group's mean, of its shell, or of its noise."""
    groups, d = setup.observations.groups, setup.observations.d
    first, second = expected_of(setup, state)
    seen = merged_so_far(setup, state)
    shells = equal_tally(groups.mean(d), max(1, min(_SHELLS, len(groups) // _FEWEST)))
    noise = np.sqrt(groups.mean(state.intensities.variance / state.g**2))
    usual = np.maximum(medians(np.abs(seen.mean), shells), medians(noise, shells))[shells.bins]
    most = np.maximum(3 * np.abs(seen.mean), _ABSURD * np.maximum(usual, noise))
    return np.asarray((np.maximum(first, np.sqrt(second)) <= most)[groups.label])


def _largest(terms: VarianceTerms, theta: np.ndarray) -> np.ndarray:
    """(N,) the name of the largest source of each variance."""
    sources = np.vstack([terms.terms * theta[:, None], terms.fixed])
    return np.array([*terms.names, "scale"])[sources.argmax(axis=0)]


def _lines(far: np.ndarray, outlier: np.ndarray, why: np.ndarray, how: str) -> list[Decision]:
    """A sentence, where there are any, of how many sigmas are far off, and why."""
    if not far.any():
        return []
    counts = {_REJECTED: int((far & outlier).sum())}
    for name in np.unique(why[far & ~outlier]).tolist():
        words = _WORDS.get(name, f"the {name}'s variance, which equivalents show to be wrong")
        counts[words] = int((far & ~outlier & (why == name)).sum())
    told = "; ".join(f"{n} by {words}" if words != _REJECTED else f"{n} {words}" for words, n in counts.items() if n)
    what = f"{int(far.sum())} sigmas are {how} the integrated ones"
    return [Decision(what, told, {"sigmas": int(far.sum()), **counts}, link=": ")]
