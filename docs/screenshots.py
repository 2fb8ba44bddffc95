"""Make the pictures of docs/pictures: the workbench in Chromium, on simulated data.

python docs/screenshots.py [--folder F]        # simulates and processes a small sweep in F, if it is not there: minutes
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
CHAIN = (
    "simulate folder=images images=24 d_min=3.0",
    "import images/",
    "find_spots imported.expt output.shoeboxes=true",
    "index imported.expt strong.refl",
    "refine indexed.expt indexed.refl",
    "integrate refined.expt refined.refl d_min=3.0",
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


LABELLED = "rings,centre,spots,predictions,indices,overloads,masked"
SHOTS: tuple[tuple[str, str, str, tuple[int, int], Callable[[Any], None] | None], ...] = (
    ("image-integrated", "integrated.expt", f"pane=image&image=3&image.layers={LABELLED}", (1400, 900), _near),
    ("image-threshold", "imported.expt", "pane=image&image=3", (1400, 900), _threshold),
)  # fmt: skip
"""Name, stage, what the address says, size, and what is done before the picture is taken."""


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


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/gnomon-screenshots"))
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "integrated.refl").exists():
        for line in CHAIN:
            subprocess.run([sys.executable, "-m", "gnomon", *line.split()], cwd=folder, check=True)
    (HERE / "pictures").mkdir(exist_ok=True)
    with served(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(ARGUMENTS))
        for name, stage, words, (width, height), act in SHOTS:
            page = browser.new_page(viewport={"width": width, "height": height})
            known = [s["name"] for s in page.request.get(f"{address}api/workspace").json()["stages"]]
            page.goto(f"{address}#{words}&stage={known.index(stage)}")
            page.wait_for_selector("[data-image]", timeout=60_000)
            page.wait_for_timeout(1500)
            if act:
                act(page)
                page.wait_for_timeout(1500)
            page.screenshot(path=HERE / "pictures" / f"{name}.png")
            page.close()


if __name__ == "__main__":
    main()
