"""Formats by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.exported import ENDINGS, mean_cell_sd, write_exported
from gnomon.models.experiment import Experiments
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData
from gnomon.steps.export.params import OWN_FORMATS
from gnomon.steps.export.step import WHOLE

_FIRST_BYTES = {
    "mtz": "MTZ ",
    "mmcif": "data_merged\n",
    "xds_ascii": "!FORMAT=XDS_ASCII",
    "shelx": "  -6",
    "sca": "    1\n -987",
    "sadabs": "  -6",
    "hklf5": "  -6",
}
"""Of the formats of observations; those of whole tables are in test_export_formats.py."""


@pytest.mark.parametrize("format", sorted(_FIRST_BYTES))
def test_every_format_has_its_writer(
    tmp_path: Path, merged_data: MergedData, unmerged_data: Callable[..., UnmergedData], format: str
) -> None:
    path = tmp_path / f"a{ENDINGS[format]}"
    written, notes = write_exported(path, format, unmerged_data(), merged_data)
    assert notes == (["1 lattices; 0 of 200 observations overlap with another's"] if format == "hklf5" else [])
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(Path(p).name for p in written)
    assert path.read_bytes().startswith(_FIRST_BYTES[format].encode())
    assert len(written) == (2 if format in ("shelx", "hklf5") else 1)


def test_formats_of_observations_and_of_tables_are_all() -> None:
    assert set(ENDINGS) == {*_FIRST_BYTES, *WHOLE} == set(OWN_FORMATS)


def test_what_cannot_be_written_is_told(tmp_path: Path, unmerged_data: Callable[..., UnmergedData]) -> None:
    for format, said in (("sca", "holds merged data"), ("hdf6", "no format 'hdf6'; choose one of mtz")):
        with pytest.raises(InputError, match=said):
            write_exported(tmp_path / "a", format, unmerged_data())
    assert not list(tmp_path.iterdir())


def test_the_mean_cell_is_better_known_than_one(unmerged_data: Callable[..., UnmergedData]) -> None:
    sweeps = unmerged_data().experiments
    assert mean_cell_sd(sweeps) is None
    known = [e.replace(crystal=replace(e.crystal, cell_parameter_sd=np.full(6, 0.02))) for e in sweeps]
    np.testing.assert_allclose(mean_cell_sd(Experiments.of(known)), 0.02 / np.sqrt(2))
