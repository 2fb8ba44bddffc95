"""What is changed, in which experiments."""

from __future__ import annotations

from gnomon.maths.geometry.geometry_params import GeometryParams
from gnomon.params import param


class ModifyExperimentsParams(GeometryParams):
    """What is changed, in which experiments."""

    select_experiments: tuple[int, ...] = param(
        (), "numbers of the experiments that are changed, from 0; all if not given"
    )
