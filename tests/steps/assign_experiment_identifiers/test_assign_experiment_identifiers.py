"""Every experiment has a name of its own, and its reflections and images know it by that name."""

from dataclasses import replace

import pytest
from diffract import instrument

from gnomon import assign_experiment_identifiers, read_experiments, read_reflections
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections

TABLE = Reflections({"id": [0, 1, 1, -1]}, {0: "a", 1: "a"})


def three(*names):
    return Experiments.of([instrument(n_images=20).replace(identifier=name) for name in names])


def test_names_that_are_given():
    result = assign_experiment_identifiers(three("a", "", "a"), TABLE, identifiers=("x", "y", "a"))
    assert [e.identifier for e in result.experiments] == ["x", "y", "a"]
    assert result.reflections.identifiers == {0: "x", 1: "y", 2: "a"}
    assert result.reflections["id"].tolist() == [0, 1, 1, -1]
    assert result.summary.n_new == 2


def test_names_that_are_there_are_kept_and_the_others_made_alike_each_time():
    first, again = (assign_experiment_identifiers(three("a", "", "a"), TABLE) for _ in range(2))
    names = [e.identifier for e in first.experiments]
    assert names[0] == "a"
    assert len(set(names)) == 3
    assert all(names)
    assert names == [e.identifier for e in again.experiments]
    assert first.reflections.identifiers == dict(enumerate(names))


def test_images_that_count_go_by_the_new_name():
    experiments = three("a", "b")
    scan = replace(experiments[0].scan, valid_image_ranges={"a": [[3, 9]]})
    result = assign_experiment_identifiers(
        experiments.map(lambda e: e.replace(scan=scan)), TABLE, identifiers=("x", "y")
    )
    assert [e.valid_ranges for e in result.experiments] == [((3, 9),), ((1, 20),)]


@pytest.mark.parametrize(("names", "words"), [(("x",), "1 names for 2"), (("x", "x"), "'x' twice")])
def test_names_that_do_not_do(names, words):
    with pytest.raises(InputError, match=words):
        assign_experiment_identifiers(three("a", "b"), TABLE, identifiers=names)


def test_pairs_of_files_that_are_called_alike(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, n in (("one", 3), ("two", 5)):
        write_experiments(f"{name}.expt", three("same"))
        write_reflections(f"{name}.refl", Reflections({"id": [0] * n}, {0: "same"}))
    main(["assign_experiment_identifiers", "one.expt", "two.expt", "one.refl", "two.refl", "identifiers=native soaked"])
    table = read_reflections("assigned.refl")
    assert table["id"].tolist() == [0] * 3 + [1] * 5
    assert table.identifiers == {0: "native", 1: "soaked"}
    assert [e.identifier for e in read_experiments("assigned.expt")] == ["native", "soaked"]
