"""Every number of an .expt file that no instrument and no crystal can have is told, with what is needed."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.expt_schema import LIMITS
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer, MultiAxisGoniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.profile import GaussianProfile
from gnomon.models.scan import Scan

X, Y = np.eye(3)[:2]
NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """A whole file as JSON."""
    path = tmp_path_factory.mktemp("schema") / "x.expt"
    panel = Panel(X, -Y, np.array([-10.0, 10.0, -100.0]), (100, 100), (0.2, 0.2))
    crystal = Crystal(np.diag([1 / 40, 1 / 50, 1 / 60]), " P 2 2", A_at_scan_points=np.tile(np.eye(3) / 50, (11, 1, 1)))
    experiment = Experiment(
        Beam(),
        Detector((panel,)),
        MultiAxisGoniometer(np.eye(3), np.zeros(3), ("phi", "kappa", "omega"), 2),
        Scan((1, 10), (0.0, 1.0)),
        crystal,
        GaussianProfile(0.05, 0.1),
        images=ImageSet(template="/x/a_####.cbf"),
        identifier="a",
    )
    write_experiments(path, Experiments.of([experiment, experiment.replace(goniometer=Goniometer(), identifier="b")]))
    return json.loads(path.read_bytes())


def refused(content, tmp_path, change) -> str:
    """What is said of the file after ``change``."""
    changed = copy.deepcopy(content)
    change(changed)
    (tmp_path / "y.expt").write_text(json.dumps(changed))
    with pytest.raises(InputError) as told:
        read_experiments(tmp_path / "y.expt")
    assert "\n" not in str(told.value)
    return str(told.value)


def test_the_whole_file_is_read(content, tmp_path):
    (tmp_path / "y.expt").write_text(json.dumps(content))
    assert len(read_experiments(tmp_path / "y.expt")) == 2


@pytest.mark.parametrize(
    ("kind", "key", "value", "said"),
    [
        ("beam", "wavelength", NAN, "needed 0.001 to 100 Å"),
        ("beam", "wavelength", -1.0, "needed 0.001 to 100 Å"),
        ("beam", "wavelength", "1.0", "needed a number"),
        ("beam", "direction", [0, 0, 0], "the beam has no direction"),
        ("beam", "direction", [0, NAN, 1], "needed -1e+06 to 1e+06"),
        ("crystal", "real_space_a", [4e8, 0, 0], "needed -100000 to 100000 Å"),
        ("crystal", "real_space_b", [40.0, 0, 0], "lie in a plane"),
        ("crystal", "real_space_a", [NAN, 0, 0], "Å"),
        ("crystal", "real_space_c", [0, 0, 0.01], "needed at least 0.5"),
        ("crystal", "space_group_hall_symbol", "nonsense", "unknown space group 'nonsense'"),
        ("crystal", "space_group_hall_symbol", 19, "needed text"),
        ("crystal", "A_at_scan_points", [[0.02, 0, 0, 0, 0.02, 0, 0, 0, 0.02]] * 5, "varies over 4 images"),
        ("goniometer", "axes", [[0, 0, 0]] * 3, "has no direction"),
        ("goniometer", "angles", [0.0], "3 axes, 1 angles and 3 names"),
        ("goniometer", "scan_axis", 3, "scans axis 3 of 3"),
        ("scan", "image_range", [10, 1], "images 10 to 1"),
        ("scan", "image_range", [1, 10**9], "needed the lower one first, and at most"),
        ("scan", "oscillation", [0, INF], "degrees"),
        ("scan", "valid_image_ranges", {"a": 5}, "scan"),
        ("profile", "sigma_b", NAN, "needed 0 to 90 degrees"),
        ("imageset", "mask", 5, "needed text"),
        ("imageset", "template", [1], "needed text"),
        ("experiment", "identifier", [[1]], "needed text"),
        ("experiment", "beam", True, "names beam True"),
    ],
)
def test_what_cannot_be_is_told(content, tmp_path, kind, key, value, said):
    assert said in refused(content, tmp_path, lambda root: root[kind][0].update({key: value}))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("image_size", [100, -5], "needed 1 to 100000 pixels"),
        ("image_size", [100_000, 100_000], "needed at most 100000000"),
        ("trusted_range", [65535, 0], "needed the lower one first"),
        ("gain", 0, "needed more than 0"),
        ("gain", NAN, "counts a photon"),
        ("mask", [[1, 2, 3]], "not (-1, 4) numbers"),
        ("mask", 5, "numbers"),
        ("pixel_size", [0, 0.1], "needed 1e-05 to 100 mm"),
        ("origin", [0, 0, 0], "passes the crystal"),
        ("fast_axis", [0, 1, 0], "at right angles"),
        ("px_mm_strategy", {"type": "x"}, "ParallaxCorrectedPxMmStrategy"),
        ("px_mm_strategy", [1], "needed an object"),
        ("thickness", INF, "mm"),
    ],
)
def test_panels_that_cannot_be_are_told(content, tmp_path, key, value, said):
    assert said in refused(content, tmp_path, lambda root: root["detector"][0]["panels"][0].update({key: value}))


@pytest.mark.parametrize("value", [None, 5, "x", {}, [5], [None], [[]]])
@pytest.mark.parametrize("kind", ["experiment", "beam", "detector", "crystal"])
def test_lists_of_models_hold_objects(content, tmp_path, kind, value):
    refused(content, tmp_path, lambda root: root.update({kind: value})) if value not in (None, {}) or kind != (
        "experiment"
    ) else None


def test_groups_of_panels_name_panels(content, tmp_path):
    group = {"fast_axis": [1, 0, 0], "slow_axis": [0, 1, 0], "origin": [0, 0, 0], "children": [{"panel": 7}]}
    said = refused(content, tmp_path, lambda root: root["detector"][0].update(hierarchy=group))
    assert "names panel 7 of 1" in said
    deep = {"panel": 0}
    for _ in range(100):
        deep = {**group, "children": [deep]}
    assert "groups within" in refused(content, tmp_path, lambda root: root["detector"][0].update(hierarchy=deep))


def test_limits_say_what_is_needed():
    for limits in LIMITS.values():
        assert limits.least < limits.most


def test_components_of_scaling_models_have_parameters(content, tmp_path):
    model = {"__id__": "KBScalingModel", "is_scaled": True, "configuration_parameters": {"corrections": ["decay"]}}
    model["decay"] = {"n_parameters": 0, "parameters": [], "est_standard_devs": []}

    def scaled(root):
        root["scaling_model"] = [model]
        root["experiment"][0]["scaling_model"] = 0

    assert "needed one number or more" in refused(content, tmp_path, scaled)
