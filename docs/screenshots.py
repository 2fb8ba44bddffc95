"""Make the pictures of docs/pictures: the workbench in Chromium, on simulated data.

python docs/screenshots.py [--folder F]        # simulates and processes a small sweep in F, if it is not there: minutes
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn  # noqa: TID251 - the page of a collection that runs in no process of its own
from PIL import Image
from playwright.sync_api import sync_playwright

from gnomon.process.live.events import Advice, Integrated, Lattice, Merged, Part, SeenImage
from gnomon.process.live.feed import Feed
from gnomon.web.app import make_app
from gnomon.web.live import RunningWorkspace, live_routes
from gnomon.web.serve import _listening

HERE = Path(__file__).parent
CHAIN = (
    "simulate folder=images images=24 d_min=3.0",
    "import images/",
    "find_spots imported.expt output.shoeboxes=true",
    "index imported.expt strong.refl",
    "refine indexed.expt indexed.refl",
    "integrate refined.expt refined.refl d_min=3.0",
    "symmetry integrated.expt integrated.refl",
    "scale symmetrized.expt symmetrized.refl",
)
ARGUMENTS = ("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


def _near(page: Any) -> None:
    page.mouse.move(500, 330)
    page.mouse.wheel(0, -1300)
    page.wait_for_timeout(1500)
    page.mouse.move(520, 340)


def _threshold(page: Any) -> None:
    page.get_by_text("Threshold", exact=True).click()
    page.get_by_label("strong pixels, live").check()
    page.wait_for_selector("[data-strong]", timeout=60_000)
    page.get_by_text("Contrast", exact=True).click()
    _near(page)


def _drawn(page: Any) -> None:
    page.wait_for_selector(".pane.plots .wait", state="hidden", timeout=60_000)
    page.wait_for_timeout(3000)


LABELLED = "rings,centre,spots,predictions,indices,overloads,masked"
DESKTOP, PHONE = (1100, 700), (390, 780)
SHOTS: tuple[tuple[str, str, str, tuple[int, int], str, Callable[[Any], None] | None], ...] = (
    ("image-integrated", "integrated.expt", f"pane=image&image=3&image.layers={LABELLED}", DESKTOP, "light", _near),
    ("image-threshold", "imported.expt", "pane=image&image=3", DESKTOP, "light", _threshold),
    ("image-phone", "integrated.expt", "pane=image&image=3", PHONE, "dark", None),
    ("space", "scaled.expt", "pane=space&space.colour=resolution", DESKTOP, "dark", None),
    ("reflection", "scaled.expt", "pane=reflection&row=700", DESKTOP, "light", None),
    ("plots", "scaled.expt", "pane=plots", DESKTOP, "light", _drawn),
)  # fmt: skip
"""Name, stage, what the address says, size, theme, and what is done before the picture is taken."""
LIVE = "live"
"""The name of the picture of a running collection."""


@contextlib.contextmanager
def served(folder: Path) -> Any:
    """The address of the folder's files."""
    words = [sys.executable, "-m", "gnomon", "view", str(folder), "browser=false", "output.log=None"]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield next(line.strip() for line in server.stdout if line.startswith("http"))
    finally:
        server.terminate()
        server.wait()


def _kept(page: Any, name: str) -> None:
    """Write the picture, of 160 colours: half of the bytes, and hardly a difference to see."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(160, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        HERE / "pictures" / f"{name}.png", optimize=True
    )
    page.close()


@contextlib.contextmanager
def collecting(folder: Path) -> Any:
    """The address of a collection of three sweeps that runs, as its events tell it."""
    cell = (38.0, 79.0, 79.0, 90.0, 90.0, 90.0)
    feed, sweeps = Feed(), [f"/data/crystal_{i}_####.cbf" for i in (1, 2, 3)]
    for i, sweep in enumerate(sweeps):
        for n in range(1, 61 - 15 * i):
            spots = round(260 + 40 * math.sin(n / 9 + i))
            feed.publish(SeenImage(sweep, n, spots, spots - 20, 1.9 + n / 200, False, ""))
        feed.publish(Lattice(sweep, 20, 20.0, cell, 0.97 - i / 50))
        feed.publish(Integrated(sweep, 1, 50 - 15 * i, 5200 - 1500 * i, 0.97))
    for n in range(30, 136, 15):
        share = 1 - math.exp(-n / 75)
        part = Part(
            "cluster_0", ("crystal_1", "crystal_2", "crystal_3"), share, n / 32, 0.96 + n / 4000, 0.06, 15.2, 1.9
        )
        feed.publish(Merged(n, 3, "P 41 21 2", cell, (part,), False, 1.0))
    feed.publish(Advice("go on", "completeness", "completeness 83 %, 95 % is wanted: some 20 degrees more"))
    listening = _listening(0)
    app = make_app(RunningWorkspace([str(folder)]), "live", more=live_routes(feed))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/live/"
    finally:
        feed.close()
        server.should_exit = True
        thread.join(10)


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/gnomon-screenshots"))
    parser.add_argument("--only", nargs="*", default=[*(shot[0] for shot in SHOTS), LIVE], help="names of pictures")
    given = parser.parse_args()
    folder = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "scaled.refl").exists():
        for line in CHAIN:
            subprocess.run([sys.executable, "-m", "gnomon", *line.split()], cwd=folder, check=True)
    (HERE / "pictures").mkdir(exist_ok=True)
    with served(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(ARGUMENTS))
        for name, stage, words, (width, height), theme, act in SHOTS:
            if name not in given.only:
                continue
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
            known = [s["name"] for s in page.request.get(f"{address}api/workspace").json()["stages"]]
            page.goto(f"{address}#{words}&stage={known.index(stage)}")
            page.wait_for_selector(".pane", timeout=60_000)
            page.wait_for_timeout(4000)
            if act:
                act(page)
                page.wait_for_timeout(1500)
            _kept(page, name)
        if LIVE not in given.only:
            return
        with collecting(folder) as running:
            page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, color_scheme="light")
            page.goto(f"{running}#panes=live")
            page.wait_for_timeout(4000)
            _kept(page, LIVE)


if __name__ == "__main__":
    main()
