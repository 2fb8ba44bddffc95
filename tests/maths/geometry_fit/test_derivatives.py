"""Analytic derivatives against central differences, for every parameter."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.geometry_fit.model import model_of
from gnomon.maths.geometry_fit.observations import observations
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.residuals import Problem
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.scan import Scan


def two_sweeps(tilted, n_panels=1):
    """One crystal and detector, two scans about different axes."""
    first = tilted(n_panels=n_panels)
    axis = Goniometer(np.array([1.0, 0.0, 0.0]), first.goniometer.fixed_rotation)
    return Experiments.of([first, first.replace(goniometer=axis, scan=Scan((1, 40), (-20.0, 1.0)))])


@pytest.mark.parametrize(
    "options",
    [
        FitOptions(beam_fixed=()),
        FitOptions(per_panel=True),
        FitOptions(separate_mounts=True),
        FitOptions(scan_varying=True, interval=8.0),
        FitOptions(beam_fixed=(), beam_interval=10.0),
        FitOptions(detector_fixed=("distance",), crystal_fixed=("cell",)),
        FitOptions(beam_fixed=("all",), detector_fixed=("orientation",), crystal_fixed=("orientation",)),
    ],
    ids=["all", "per panel", "mounts", "scan-varying", "beams along scans", "some fixed", "others fixed"],
)
def test_derivatives_are_the_limits_of_differences(tilted, make_spots, derivatives, options):
    experiments = two_sweeps(tilted, n_panels=2)
    table = make_spots(experiments, d_min=5.0)
    model = model_of(experiments, options)
    problem = Problem(model, observations(experiments, table, 0.05))
    p = 1e-3 * np.random.default_rng(4).normal(size=len(model.sigma))
    jacobian, difference = derivatives
    analytic = jacobian(problem, problem.model.at(p))
    numeric = np.stack([difference(problem, p, k, 1e-5) for k in range(len(p))], axis=2)
    size = np.abs(numeric).max(axis=(0, 1))
    assert (size > 0).all()
    assert len(size) == sum(len(block.names) for block in model.blocks)
    error = np.abs(analytic - numeric) / size
    # between the points of its grid a scan-varying crystal and its derivative are interpolated separately
    tolerance = 1e-6 if options.scan_varying or options.beams_vary else 1e-8
    assert np.nanmedian(error, axis=(0, 1)).max() < tolerance
    # where a reflection grazes the sphere a difference crosses to the other root (0.1-0.3 %)
    assert np.nanquantile(error, 0.98) < 100 * tolerance
