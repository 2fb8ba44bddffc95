"""What each sweep gave, at the end of process."""

from __future__ import annotations

from types import SimpleNamespace

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.models.valid_images import with_valid_ranges
from gnomon.process.runner import Outcome
from gnomon.process.wedges import what_each_gave
from gnomon.report.wedges import describe
from gnomon.step import Result
from gnomon.steps.index.summary import CrystalSummary, IndexSummary, SweepSummary
from gnomon.steps.scale.summary import LeftOut
from gnomon.summary import DataSetRemark


def sweep(name):
    images = ImageSet(template=f"/x/{name}_####.cbf")
    return Experiment(
        Beam(wavelength=1.0), Detector(()), scan=Scan((1, 10), (0.0, 1.0)), images=images, identifier=name
    )


def outcome(stage, experiments, summary=None):
    return Outcome(stage, Result(experiments, Reflections(), summary or {}), "")


def cosym_without(name, reason):
    return SimpleNamespace(excluded=(DataSetRemark(name, reason),))


def grouped(*clusters):
    """What correlation_matrix tells of clusters with these members, of leaves and the two lattices of two."""
    parts = tuple(SimpleNamespace(name=f"cluster_{k}", members=members) for k, members in enumerate(clusters))
    return SimpleNamespace(names=("leaves", "two", "two (2)"), clusters=parts)


def outcomes():
    found = Experiments.of([sweep("leaves"), sweep("empty"), sweep("two"), sweep("other")])
    two = found[2].replace(identifier="two b")
    indexed = with_valid_ranges(Experiments.of([found[0], found[2], two, found[3]]), {0: [(1, 4)]})
    nan, cell = float("nan"), (10.0, 10.0, 10.0, 90.0, 90.0, 90.0)
    counts = enumerate([(0, 390), (2, 480), (2, 400), (3, 490)])
    index = IndexSummary(
        max_cell=100.0,
        d_min=5.0,
        n_crystals=4,
        one_lattice=False,
        beam_centre_off=(0.0, 0.0),
        crystals=tuple(CrystalSummary(i, k, cell, "P 1", n, (nan, nan, nan)) for i, (k, n) in counts),
        sweeps=tuple(SweepSummary(k, n, 0, 0.0, {}, 0) for k, n in enumerate((400, 2, 900, 500))),
    )
    return [
        outcome("find_spots", found),
        outcome("index", indexed, index),
        outcome("cosym", indexed, cosym_without("other", "another cell")),
        outcome("correlation_matrix", indexed, grouped((0, 1))),
    ]


def test_each_lattice_has_its_end_and_each_loss_its_reason():
    rows = {row.name: row for row in what_each_gave(outcomes())}
    assert list(rows) == ["leaves", "empty", "two", "two (2)", "other"]
    assert (rows["leaves"].images, rows["leaves"].end) == ("images 1 to 4", "in cluster_0")
    assert rows["empty"].end == "left out: no lattice explains its 2 spots"
    assert (rows["two (2)"].indexed, rows["two (2)"].end) == (400, "in no cluster")
    assert rows["other"].end == "left out by cosym: another cell"
    assert "What each sweep gave" in describe(list(rows.values()))


def test_members_of_a_cluster_that_fails_are_not_said_to_be_in_it():
    failed = Outcome("scale", Result(Experiments.of([]), Reflections(), {}), "", part="cluster_0", failed=True)
    rows = {row.name: row.end for row in what_each_gave([*outcomes(), failed])}
    assert rows["leaves"] == "in cluster_0, which cannot be scaled"
    assert rows["two (2)"] == "in no cluster"


def test_a_second_lattice_that_scale_left_out_is_not_said_of_the_first():
    """Alone in its cluster it is called as the first lattice is among all."""
    given = outcomes()
    two = given[1].result.experiments[2]
    filtered = (LeftOut("two", -0.01, -5.0, 1, "spoils the rest"),)
    scaled = Outcome(
        "scale", Result(Experiments.of([two]), Reflections(), SimpleNamespace(filtered=filtered)), "", part="cluster_1"
    )
    told = [*given[:-1], outcome("correlation_matrix", given[1].result.experiments, grouped((0, 1), (2,))), scaled]
    rows = {row.name: row.end for row in what_each_gave(told)}
    assert rows["two"] == "in cluster_0"
    assert rows["two (2)"] == "left out by scale: spoils the rest"


def test_before_indexing_there_is_nothing_to_tell():
    assert what_each_gave(outcomes()[:1]) == []
