"""Who is answered, and with what; and that the page opens in a browser without a word on its console."""

import http.client
import json
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.web.packed import packed
from gnomon.web.workspace import Workspace

TOKEN = "token-of-the-tests"


@pytest.fixture
def ask(address):
    """``ask(path, host=...)``: what the server answers, the path as it stands."""

    def get(path, host=None):
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        connection.request("GET", path, headers={"Host": parts.netloc if host is None else host})
        answer = connection.getresponse()
        answer.content = answer.read()
        connection.close()
        return answer

    return get


def unpacked(data):
    """What static/packed.js makes of it."""
    length = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + length])
    start = 4 + length
    assert start % 8 == 0
    return {
        a["name"]: np.frombuffer(data, a["dtype"], int(np.prod(a["shape"])), start + a["at"]).reshape(a["shape"])
        for a in head["arrays"]
    }


@pytest.mark.parametrize(
    "path", ["/", "/api/workspace", "/wrong/api/workspace", "/static/app.js", "/token/", "/token-of-the-tests2/"]
)
def test_without_the_token_there_is_nothing(ask, path):
    assert ask(path).status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_under_another_name_there_is_nothing(ask, host):
    assert ask(f"/{TOKEN}/", host).status == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:1", "LOCALHOST", "[::1]:5"])
def test_names_of_this_machine_are_answered(ask, host):
    assert ask(f"/{TOKEN}/", host).status == 200


@pytest.mark.parametrize(
    "path", ["static/../app.py", "static/%2e%2e/app.py", "static//etc/passwd", "static/../../../pyproject.toml"]
)
def test_no_other_file_is_served(ask, path):
    assert ask(f"/{TOKEN}/{path}").status == 404


def test_pages_may_load_from_here_alone(ask):
    for path in (
        f"/{TOKEN}/",
        f"/{TOKEN}/static/app.js",
        f"/{TOKEN}/api/workspace",
        "/nothing",
    ):
        policy = ask(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_the_workspace_is_that_of_the_files(ask, processed):
    told = json.loads(ask(f"/{TOKEN}/api/workspace").content)
    names = {stage["name"]: stage for stage in told["stages"]}
    assert told["stages"][0]["name"] == "scaled.expt"
    assert [t["name"] for t in names["imported.expt"]["tables"]] == ["strong.refl"]
    (experiment,) = names["refined.expt"]["experiments"]
    assert experiment["cell"] == read_experiments(processed / "refined.expt")[0].crystal.cell.tolist()
    assert experiment["images"] == [1, 24]


def test_columns_are_those_of_the_file(ask, processed):
    told = json.loads(ask(f"/{TOKEN}/api/workspace").content)["stages"]
    stage = next(i for i, s in enumerate(told) if s["name"] == "integrated.expt")
    query = f"stage={stage}&table=0&names=miller_index,intensity.sum.value,flags&first=10&last=400"
    found = unpacked(ask(f"/{TOKEN}/api/columns?{query}").content)
    table = read_reflections(processed / "integrated.refl").select(slice(10, 400))
    np.testing.assert_array_equal(found["miller_index"], table["miller_index"])
    np.testing.assert_array_equal(found["flags"], table["flags"])
    np.testing.assert_array_equal(found["intensity.sum.value"], table["intensity.sum.value"].astype(np.float32))


def test_bad_questions_are_answered_in_a_line(ask):
    for path in (
        "image/instrument?stage=99",
        "image/instrument?experiment=7",
        "columns?stage=x",
        "columns?table=5",
        "columns?names=none",
    ):
        answer = ask(f"/{TOKEN}/api/{path}")
        assert answer.status == 400, path
        assert json.loads(answer.content)["error"]


@pytest.mark.parametrize("words", [[], ["no_such.expt"]])
def test_what_is_not_there_is_told_at_once(words):
    with pytest.raises(InputError):
        Workspace(words)


def test_reflections_without_experiments_are_told(processed):
    with pytest.raises(InputError, match=r"give the \.expt file"):
        _ = Workspace([str(processed / "strong.refl")]).stages


def test_wide_integers_are_refused():
    with pytest.raises(TypeError, match="ids"):
        packed({"ids": np.arange(3)})


def test_view_prints_its_address_and_ends_with_ctrl_c(processed):
    line = [
        sys.executable,
        "-m",
        "gnomon",
        "rlv",
        str(processed / "imported.expt"),
        "browser=false",
        "output.log=/dev/null",
    ]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        address = next(line.strip() for line in process.stdout if line.startswith("http"))  # behind what was modified
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith("/#pane=space")


def test_the_page_shows_the_files(page, address):
    page.goto(address)
    page.get_by_role("cell", name="1–24").first.wait_for()
    page.get_by_role("button", name="Light or dark").click()
    page.keyboard.press("?")
    assert page.get_by_role("dialog").inner_text().startswith("Keys")
