"""What Python finds in ``gnomon``: every step as a callable, and the files; nothing is imported before it is used."""

import subprocess
import sys

import pytest

import gnomon
from gnomon.errors import InputError
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STEPS
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges


def test_every_step_and_the_files_are_public():
    steps = {stage.public_name for stage in STEPS.values()}
    assert steps < set(gnomon.__all__)
    assert {"import_images", "find_spots", "cosym", "correlation_matrix", "merge", "export", "process_data"} < set(
        gnomon.__all__
    )
    assert all(callable(getattr(gnomon, name)) for name in gnomon.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        gnomon.nothing  # noqa: B018


def test_import_costs_nothing_and_stars_bring_all():
    code = (
        "import sys, gnomon\n"
        "assert not {'numpy', 'pydantic', 'gnomon.pipeline'} & set(sys.modules)\n"
        "from gnomon import *\n"
        "print(find_spots.name, import_images.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["find_spots", "import"]


@pytest.fixture(scope="module")
def integrated():
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=4.0, basis="true"))
    return experiments, table


def test_integrated_data_are_scaled_merged_and_exported(integrated, tmp_path):
    scaled = gnomon.scale(gnomon.cosym(*integrated))
    merged = gnomon.merge(scaled, generate=False)
    assert merged.product.free is None
    gnomon.write_merged_mtz(tmp_path / "merged.mtz", merged.product)
    exported = gnomon.export(scaled, format="xds_ascii")
    written = gnomon.write_exported(tmp_path / "a.HKL", "xds_ascii", exported.product)
    assert (tmp_path / "merged.mtz").stat().st_size > 10_000
    assert written.paths == [str(tmp_path / "a.HKL")]
    parts = gnomon.split_experiments(scaled)
    assert [len(part.experiments) for part in parts] == [1] * len(scaled.experiments)


def test_all_of_it_in_one_call_begins_where_the_data_are(integrated):
    outcomes = gnomon.process_data(*integrated, d_min=4.0)
    assert "find_spots" not in {outcome.stage for outcome in outcomes}
    (final, *_) = [outcome for outcome in outcomes if outcome.final]
    assert final.stage == "scale"
    assert gnomon.merge(final.result).summary.n_unique > 100


def test_what_is_missing_is_told_with_who_makes_it(integrated):
    with pytest.raises(InputError, match=r"merge needs the columns .*; run integrate and scale first"):
        gnomon.merge(integrated[0], Reflections())
    with pytest.raises(InputError, match="unknown parameter 'no_such_parameter'; there are: exclude_datasets,"):
        gnomon.scale(*integrated, no_such_parameter=1)
