"""Pages stay light and true whatever the number of data sets: marks are thinned, matrices binned, and both said."""

import numpy as np
import pytest
from test_html_pages import figures_of

from gnomon.maths.data_sets.embedding import DimensionTrial, cosines
from gnomon.maths.data_sets.trees import joins, tree
from gnomon.maths.laue_group.summary import CalibrationSummary
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.similarity import Similarity
from gnomon.report.html import correlation_matrix, cosym, scale
from gnomon.report.html.blocks import Figure, Section, Table
from gnomon.report.html.figures.matrix import block_means, matrix
from gnomon.report.html.figures.thinned import spread, spread_with_extremes
from gnomon.report.html.figures.tree import joints_of, tallest
from gnomon.report.html.page import page
from gnomon.report.html.process import Part, process_sections
from gnomon.report.html.tables import MOST_ROWS, table_html
from gnomon.step import Result
from gnomon.steps.correlation_matrix.summary import Cluster, CorrelationMatrixSummary
from gnomon.steps.cosym.summary import CosymSummary
from gnomon.steps.scale.summary import AlongImages, DataSetFigures, ModelAlong
from gnomon.summary import DataSetRemark, Decision

LIMIT = 3e6


def summaries(n, seed=0):
    """What cosym, correlation_matrix and scale tell of n data sets, made up."""
    rng = np.random.default_rng(seed)
    names = [f"crystal_{k:05d}_of_a_long_name" for k in range(n)]
    labels = rng.integers(0, 3, n)
    X = np.eye(4)[labels] + rng.normal(0, 0.1, (n, 4))
    cosine = cosines(X)
    cells = np.array([77.8, 77.8, 77.8, 90, 90, 90]) + rng.normal(0, 0.1, (n, 6))
    remarks = tuple(DataSetRemark(name, "weak") for name in names)
    common = {
        "names": tuple(names), "n_observations": 240 * n, "n_used": 240 * n, "d_min": 3.8, "space_group": "I 2 3",
        "coordinates": tuple(map(tuple, X.tolist())), "dimensions": 4,
        "dimensions_tried": (DimensionTrial(1, 9.0), DimensionTrial(2, 3.0), DimensionTrial(4, 1.0)),
    }  # fmt: skip
    turned = CosymSummary(
        **common, **no_symmetry(), excluded=(DataSetRemark("a", "another cell"),), disagreeing=(),
        margins=tuple(rng.uniform(0, 1, n).tolist()), settings=("x,y,z", "-y,-x,-z"),
        coordinates_all=tuple(map(tuple, np.repeat(X, 2, axis=0).tolist())), embedded_together=n, mean_cosine=0.5,
        least_cosine=0.1, cells=tuple(map(tuple, cells.tolist())), changes=("b+c,a+c,a+b",) * n,
        decisions=tuple(Decision(f"{name} is left out") for name in names),
    )  # fmt: skip
    clusters = tuple(
        Cluster(
            name=f"cluster_{k}", members=tuple(np.flatnonzero(labels == k).tolist()), completeness=1.0,
            multiplicity=50.0, n_observations=240, n_unique=240, cell=tuple(cells[0]), p_value=1e-20,
        )
        for k in range(3)
    )  # fmt: skip
    linkage = joins(tree(cosine, "ward"))
    grouped = CorrelationMatrixSummary(
        **common, clusters=clusters, labels=tuple(labels.tolist()), optics_labels=tuple(labels.tolist()),
        optics_min_points=5, outliers=remarks, significance=0.01, splits=(), differing=(), memberships=(),
        unique=(240,) * n, linkage_cc=linkage, linkage_cosine=linkage, linkage_method="ward",
        reachability=tuple(rng.uniform(0, 1, n).tolist()), ordering=tuple(rng.permutation(n).tolist()),
        decisions=(Decision("three clusters"),),
    )  # fmt: skip
    image = tuple(np.arange(1.0, 21).tolist())
    by_image = [AlongImages(name, image, image, image, image) for name in names]
    same = {"n_observations": 240, "completeness": 0.1, "i_over_sigma": 9.0, "r_merge": 0.1, "cc_half": 0.9}
    same |= {"cc_others": 0.9, "delta_cc_half_z": 0.0, "n_outliers": 0, "scale": 1.0}
    records = [
        DataSetFigures(name, **same, delta_cc_half=d, b=d) for name, d in zip(names, rng.normal(size=n).tolist())
    ]
    along = [ModelAlong(name, image, image, image) for name in names]
    alike = Similarity(cosine, cosine)
    return (turned, alike), (grouped, alike), (records, by_image, along)


