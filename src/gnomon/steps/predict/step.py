"""predict: every reflection that crosses the Ewald sphere during a scan and hits a panel."""

from __future__ import annotations

import numpy as np

from gnomon.io.images.experiment_images import shadowed
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_crystals
from gnomon.steps.predict.params import PredictParams
from gnomon.steps.predict.summary import PredictSummary


def predict(
    experiments: Experiments, reflections: Reflections, params: PredictParams, context: Context = HERE
) -> Result[PredictSummary]:
    """The experiments as they are, and a new table of all predicted reflections, experiment after experiment.

    As integrate predicts them, before it looks at images (:func:`gnomon.maths.geometry.prediction.predict_scan`).
    Raises InputError for stills, and where a crystal is missing or a cell is too large to be true.
    """
    require_crystals("predict", experiments)
    tables, hidden = [], 0
    for number, experiment in enumerate(experiments):
        found = _predicted(experiment, number, params)
        if not params.ignore_shadows:
            lit = ~shadowed(experiment, found["panel"], found["xyzcal.px"])
            found, hidden = found.select(lit), hidden + int((~lit).sum())
        tables.append(found)
        if context.progress is not None:
            context.progress("predicting", number + 1, len(experiments))
    summary = PredictSummary(
        n_predicted=tuple(map(len, tables)),
        n_shadowed=hidden,
        d_min=tuple(float(t["d"].min()) if len(t) else None for t in tables),
    )
    table = Reflections.concatenate(tables).with_identifiers({i: e.identifier for i, e in enumerate(experiments)})
    return Result(experiments, table, summary)


def _predicted(experiment: Experiment, number: int, params: PredictParams) -> Reflections:
    """The reflections of one experiment in the order of z."""
    if params.force_static:
        experiment = experiment.replace(crystal=experiment.needed_crystal.static())
    width = 0.0 if experiment.scan is None else abs(experiment.scan.oscillation[1])
    found = predict_scan(experiment, number, params.d_min, params.buffer_size * width)
    return found.select(np.argsort(found["xyzcal.px"][:, 2], kind="stable"))
