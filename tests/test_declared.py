"""Every step declares itself once: what is declared is there, in order, and is what the step asks for and makes."""

from inspect import signature
from pathlib import Path

import numpy as np
import pytest

import gnomon.steps
from gnomon.declared import Step, in_order, makers_of
from gnomon.errors import InputError
from gnomon.models.columns import COLUMNS, TYPES
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.params import Params
from gnomon.pipeline import PARTS, STAGES, STEPS
from gnomon.public import PUBLIC
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

CHAIN = ["import", "find_spots", "index", "refine", "integrate", "symmetry", "cosym", "scale", "correlation_matrix",
         "estimate_resolution", "merge", "export"]  # fmt: skip


def step(name: str, after: str | None = None, **more) -> Step:
    return Step(name=name, summary="", run=f"somewhere:{name}", params="somewhere:Params", after=after, **more)


def test_every_folder_declares_a_step_of_its_name():
    folders = {path.parent.name for path in Path(gnomon.steps.__path__[0]).glob("*/step.py")}
    assert folders == {stage.folder for stage in STEPS.values()}
    assert len(STEPS) == len(PUBLIC) - len(PARTS) - 1 == len(folders) == 50  # and all of them in one


def test_the_chain_stands_in_its_order():
    assert list(STAGES) == CHAIN
    assert list(STEPS)[: len(CHAIN)] == CHAIN


@pytest.mark.parametrize("name", [*STEPS, *PARTS])
def test_what_is_named_is_there(name):
    stage = {**STEPS, **PARTS}[name]
    assert issubclass(stage.params_class, Params)
    first, second = list(signature(stage.function).parameters)[:2]
    assert (first, second) == (("paths", "params") if name == "import" else ("experiments", "reflections"))
    assert set(stage.columns) | set(stage.makes) | set(stage.changes) <= set(COLUMNS)
    assert set(stage.needs) | set(stage.takes) <= {"paths", "images", "expt", "refl", "reference"}
    assert stage.example
    assert all(line.startswith("gnomon ") for line in stage.example)


def test_steps_follow_each_other_and_those_behind_one_step_by_name():
    steps = [step("z", "y"), step("y", ""), step("a", "y"), step("tool"), step("b", "a")]
    assert [one.name for one in in_order(steps)] == ["y", "a", "b", "z"]


@pytest.mark.parametrize(
    ("steps", "words"), [([step("a", "b"), step("b", "a")], "circle"), ([step("a", "gone")], "after gone, which is no")]
)
def test_a_chain_that_is_none_is_told(steps, words):
    with pytest.raises(ValueError, match=words):
        in_order(steps)


@pytest.mark.parametrize(
    ("columns", "asking", "makers"),
    [
        (["intensity.sum.value"], "scale", ["integrate"]),
        (["intensity.sum.value"], "spot_counts_per_image", ["find_spots"]),
        (["xyzcal.px"], "integrate", ["refine"]),
        (["xyzobs.px.value"], "index", ["find_spots"]),
        (["miller_index"], "refine", ["index"]),
        (["inverse_scale_factor", "intensity.scale.value"], "merge", ["scale"]),
        (["shoebox", "nothing.known"], "scale", []),
        (["xyzobs.px.value"], "import", []),
    ],
)
def test_who_makes_a_column_for_whom(columns, asking, makers):
    assert makers_of(columns, asking) == makers


@pytest.fixture(scope="module")
def experiments():
    found, _, _ = integrated_wedges(WedgesParams(d_min=6.0, wedges=1))
    images = ImageSet(template="none_####.cbf")
    return found.map(lambda e: e.replace(images=images))


def table_without(missing: str, columns: tuple[str, ...]) -> Reflections:
    """Two rows of zeros in the columns, but for one."""
    types = {name: TYPES[COLUMNS[name].type] for name in columns if name != missing}
    return Reflections({name: np.zeros((2, *shape), dtype) for name, (dtype, shape) in types.items()})


@pytest.mark.parametrize(("name", "column"), [(s.name, column) for s in STEPS.values() for column in s.columns])
def test_a_step_asks_for_each_column_that_it_declares(name, column, experiments):
    stage = STEPS[name]
    with pytest.raises(InputError, match=rf"{name} needs the column {column}"):
        stage(experiments, table_without(column, stage.columns))


def test_intensities_get_the_columns_that_scaling_declares_and_no_others():
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=4.0, basis="true"))
    for name in ("cosym", "scale"):
        result = STEPS[name](experiments, table)
        assert set(result.reflections) - set(table) == set(STEPS[name].makes) - set(table)
        experiments, table = result
