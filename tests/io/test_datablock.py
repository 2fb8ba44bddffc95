"""Data blocks of DIALS before 2.0 hold what the experiment lists of the same images hold."""

from __future__ import annotations

import json

import pytest

from gnomon.errors import InputError
from gnomon.io.datablock import as_experiment_list
from gnomon.io.expt import read_experiments
from gnomon.report.show import describe_experiments


@pytest.mark.real
def test_a_block_of_four_sweeps(shared):
    folder = shared / "dials_files/l_cysteine_dials_output"
    block, experiments = (read_experiments(folder / name) for name in ("datablock.json", "imported_experiments.json"))
    assert describe_experiments(block, full=True) == describe_experiments(experiments, full=True)
    for one, other in zip(block, experiments):
        assert one.images.template == other.images.template
        assert one.scan.oscillation == other.scan.oscillation
    assert block[0].detector is block[1].detector  # as the file shares them


def test_two_blocks_count_on():
    block = {
        "__id__": "DataBlock",
        "imageset": [{"__id__": "ImageSweep", "template": "a_##.cbf", "beam": 0, "detector": 0, "scan": 0}],
        "beam": [{"wavelength": 1.0}],
        "detector": [{"panels": []}],
        "goniometer": [],
        "scan": [{"image_range": [1, 2]}],
    }
    found = as_experiment_list([block, block])
    assert [(e["beam"], e["scan"], e["imageset"], e.get("goniometer")) for e in found["experiment"]] == [
        (0, 0, 0, None),
        (1, 1, 1, None),
    ]
    assert found["imageset"][1] == {"__id__": "ImageSweep", "template": "a_##.cbf"}
    assert as_experiment_list([]) is None
    assert as_experiment_list({"__id__": "ExperimentList"}) is None


def test_another_list_is_refused(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps([{"__id__": "Other"}]))
    with pytest.raises(InputError, match="holds a list, needed an ExperimentList"):
        read_experiments(tmp_path / "x.json")
