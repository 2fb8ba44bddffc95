"""``name=value``: tails and prefixes of dotted names, values, and what is said of bad ones."""

from typing import Literal

import pytest

from gnomon.cli.arguments import build, find_option, options_of, parse
from gnomon.errors import InputError
from gnomon.params import Params, param


class Example(Params):
    """Parameters of many kinds."""

    d_min: float | None = param(None, "resolution", unit="Å", name="filter.d_min", gt=0)
    d_max: float | None = param(None, "resolution", unit="Å", name="filter.d_max", gt=0)
    cell: tuple[float, float, float] | None = param(None, "cell", name="known_symmetry.unit_cell")
    ranges: tuple[tuple[int, int], ...] = param((), "image ranges", name="exclude_images")
    joint: bool = param(True, "all together", name="indexing.joint_indexing")
    sigma: float = param(3.0, "threshold", name="threshold.sigma_strong", ge=1)
    many: bool | None = param(None, "several")
    bits: Literal[16, 32] = param(32, "one of two numbers")
    half: Literal[16, "both"] | None = param(None, "a number, a word or nothing")


OPTIONS = options_of(Example, "params")


def given(*argv: str) -> Example:
    values = parse(argv, OPTIONS).values
    return build(Example, {key: value for (_, key), value in values.items()})


@pytest.mark.parametrize("name", ["d_min", "filter.d_min", "d-min", "filter.d_mi"])
def test_tails_and_prefixes(name):
    assert find_option(name, OPTIONS).key == "d_min"


def test_values():
    params = given(
        "d_min=2.5", "--d_max", "40", "unit_cell=1,2,3.5", "exclude_images=1,5", "exclude_images=7:9", "joint=false"
    )
    assert params == Example(d_min=2.5, d_max=40, cell=(1, 2, 3.5), ranges=((1, 5), (7, 9)), joint=False)


def test_none_and_flags():
    assert given("d_min=None", "--joint") == Example()


def test_positional_words_are_kept_in_order():
    assert parse(["b.expt", "d_min=2", "a.refl"], OPTIONS).words == ["b.expt", "a.refl"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["d=2"], "ambiguous.*filter.d_min, filter.d_max"),
        (["d_mni=2"], "unknown parameter 'd_mni'; did you mean filter.d_min"),
        (["d_min=fast"], "filter.d_min=fast: input should be a valid number"),
        (["sigma=0.5"], "threshold.sigma_strong=0.5: input should be greater than or equal to 1"),
        (["--d_min"], "filter.d_min needs a value"),
        (["unit_cell=1,2"], "known_symmetry.unit_cell=1,2: "),
    ],
)
def test_bad_arguments_are_one_clear_line(argv, message):
    with pytest.raises(InputError, match=message) as caught:
        given(*argv)
    assert "\n" not in str(caught.value)


def test_a_bare_name_switches_on_what_may_also_be_left_open():
    assert parse(["--many", "a.cbf"], OPTIONS).words == ["a.cbf"]
    assert given("--many").many is True
    assert given("--many", "false").many is False
    assert given("--many", "auto").many is None


@pytest.mark.parametrize(
    ("text", "value"), [("bits=16", 16), ("half=16", 16), ("half=both", "both"), ("half=none", None)]
)
def test_one_of_a_list_of_numbers(text, value):
    assert getattr(given(text), text.partition("=")[0]) == value


def test_a_number_that_is_not_in_the_list_is_one_clear_line():
    with pytest.raises(InputError, match="bits=24: input should be 16 or 32"):
        given("bits=24")
