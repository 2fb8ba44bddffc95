"""What tests of panes ask of a page."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

AXE = Path(__file__).parents[2] / "tools/web/node_modules/axe-core/axe.min.js"


def until(page, expression, seconds=30):
    """Wait until the expression holds, asking from outside: the page's policy lets nothing be evaluated within."""
    end = time.monotonic() + seconds
    while not (found := page.evaluate(expression)):
        assert time.monotonic() < end, f"not within {seconds} s: {expression}"
        page.wait_for_timeout(10)
    return found


def stage_number(address, name):
    """The number of a stage by its file."""
    with urllib.request.urlopen(f"{address}api/workspace") as answer:
        stages = json.load(answer)["stages"]
    return next(i for i, s in enumerate(stages) if s["name"] == name)


def refusal(address, path, body, kind="application/json"):
    """What the server says to what it refuses, one line: ``body``, an object or bytes, sent as ``kind``."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data, {"Content-Type": kind}, method="POST")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    with error.value:
        assert error.value.code == 400
        told = json.load(error.value)["error"]
    assert told
    assert "\n" not in told
    return told


def serious_faults(page):
    """What axe-core finds serious or critical: rules, and the elements that break them. Skips where it is not there."""
    if not AXE.exists():
        pytest.skip("needs axe-core (npm ci in tools/web)")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document)")["violations"]
    return [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in ("serious", "critical")]