def no_symmetry():
    """What a triclinic crystal tells of its symmetry."""
    return {
        "laue_group": "I m -3", "laue_reason": "", "laue_confidence": 0.99, "calibration": CalibrationSummary(1.0, 1.0),
        "level": 0.0, "operators": (), "groups": (), "near_symmetries": (), "l_test": None, "tncs": (), "notes": (),
        "space_groups": (), "axial": (), "space_group_reason": "", "left_out": (),
    }  # fmt: skip


def scaled_sections(scaled):
    records, by_image, along = scaled
    return [
        *scale.by_data_set_section(records, ()).blocks,
        *scale.by_image_section(by_image).blocks,
        *scale._models(along).blocks,
    ]


@pytest.fixture(scope="module")
def thousand():
    return summaries(1000)


@pytest.fixture(scope="module")
def pages(thousand):
    turned, grouped, scaled = thousand
    sections = {
        "cosym": cosym.sections(*turned),
        "correlation_matrix": correlation_matrix.sections(*grouped),
        "scale": [Section("Scale", scaled_sections(scaled))],
    }
    everything = [*sections["cosym"], *sections["correlation_matrix"], *(sections["scale"] * 4)]  # of three clusters
    return {name: page(name, found) for name, found in {**sections, "process": everything}.items()}


@pytest.mark.parametrize("name", ["cosym", "correlation_matrix", "scale", "process"])
def test_a_page_of_a_thousand_data_sets_is_below_3_mb(pages, name):
    assert len(pages[name].encode()) < LIMIT
    for figure in figures_of(pages[name]):
        assert set(figure) == {"traces", "layout", "pairs"}
        for trace in figure["traces"]:
            assert trace["type"] in ("scatter", "bar", "heatmap")  # what the library on the page draws
            assert len(trace.get("x", [])) == len(trace.get("y", trace.get("x", [])))
            if trace["type"] == "heatmap":
                assert {len(row) for row in trace["z"]} == {len(trace["z"])} == {len(figure["pairs"])}


def test_three_times_the_data_sets_add_little(pages):
    turned = summaries(3000)[0]
    found = page("cosym", cosym.sections(*turned))
    assert len(found.encode()) < LIMIT
    assert len(found) < 1.25 * len(pages["cosym"])


def test_the_library_is_the_part_that_is_needed():
    bare = page("bare", [Section("a", [Figure("f", [{"type": "bar", "x": [1], "y": [1]}], {})])])
    assert "plotly.js (cartesian - minified)" in bare
    assert 1e6 < len(bare.encode()) < 1.6e6


def test_squares_are_means_of_pairs_without_the_diagonal_and_the_unknown():
    values = np.arange(25.0).reshape(5, 5)
    found = block_means(values, 2)
    assert found[0, 1] == np.mean([2, 3, 7, 8])
    assert found[0, 0] == np.mean([1, 5])  # 0 and 6 are of data sets with themselves
    assert np.isnan(found[2, 2])
    assert found[2, 0] == np.mean([20, 21])


def test_a_binned_matrix_lies_where_its_data_sets_are():
    names = [f"d{k}" for k in range(450)]
    figure = matrix("m", np.ones((450, 450)) - 0.1 * np.eye(450), names)
    (trace,) = figure.traces
    assert len(trace["z"]) == 150
    assert (trace["x0"], trace["dx"]) == (1.0, 3)
    assert figure.pairs[:2] == ["d0 to d2", "d3 to d5"]
    assert "mean of 3 × 3 pairs" in figure.note


def test_few_are_drawn_as_ever_and_of_many_those_that_stand_out():
    assert spread(7).tolist() == list(range(7))
    values = np.random.default_rng(0).normal(size=5000)
    values[[17, 3001]] = 50, -40
    rows = spread_with_extremes(values, 1000)
    assert {17, 3001} <= set(rows)
    assert len(rows) <= 1000
    assert (np.diff(rows) > 0).all()


def test_the_highest_joints_of_a_tree():
    _, joints = joints_of(tree(cosines(np.random.default_rng(0).normal(size=(30, 3))), "ward"))
    found = tallest(joints, 5)
    assert min(j.height for j in found) >= sorted(j.height for j in joints)[-5]
    assert tallest(joints) == joints


def test_a_long_table_says_how_long_it_is():
    text = table_html(Table("t", ["a"], [[str(k)] for k in range(600)]))
    assert text.count("<tr") == MOST_ROWS + 1
    assert f"The first {MOST_ROWS} of 600 rows" in text


def test_process_says_all_in_less_than_3_mb(thousand):
    _, grouped, _ = thousand
    result = Result(Experiments(), Reflections(), *grouped)
    parts = [Part("correlation_matrix", "", result, ["because"] * 1000, False)]
    text = page("process", process_sections(parts))
    assert f"and {1000 - MOST_ROWS} more" in text
    assert len(text.encode()) < LIMIT
