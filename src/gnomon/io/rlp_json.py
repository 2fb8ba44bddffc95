"""``rlp.json``: reciprocal lattice points for programs that draw them."""

from __future__ import annotations

import json
import os

import numpy as np

from gnomon.errors import InputError
from gnomon.io.atomic import write_whole
from gnomon.io.expt import experiments_content
from gnomon.maths.geometry.reciprocal_positions import reciprocal_positions
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections


def write_rlp_json(
    path: str | os.PathLike[str],
    experiments: Experiments,
    reflections: Reflections,
    n_digits: int = 6,
    compact: bool = True,
) -> None:
    """Write the points at phi = 0 (1/Å), x, y, z of one after the other, with their experiment and image set.

    n_digits: decimals. compact: without blanks and new lines. What is not indexed has the experiment -1; points whose
    place is not known are left out. Raises InputError where none is.
    """
    points, seen = reciprocal_positions(experiments, reflections)
    known = np.flatnonzero(np.isfinite(points).all(axis=1))
    if not len(known):
        raise InputError(f"none of {len(points)} reflections has a place on the detector of an experiment; find spots")
    sets = reflections.get("imageset_id", seen)
    content = {
        "rlp": np.round(points[known].ravel(), n_digits).tolist(),
        "imageset_id": sets[known].tolist(),
        "experiment_id": reflections["id"][known].tolist(),
        "experiments": experiments_content(experiments),
    }
    layout = {"separators": (",", ":")} if compact else {"indent": 2}
    write_whole(path, json.dumps(content, **layout))
