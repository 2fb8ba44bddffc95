"""The commands for users of XDS and pointless, typed as they stand on the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest
from integrate_hkl import write_integrate_hkl
from typed import DOCS, run_in_turn

from gnomon.io.mtz import write_unmerged_mtz
from gnomon.io.xds_ascii import write_xds_ascii
from gnomon.models.subset import subset
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.export.params import ExportParams
from gnomon.steps.export.step import export


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two crystals as XDS and aimless would have left them."""
    place = tmp_path_factory.mktemp("files")
    params = WedgesParams(species=("cow",), wedges=2, images=40, d_min=2.8, seed=3)
    experiments, table, _ = integrated_wedges(params)
    for number, name in enumerate("ab"):
        (place / name).mkdir()
        one = subset(experiments, table, [number])
        data = export(*one, ExportParams(intensity="profile")).product
        write_xds_ascii(place / name / "XDS_ASCII.HKL", replace(data, scaled=True))
        write_integrate_hkl(place / name / "INTEGRATE.HKL", data)
        write_unmerged_mtz(place / name / "scaled_unmerged.mtz", replace(data, scaled=True, scale=np.ones(len(data))))
    return place


def test_every_command_works(folder: Path) -> None:
    assert len(run_in_turn(DOCS / "how-to" / "xds-and-mtz.md", folder)) >= 11
    merged = gemmi.read_mtz_file(str(folder / "merged_by_aimless.mtz"))
    assert merged.nreflections > 500
    assert len(gemmi.read_mtz_file(str(folder / "b.mtz")).batches) > 10
