"""The export step: which observations go out, with which intensity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.report.export import describe
from gnomon.steps.export.params import ExportParams
from gnomon.steps.export.step import export

_PANEL = Panel(np.eye(3)[0], np.eye(3)[1], np.array([0, 0, 100.0]), (10, 10), (0.1, 0.1))
SWEEP = Experiment(Beam(), Detector((_PANEL,)), scan=Scan((1, 10), (0, 1)), crystal=Crystal(np.diag([0.1, 0.05, 0.04])))
TWO = Experiments.of([SWEEP, SWEEP.replace(scan=Scan((3, 8), (5, 2)))])


def integrated(**columns: Any) -> Reflections:
    """Three integrated reflections, the last of the second sweep."""
    z = np.array([0.4, 9.99, 12.0])
    base = {
        "miller_index": np.array([(1, 2, 3), (-1, 0, 2), (4, 4, 4)]),
        "id": np.array([0, 0, 1]),
        "flags": np.full(3, Flag.INTEGRATED, np.uint64),
        "intensity.sum.value": np.array([10.0, 20, 30]),
        "intensity.sum.variance": np.array([4.0, 9, 16]),
        "intensity.prf.value": np.array([11.0, 21, 31]),
        "intensity.prf.variance": np.array([1.0, 1, 1]),
        "lp": np.array([0.5, 1, 1]),
        "qe": np.array([1.0, 0.5, 1]),
        "partiality": np.array([1.0, 1, 0.5]),
        "xyzcal.px": np.column_stack([z, z, z]),
        "xyzobs.px.value": np.column_stack([z, z, z]),
        "background.sum.value": np.array([1.0, 2, 3]),
    }
    return Reflections({**base, **columns})


def test_integrated_intensities_are_corrected_but_not_scaled() -> None:
    result = export(TWO, integrated(), ExportParams())
    data = result.product
    assert not data.scaled
    np.testing.assert_allclose(data.intensity, [5, 40, 60])
    np.testing.assert_allclose(data.sigma, [1, 6, 8])
    np.testing.assert_allclose(data.profile, [5.5, 42, 31])  # fits are of the whole reflection, sums of its part
    assert data.scale is None
    assert data.image.tolist() == [1, 10, 8]  # z = 12 is beyond the second sweep: its last image
    np.testing.assert_allclose(data.phi, [0.4, 9.99, 25])
    assert data.batch_offsets() == [0, 100]
    assert data.batches().tolist() == [1, 10, 108]
    np.testing.assert_allclose(data.background, [1, 2, 3])
    assert "3 integrated (summed and profile-fitted) observations of 2 sweeps as mtz" in describe(result.summary)


def test_scaled_intensities_go_first() -> None:
    scaled = {
        "intensity.scale.value": np.array([10.0, 20, 30]),
        "intensity.scale.variance": np.array([4.0, 4, 4]),
        "inverse_scale_factor": np.array([2.0, 1, 1]),
        "inverse_scale_factor_variance": np.array([0.01, 0.04, 0]),
        "flags": np.array([Flag.SCALED, Flag.SCALED | Flag.OUTLIER_IN_SCALING, Flag.SCALED], np.uint64),
    }
    result = export(TWO, integrated(**scaled), ExportParams())
    data = result.product
    assert data.scaled
    np.testing.assert_allclose(data.intensity, [5, 30])
    np.testing.assert_allclose(data.sigma, [1, 2])
    np.testing.assert_allclose(data.scale_sigma, [0.1, 0])
    assert result.summary.n_unmeasured == 1
    flags = {"flags": np.full(3, Flag.INTEGRATED, np.uint64)}
    again = export(TWO, integrated(**{**scaled, **flags}), ExportParams(intensity="profile")).product
    np.testing.assert_allclose(again.intensity, [5.5, 42, 31])


def test_limits() -> None:
    params = ExportParams(partiality_threshold=0.6, d_min=5.0)
    table = integrated(**{"intensity.sum.value": np.array([10.0, -100, 30])})
    result = export(TWO, table, params)
    assert result.product.hkl.tolist() == [[1, 2, 3]]
    assert result.summary.n_outside == 2
    assert "left out: 2 outside the limits" in describe(result.summary)


@pytest.mark.parametrize(
    ("table", "params", "said"),
    [
        (integrated(flags=np.zeros(3, np.uint64)), ExportParams(), "none of 3 reflections can be exported"),
        (
            integrated().without_columns("intensity.sum.value", "intensity.prf.value"),
            ExportParams(),
            "run integrate first",
        ),
        (integrated().without_columns("intensity.sum.value"), ExportParams(intensity="sum"), "intensity=profile"),
        (integrated().without_columns("intensity.prf.value"), ExportParams(intensity="profile"), "intensity=sum"),
        (integrated(), ExportParams(intensity="scale"), "run scale first"),
    ],
)
def test_bad_input_is_one_line(table: Reflections, params: ExportParams, said: str) -> None:
    with pytest.raises(InputError, match=said):
        export(TWO, table, params)


def test_several_wavelengths_are_told_apart_or_refused() -> None:
    """In formats that have no data sets; an MTZ has one for each."""
    other = TWO[1].replace(beam=replace(TWO[1].beam, wavelength=1.2))
    mixed = Experiments.of([TWO[0], other])
    with pytest.raises(InputError, match="wavelengths from"):
        export(mixed, integrated(), ExportParams(format="shelx"))
    found = export(mixed, integrated(), ExportParams()).product
    assert (found.wavelengths, found.wavelength_of) == ((TWO[0].beam.wavelength, 1.2), (0, 1))
