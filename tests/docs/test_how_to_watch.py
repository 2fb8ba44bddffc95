"""The how-to page on watching: its commands, typed as they stand on the page beside a program that writes images."""

import json
import re
import threading
import time

import pytest
from typed import DOCS, typed

from gnomon.io.expt import read_experiments
from gnomon.maths.crystal.symmetry import space_group
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams

PAGE = DOCS / "how-to" / "watch.md"
N = 30


@pytest.fixture(scope="module")
def page_typed(tmp_path_factory):
    """The folder in which all was typed, and what each command printed."""
    folder = tmp_path_factory.mktemp("watch")
    crystal = {"cell": (79.0, 79.0, 38.0, 90.0, 90.0, 90.0), "space_group": "P43212", "wilson_b": 30.0}
    simulate_dataset(SimulateParams(image_size=(487, 407), distance=100.0, images=N, **crystal), folder / "source")
    images = [(path.name, path.read_bytes()) for path in sorted((folder / "source").glob("sim_*.cbf*"))]
    (folder / "data").mkdir()

    def write():
        for name, data in images:
            (folder / "data" / name).write_bytes(data)
            time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    said = {line: done.stdout for line, done in typed(PAGE, folder).items()}
    writer.join()
    return folder, said


def test_every_image_is_told_while_it_is_written_and_after(page_typed):
    _, said = page_typed
    for line in list(said)[:4]:
        told = [int(row.split()[0]) for row in said[line].splitlines() if re.match(r" +\d+  ", row)]
        assert sorted(told) == list(range(1, N + 1)), line
    assert "ended: all 30 images have come" in said["gnomon watch data images=30"]


def test_json_on_the_screen_is_that_in_the_file(page_typed):
    folder, said = page_typed
    screen = [json.loads(line) for line in said["gnomon watch data images=30 --json"].splitlines()]
    file = [json.loads(line) for line in (folder / "live.jsonl").read_text().splitlines()]
    assert {name for line in screen for name in line} >= {"image", "lattice", "integrated", "merged", "end"}
    shown = set(re.findall(r'^\{"(\w+)": \{', PAGE.read_text(), re.MULTILINE))
    assert shown == {"lattice", "integrated", "merged", "advice"}
    screen, file = ([line for line in lines if "image" in line or "end" in line] for lines in (screen, file))
    assert len(screen) == len(file) == N + 1
    for line in (*screen, *file):
        line.pop("seconds_behind", None)
    assert sorted(screen, key=str) == sorted(file, key=str)
    assert set(json.loads(re.search(r"^\{.*7.cbf.*$", PAGE.read_text(), re.MULTILINE)[0])) - {"seconds_behind"} == set(
        file[0]
    )


def test_merged_data_are_left_as_process_would(page_typed):
    folder, said = page_typed
    assert "lattice found" in said["gnomon watch data images=30"]
    assert "wrote merged.mtz" in said["gnomon watch data images=30"]
    assert "lattice" not in said["gnomon watch data images=30 process=false"]
    group = read_experiments(folder / "scaled.expt")[0].crystal.hall_symbol
    assert space_group(group).point_group_hm() == "422"  # 30 degrees hold too few absences to tell all screw axes


def test_images_judged_by_themselves_have_the_numbers_that_watch_told(page_typed):
    folder, said = page_typed
    lines = map(json.loads, (folder / "live.jsonl").read_text().splitlines())
    live = {line["image"]: line for line in lines if "image" in line}
    rows = [row.split() for row in said["gnomon spot_counts_per_image imported.expt"].splitlines()]
    rows = [row for row in rows if len(row) == 5 and row[0].isdigit()]
    assert [(int(r[0]), int(r[1]), int(r[2])) for r in rows] == [
        (n, live[n]["n_spots"], live[n]["n_spots_no_ice"]) for n in range(1, N + 1)
    ]
    sweep = json.loads((folder / "per_image.json").read_text())[0]
    assert sweep["image"] == list(range(1, N + 1))
    assert 0 < sum(sweep["n_spots"]) < sum(line["n_spots"] for line in live.values())
