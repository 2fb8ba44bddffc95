"""The server of spots answers what spot_counts_per_image tells, over one connection, and failures in one line."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.cli.spot_server import SpotServer
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.step import Context


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two images, and one on which nothing is."""
    folder = tmp_path_factory.mktemp("asked")
    simulate_dataset(EXAMPLE.changed(images=2, image_size=(300, 280), distance=70.0), folder)
    simulate_dataset(
        EXAMPLE.changed(images=1, image_size=(300, 280), prefix="dark", mean_intensity=1e-6, hot_pixels=0), folder
    )
    return folder


@pytest.fixture(scope="module")
def server():
    with SpotServer("127.0.0.1", 0, 2, Context(), pytest.fail) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def line(server):
    connection = http.client.HTTPConnection(*server.server_address)
    yield connection
    connection.close()


def asked(connection, path, body=None, headers=None):
    connection.request("GET" if body is None else "POST", path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def counted(folder, monkeypatch, *words):
    """What the command writes of the first image."""
    monkeypatch.chdir(folder)
    main(["import", "sim_0001.cbf", "output.experiments=one.expt"])
    main(["find_spots", "one.expt", "force_2d=true", "output.reflections=one.refl", *words])
    main(["spot_counts_per_image", "one.expt", "one.refl", "output.json=one.json"])
    return json.loads((folder / "one.json").read_text())


def test_the_answer_is_what_spot_counts_per_image_tells(folder, line, monkeypatch):
    words = ["d_min=3.0", "sigma_strong=5"]
    told = counted(folder, monkeypatch, *words)
    image = str(folder / "sim_0001.cbf")
    status, answer = asked(line, f"{image}?{'&'.join(words)}")
    assert (status, answer) == (200, {"file": image, "sweeps": told})
    assert told[0]["n_spots"][0] > 10
    assert asked(line, f"{image}{''.join(f';{word}' for word in words)}")[1] == answer
    assert asked(line, "/", json.dumps({"image": image, "d_min": 3.0, "sigma_strong": "5"}))[1] == answer
    assert asked(line, image)[1]["sweeps"][0]["n_spots"][0] > told[0]["n_spots"][0]


def test_a_connection_is_kept_and_an_image_without_spots_has_none(folder, line):
    line.connect()
    kept = line.sock
    status, answer = asked(line, str(folder / "dark_0001.cbf"))
    assert (status, answer["sweeps"][0]["n_spots"], answer["sweeps"][0]["d_min"]) == (200, [0], [None])
    assert asked(line, "/")[0] == 200
    assert line.sock is kept


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/nowhere/x_0001.cbf", None, 400, "x_0001.cbf"),
        ("/nowhere/x_0001.cbf?d_mim=2", None, 400, "unknown parameter 'd_mim'; did you mean"),
        ("/nowhere/x_0001.cbf?d_min=-2", None, 400, "d_min=-2"),
        ("/", "[1]", 400, "no JSON object"),
        ("/", "{", 400, "no JSON object"),
        ("/", "{}", 400, "no image was named"),
    ],
)
def test_failures_are_told_in_one_line(line, path, body, status, words):
    found, answer = asked(line, path, body)
    assert found == status
    assert words in answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.parametrize("host", ["evil.example:1701", "[::"])
def test_pages_of_other_names_are_refused(line, host):
    status, answer = asked(line, "/", headers={"Host": host})
    assert status == 403
    assert "host=" in answer["error"]


def test_the_client_asks_for_many_and_fails_for_what_failed(folder, server, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    port = f"port={server.server_address[1]}"
    main(["find_spots_client", "sim_0001.cbf", "sim_0002.cbf", "d_min=3.0", port, "nproc=2"])
    answers = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [answer["file"] for answer in answers] == [str(folder / f"sim_{i:04d}.cbf") for i in (1, 2)]
    assert all(np.array(answer["sweeps"][0]["n_spots"]) > 10 for answer in answers)
    with pytest.raises(SystemExit) as ended:
        main(["find_spots_client", "sim_0001.cbf", "gone.cbf", port])
    said = capsys.readouterr()
    assert (ended.value.code, len(said.out.splitlines())) == (1, 2)
    assert "gone.cbf" in said.err


def test_nobody_answers(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    with SpotServer("127.0.0.1", 0, 1, Context(), pytest.fail) as gone:
        port = gone.server_address[1]
    with pytest.raises(SystemExit):
        main(["find_spots_client", "sim_0001.cbf", f"port={port}"])
    assert "start gnomon find_spots_server there" in capsys.readouterr().err


def test_a_taken_port_is_told(server, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["find_spots_server", f"port={server.server_address[1]}"])
    assert "cannot be had" in capsys.readouterr().err


def test_ctrl_c_ends_it(tmp_path):
    command = [sys.executable, "-m", "gnomon", "find_spots_server", "port=0", "nproc=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=os.environ) as started:
        address = started.stdout.readline().strip()
        while not address.startswith("http://127.0.0.1:"):
            address = started.stdout.readline().strip()
        line = http.client.HTTPConnection(address.removeprefix("http://"))
        assert asked(line, "/")[0] == 200
        started.send_signal(signal.SIGINT)
        assert started.wait(20) == 0
        line.close()
