"""The how-to page on watching: its commands, typed as they stand on the page beside a program that writes images."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "watch.md"
N = 30


def commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
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

    binary = folder / "bin"
    binary.mkdir()
    (binary / "gnomon").write_text(f'#!/bin/sh\nexec {sys.executable} -m gnomon "$@"\n')
    (binary / "gnomon").chmod(0o755)
    env = {**os.environ, "PATH": f"{binary}:{os.environ['PATH']}"}
    writer = threading.Thread(target=write)
    writer.start()
    said = {}
    for line in commands():
        done = subprocess.run(["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said[line] = done.stdout
    writer.join()
    return folder, said


def test_every_image_is_told_while_it_is_written_and_after(typed):
    _, said = typed
    for line in list(said)[:3]:
        told = [int(row.split()[0]) for row in said[line].splitlines() if re.match(r" +\d+  ", row)]
        assert sorted(told) == list(range(1, N + 1)), line
    assert "ended: all 30 images have come" in said["gnomon watch data images=30"]


def test_json_on_the_screen_is_that_in_the_file(typed):
    folder, said = typed
    screen = [json.loads(line) for line in said["gnomon watch data images=30 --json"].splitlines()]
    file = [json.loads(line) for line in (folder / "live.jsonl").read_text().splitlines()]
    assert len(screen) == len(file) == N + 1
    for line in (*screen, *file):
        line.pop("seconds_behind", None)
    assert sorted(screen, key=str) == sorted(file, key=str)
    assert set(json.loads(re.search(r"^\{.*7.cbf.*$", PAGE.read_text(), re.MULTILINE)[0])) - {"seconds_behind"} == set(
        file[0]
    )


def test_images_judged_by_themselves_have_the_numbers_that_watch_told(typed):
    folder, said = typed
    live = {line["image"]: line for line in map(json.loads, (folder / "live.jsonl").read_text().splitlines()[:-1])}
    rows = [row.split() for row in said["gnomon spot_counts_per_image imported.expt"].splitlines()]
    rows = [row for row in rows if len(row) == 5 and row[0].isdigit()]
    assert [(int(r[0]), int(r[1]), int(r[2])) for r in rows] == [
        (n, live[n]["n_spots"], live[n]["n_spots_no_ice"]) for n in range(1, N + 1)
    ]
    sweep = json.loads((folder / "per_image.json").read_text())[0]
    assert sweep["image"] == list(range(1, N + 1))
    assert 0 < sum(sweep["n_spots"]) < sum(line["n_spots"] for line in live.values())
