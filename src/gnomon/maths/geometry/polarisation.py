"""The polarisation factor of a beam that is polarised in part."""

from __future__ import annotations

import numpy as np

from gnomon.models.beam import Beam


def polarisation_factor(beam: Beam, s1: np.ndarray) -> np.ndarray:
    """(N,) P = (1 - 2p)(1 - (n . s1)^2) + p (1 + (s1 . s0)^2) of wave vectors s1 (N, 3), in unit vectors.

    p: the polarisation fraction in the sense of XDS (0.5 is unpolarised), n: the normal of its plane.
    Kabsch 1988, J. Appl. Cryst. 21, 916.
    """
    s0 = beam.s0 / np.linalg.norm(beam.s0)
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    p, normal = beam.polarization_fraction, beam.polarization_normal / np.linalg.norm(beam.polarization_normal)
    factor: np.ndarray = (1 - 2 * p) * (1 - (ray @ normal) ** 2) + p * (1 + (ray @ s0) ** 2)
    return factor
