"""Stills that belong together come out together, whichever way it is told."""

import h5py
import numpy as np
import pytest
from diffract import instrument

from gnomon import read_experiments, read_reflections, split_still_data
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections


def stills(*images):
    base = instrument().replace(scan=None, goniometer=None)
    return Experiments.of([base.replace(images=one, identifier=str(i)) for i, one in enumerate(images)])


def numbered(numbers, folder="/data"):
    return stills(*(ImageSet("ImageSet", paths=(f"{folder}/run_{n:05d}.cbf",)) for n in numbers))


def two_each(n):
    return Reflections({"id": np.repeat(np.arange(n), 2)}, {i: str(i) for i in range(n)})


def members(results):
    return [r.summary.members for r in results]


def grouped(path, text, experiments):
    path.write_text(text)
    return split_still_data(experiments, two_each(len(experiments)), grouping=str(path))


def test_places_in_a_series():
    results = split_still_data(numbered([1, 2, 3, 4, 5, 7, 9]), two_each(7), series_repeat=3)
    assert members(results) == [(0, 3, 5), (1, 4), (2, 6)]
    assert [r.summary.values for r in results] == [(0.0,), (1.0,), (2.0,)]
    assert [len(r.reflections) for r in results] == [6, 4, 4]
    assert results[2].reflections.identifiers == {0: "2", 1: "6"}
    names = stills(*(ImageSet("ImageSet", paths=(f"/data/a.2_{n}.cbf.gz",)) for n in (10, 11)))
    assert members(split_still_data(names, two_each(2), series_repeat=5)) == [(1,), (0,)]
    assert members(split_still_data(numbered([0, 1, 2]), two_each(3), series_repeat=2, first_image=0)) == [(0, 2), (1,)]


def test_images_of_one_file_count_as_they_lie_there():
    experiments = stills(*(ImageSet("ImageSet", paths=("/data/x.h5",), indices=(i,)) for i in (0, 1, 2, 3, 3)))
    assert members(split_still_data(experiments, two_each(5), series_repeat=2)) == [(0, 2), (1, 3, 4)]


def test_a_file_of_groups(tmp_path):
    """Delays from a file beside it, alike to the tolerance; and a temperature for each run."""
    with h5py.File(tmp_path / "meta.h5", "w") as file:
        file["entry/delay"] = np.array([10.0, 20.0, 10.04, 20.1, 10.0])
    text = """
metadata:
  delay:
    "run_#####.cbf": "meta.h5:/entry/delay"
    "other_#####.cbf": 20.05
  temperature:
    "run_#####.cbf": 100
    "other_#####.cbf": 300.0
grouping:
  merge_by:
    values: [temperature, delay]
    tolerances: [1, 0.1]
"""
    run = numbered([1, 2, 3, 4, 5], tmp_path)
    other = stills(ImageSet("ImageSet", paths=(f"{tmp_path}/other_00001.cbf",)))
    results = grouped(tmp_path / "groups.yml", text, run.with_items([*other, *run]))
    assert members(results) == [(1, 3, 5), (2, 4), (0,)]
    assert results[1].summary.values == pytest.approx((100.0, 20.05))
    assert results[0].summary.names == ("temperature", "delay")


def test_a_series_in_a_file_of_groups(tmp_path):
    text = "metadata: {dose: {'run_#####.cbf': 'repeat=2'}}\ngrouping: {merge_by: {values: [dose]}}"
    assert members(grouped(tmp_path / "g.yml", text, numbered(range(1, 6), tmp_path))) == [(0, 2, 4), (1, 3)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("metadata: [", "is no YAML"),
        ("- 1", "does not tell metadata and grouping"),
        ("metadata: {a: {x: 1}}\ngrouping: {merge_by: {values: [b]}}", "groups by b, of which metadata says nothing"),
        ("metadata: {a: {x: 1}}\ngrouping: {merge_by: {values: [a]}}", "tells no a of .*run_00001.cbf, only of .*x"),
        ("metadata: {a: {x: soon}}\ngrouping: {merge_by: {values: [a]}}", "is 'soon'; give a number"),
        ("metadata: {a: {x: 'no.h5:/y'}}\ngrouping: {merge_by: {values: [a]}}", "cannot read numbers of /y"),
        ("metadata: {a: {x: 1}}\ngrouping: {merge_by: {values: [a], tolerances: [1, 2]}}", "lists of one length"),
        ("metadata: {a: {x: 1}}\ngrouping: {one: {}, two: {}}", "has the groupings one, two; it needs one"),
    ],
)
def test_files_of_groups_that_do_not_do(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        grouped(tmp_path / "g.yml", text, numbered([1], tmp_path))


def test_scans_and_nothing_asked_for_are_told():
    with pytest.raises(InputError, match="needs one of series_repeat and grouping"):
        split_still_data(numbered([1]), two_each(1))
    scan = Experiments.of([instrument(n_images=5).replace(images=ImageSet(template="/data/a_###.cbf"))])
    with pytest.raises(InputError, match="experiment 0 has images 1 to 5"):
        split_still_data(scan, two_each(1), series_repeat=2)


def test_a_pair_of_files_for_each_group(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_experiments("all.expt", numbered([1, 2, 3]))
    write_reflections("all.refl", two_each(3))
    main(["split_still_data", "all.expt", "all.refl", "series_repeat=2"])
    assert [len(read_experiments(f"group_{i}.expt")) for i in range(2)] == [2, 1]
    assert [len(read_reflections(f"group_{i}.refl")) for i in range(2)] == [4, 2]
    assert "group_0.expt: place in the series 0: 2 lattices, 4 reflections" in capsys.readouterr().out
