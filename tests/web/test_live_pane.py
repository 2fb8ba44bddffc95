"""A running collection on its page: what the feed says is what the page shows, and it shows it as it comes."""

import json
import urllib.request

import pytest

pytest.importorskip("starlette", reason="needs the extra gnomon-xtal[view]")

from conftest import served
from in_browser import serious_faults, until

from gnomon.process.live.events import Advice, Integrated, Lattice, Merged, Part, SeenImage
from gnomon.process.live.feed import Feed
from gnomon.web.live import RunningWorkspace, live_routes

CELL = (38.0, 79.0, 79.0, 90.0, 90.0, 90.0)


def part(cluster, sweeps, completeness):
    return Part(cluster, sweeps, completeness, 3.2, 0.991, 0.051, 14.0, 2.0)


@pytest.fixture
def feed():
    """Two sweeps of forty images, the first with a lattice."""
    made = Feed()
    for sweep in ("/data/cow_1_####.cbf", "/data/pig_1_####.cbf"):
        for n in range(1, 41):
            made.publish(SeenImage(sweep, n, 300 + n, 280 + n, 2.0 + n / 100, False, ""))
    made.publish(Lattice("/data/cow_1_####.cbf", 20, 20.0, CELL, 0.97))
    made.publish(Integrated("/data/cow_1_####.cbf", 1, 34, 4321, 0.97))
    return made


@pytest.fixture
def address(feed, tmp_path):
    """Where the page is; the folder is still empty."""
    with served(RunningWorkspace([str(tmp_path)]), more=live_routes(feed)) as found:
        yield found
        feed.close()


def events(address, last=None):
    """All that is sent until the end, as (id, data)."""
    request = urllib.request.Request(f"{address}events", headers={"Last-Event-ID": str(last)} if last else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = answer.read().decode()
    blocks = [dict(line.split(": ", 1) for line in b.splitlines() if line[:1] != ":") for b in text.split("\n\n") if b]
    return [(int(b["id"]), json.loads(b["data"])) for b in blocks if "id" in b]


def test_events_are_the_feed_and_go_on_where_a_reader_was(address, feed):
    feed.close()
    found = events(address)
    assert [number for number, _ in found] == list(range(1, 83))
    assert found[0][1]["seen"]["n_spots"] == 301
    assert found[80][1]["words"].startswith("lattice found (cow_1_####.cbf, 20 degrees)")
    assert [number for number, _ in events(address, last=80)] == [81, 82]


def test_the_page_shows_what_is_known_and_what_comes(page, address, feed):
    page.goto(f"{address}#panes=live")
    found = "[...document.querySelectorAll('.pane.live .scroll tbody tr')]"
    rows = f"{found}.map((row) => [...row.cells].map((cell) => cell.textContent))"
    until(page, f"{rows}.length === 2")
    assert page.evaluate(rows) == [
        ["cow_1", "40", "38 79 79 90 90 90", "97", "4321", "", ""],
        ["pig_1", "40", "none yet", "", "0", "", ""],
    ]
    parts = (part("cluster_0", ("cow_1",), 0.81), part("cluster_1", ("pig_1",), 0.74))
    feed.publish(Merged(80, 2, "P 41 21 2", CELL, parts, False, 1.0))
    feed.publish(Advice("go on", "wedges", "2 of 36 wedges, 2 clusters so far, completeness 74 %"))
    until(page, "document.querySelector('.pane.live .advice').textContent.startsWith('go on: 2 of 36')")
    until(page, "document.querySelectorAll('.pane.live canvas').length === 2")
    assert [row[5] for row in page.evaluate(rows)] == ["cluster_0", "cluster_1"]
    state = page.inner_text(".pane.live .state")
    assert "80 images" in state
    assert "2 sweeps" in state
    assert page.get_attribute(".pane.live .merging", "aria-label").startswith("merged data: completeness 74 %")
    feed.close()
    until(page, "document.querySelector('.pane.live .state').textContent.includes('has ended')")


def test_without_a_collection_it_says_how_one_is_followed(page, processed):
    from gnomon.web.workspace import Workspace

    with served(Workspace([str(processed)])) as address:
        page.goto(f"{address}#panes=live")
        until(page, "document.querySelector('.pane.live')?.textContent.includes('gnomon watch FOLDER --view')")


def test_nothing_serious_stands_in_the_way_of_anyone(page, address, feed):
    page.goto(f"{address}#panes=live")
    until(page, "document.querySelectorAll('.pane.live canvas').length === 1")
    assert serious_faults(page) == []
