"""How fast the workbench is in a browser, beside its targets.

python benchmarks/workbench.py [--folder F] [--only ROW ...] [--visits N]

Simulates 12 images of 16M pixels (bslz4) in the folder, if they are not there, serves them, and drives Debian's
Chromium (SwiftShader: no GPU). Each row is a function of a :class:`Bench` that returns what was measured, as words.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

ARGUMENTS = (
    "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)  # fmt: skip
IMAGES = 12
FRESH = (3, 8, 6, 11)
"""Images that no page has shown or fetched ahead when they are clicked in this order, 1 and 2 having come at first."""
VISITS_OF_PAGES = 6
SHOW = """async (image) => {
  const pane = document.querySelector(".pane.image"), slider = pane.querySelector(".track input");
  const start = performance.now();
  slider.value = image;
  slider.dispatchEvent(new Event("input"));
  while (pane.dataset.image !== String(image)) await new Promise((done) => requestAnimationFrame(done));
  await new Promise((done) => requestAnimationFrame(done));
  return performance.now() - start;
}"""
SELECT = """async (turn) => {
  const pane = (name) => document.querySelector(`.pane.${name}`), { view } = pane("space"), canvas = view.canvas;
  const place = view.onScreen(view.point(turn * 97 % view.cloud.lattice.length)), box = canvas.getBoundingClientRect();
  const at = { clientX: box.left + place.x, clientY: box.top + place.y, pointerId: 1, button: 0, bubbles: true };
  const row = () => new URLSearchParams(location.hash.slice(1)).get("row"), before = row();
  const { overlay } = pane("image").made, boxes = pane("reflection").dataset;
  const shown = () => row() !== before && boxes.row === row() && overlay.marks.inSight(+row()) && !overlay.isStale;
  canvas.setPointerCapture = () => {};
  const start = performance.now();
  for (const name of ["pointerdown", "pointerup"]) canvas.dispatchEvent(new PointerEvent(name, at));
  while (!shown() && performance.now() - start < 5000) await new Promise((done) => requestAnimationFrame(done));
  return performance.now() - start;
}"""
SMALL = ("import images/", "find_spots imported.expt output.shoeboxes=true", "index imported.expt strong.refl")
FRAMES = """async (act) => {
  const marks = document.querySelector(".marks"), box = marks.getBoundingClientRect();
  const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true, cancelable: true };
  const rows = [...document.querySelectorAll("label.row")];
  const white = rows.find((row) => row.textContent.startsWith("darkest")).querySelector("input");
  const point = (name, dx) => marks.dispatchEvent(
    new PointerEvent(name, { ...at, clientX: at.clientX + dx, pointerId: 1, button: 0 }));
  const acts = {
    pan: (wave) => point("pointermove", 100 * wave),
    zoom: (wave) => marks.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY: 40 * wave })),
    contrast: (wave) => { white.value = 500 + 200 * wave; white.dispatchEvent(new Event("input")); },
  };
  marks.setPointerCapture = () => {};
  if (act === "pan") point("pointerdown", 0);
  let frames = 0;
  const start = performance.now();
  while (performance.now() - start < 4000) {
    acts[act](Math.sin(frames / 5));
    await new Promise((done) => requestAnimationFrame(done));
    frames += 1;
  }
  if (act === "pan") point("pointerup", 0);
  return [frames / ((performance.now() - start) / 1000), frames];
}"""


@dataclass
class Bench:
    """What the rows share: a browser, a folder for files, and how often things are done."""

    browser: Any
    folder: Path
    visits: int

    def images(self) -> Path:
        """The master file of 16M images."""
        path = self.folder / "big" / "sim.nxs"
        if not path.exists():
            words = f"folder={path.parent} image_size=4150,4371 pixel_size=0.075 distance=200 images={IMAGES}"
            _gnomon(self.folder, "simulate", *words.split(), "file_format=nxmx", "output.log=None")
        return path

    def indexed(self) -> list[Path]:
        """Small images that are indexed: the experiment and its reflections."""
        folder = self.folder / "small"
        made = [folder / "indexed.expt", folder / "indexed.refl"]
        if not made[1].exists():
            for line in ("simulate folder=images images=24 d_min=3.0", *SMALL):
                _gnomon(folder, *line.split(), "output.log=None")
        return made

    @contextmanager
    def page(self, *files: Path, hash_: str = "", ready: str = ".pane.image[data-image]") -> Any:
        """A page of the served files, when it shows something, and the process of the server."""
        with _served(*files) as (address, server):
            context = self.browser.new_context(viewport={"width": 1400, "height": 900})
            page = context.new_page()
            page.goto(address + hash_)
            page.wait_for_selector(ready, timeout=120_000)
            page.wait_for_timeout(1500)
            try:
                yield page, server
            finally:
                context.close()


def _gnomon(folder: Path, *words: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "gnomon", *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _served(*files: Path) -> Any:
    words = [sys.executable, "-m", "gnomon", "view", *map(str, files), "browser=false", "output.log=None"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        address = next(line.strip() for line in server.stdout if line.startswith("http"))
        yield address, server
    finally:
        server.terminate()
        server.wait()


def _first_times(page: Any, prepare: Callable[[], None]) -> list[float]:
    """ms from clicks on images that neither the browser nor the server has in memory, until they are on the screen."""
    times = []
    for _ in range(VISITS_OF_PAGES):
        page.reload()
        page.wait_for_selector(".pane.image[data-image]")
        page.wait_for_timeout(1500)
        prepare()
        for image in FRESH:
            times.append(page.evaluate(SHOW, image))
            page.wait_for_timeout(1000)  # what it fetches ahead comes
    return times


def _spread(times: list[float]) -> str:
    return f"{np.percentile(times, 95):.0f} ms (median {np.median(times):.0f})"


def first_picture(bench: Bench) -> str:
    """A click on an image that is in no memory, until it is on the screen."""
    with bench.page(bench.images(), hash_="#pane=image") as (page, _):
        return _spread(_first_times(page, lambda: None))


def next_picture(bench: Bench) -> str:
    """The next image, which was fetched ahead."""
    with bench.page(bench.images(), hash_="#pane=image") as (page, _):
        times = []
        for image in [*range(2, IMAGES + 1), *range(2, IMAGES + 1)]:
            if image == 2 and times:
                page.evaluate(SHOW, 1)
            page.wait_for_timeout(1000)
            times.append(page.evaluate(SHOW, image))
    return _spread(times)


def _network(page: Any) -> Any:
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    return client


def bytes_on_the_wire(bench: Bench) -> str:
    """What comes before the picture is there: head and body of the answers."""
    with bench.page(bench.images(), hash_="#pane=image") as (page, _):
        sizes: list[float] = []
        client = _network(page)
        client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        page.evaluate(SHOW, 8)
        got = sum(sizes)
    return f"{got / 1000:.0f} kB"


def slow_line(bench: Bench) -> str:
    """A first picture over 20 Mbit/s with 50 ms of delay."""
    with bench.page(bench.images(), hash_="#pane=image") as (page, _):
        limits = {"offline": False, "latency": 50, "downloadThroughput": 2.5e6, "uploadThroughput": 2.5e6}
        client = _network(page)
        return _spread(_first_times(page, lambda: client.send("Network.emulateNetworkConditions", limits)))


def _browsers_time() -> float:
    """Processor time, s, of all processes that this one has started, and theirs."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = path.read_text().rpartition(")")[2].split()
            stats[int(path.parent.name)] = int(words[1]), (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    total, ours = 0.0, {os.getpid()}
    for pid in sorted(stats):  # children have larger numbers than their parents, but for a turn of the numbers
        if stats[pid][0] in ours:
            ours.add(pid)
            total += stats[pid][1]
    return total


def moving(bench: Bench) -> str:
    """Frames a second, and what was asked for, while contrast, place and scale change at every frame.

    On a machine with other work the processor time of a frame tells more: 50 ms of one core is 20 fps.
    """
    told = []
    with bench.page(bench.images(), hash_="#pane=image") as (page, _):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
        for act in ("contrast", "pan", "zoom"):
            before = _browsers_time()
            rate, frames = page.evaluate(FRAMES, act)
            told.append(f"{act} {rate:.0f} fps ({1000 * (_browsers_time() - before) / frames:.0f} CPU ms a frame)")
    return f"{len(asked)} requests; " + ", ".join(told)


def selection(bench: Bench) -> str:
    """A click on a spot of reciprocal space, until its image, with the spot in sight, and its boxes are drawn."""
    with bench.page(*bench.indexed(), hash_="#panes=space,image,reflection") as (page, _):
        times = []
        for turn in range(1, 31):
            times.append(page.evaluate(SELECT, turn))
            page.wait_for_timeout(400)
    return _spread(times[5:])  # the first ones load what the others use


def memory(bench: Bench) -> str:
    """The server's largest memory while images are visited at random, as fast as they come."""
    with bench.page(bench.images(), hash_="#pane=image") as (page, server):
        start, drawn = time.monotonic(), random.Random(1)
        for _ in range(bench.visits):
            page.evaluate(SHOW, drawn.randint(1, IMAGES))
        status = Path(f"/proc/{server.pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return f"{peak / 1000:.0f} MB after {bench.visits} visits in {time.monotonic() - start:.0f} s"


@dataclass(frozen=True)
class Row:
    """What is measured, its target in words, and how."""

    name: str
    what: str
    target: str
    measure: Callable[[Bench], str]


ROWS = [
    Row("first_picture", "first picture of a 16M bslz4 image after a click, p95", "<= 200 ms", first_picture),
    Row("next_picture", "next image (prefetched), p95", "<= 60 ms", next_picture),
    Row("bytes", "bytes on the wire for a first picture of 16M", "<= 300 kB", bytes_on_the_wire),
    Row("slow_line", "the same over 20 Mbit/s with 50 ms of delay, p95", "<= 500 ms", slow_line),
    Row("moving", "contrast, colour, pan, zoom", "0 requests; >= 20 fps with SwiftShader", moving),
    Row("selection", "click on a spot until the other panes show it, p95", "<= 100 ms", selection),
    Row("memory", "server memory, images of 16M visited at random", "< 600 MB", memory),
]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/gnomon-workbench"))
    parser.add_argument("--only", nargs="*", choices=[row.name for row in ROWS], default=[row.name for row in ROWS])
    parser.add_argument("--visits", type=int, default=3600, help="of images, for the server's memory")
    options = parser.parse_args()
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        sys.exit("needs Chromium: apt-get install chromium")
    print("| what | target | measured |\n|---|---|---|", flush=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        bench = Bench(browser, options.folder, options.visits)
        for row in ROWS:
            if row.name in options.only:
                print(f"| {row.what} | {row.target} | {row.measure(bench)} |", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
