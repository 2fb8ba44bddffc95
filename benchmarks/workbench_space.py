"""How fast reciprocal space is in a browser, beside its targets.

python benchmarks/workbench_space.py [--points 1000000] [--experiments 1000]

Serves that many random spots of that many crystals on one detector, and drives the Chromium that is installed, which
draws in software (SwiftShader) where there is no GPU. Says how long the points take from the address to the screen
(counted from when the files are read), the frames a second while they turn, and how soon all of them stand there again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import threading
import time
import urllib.request

import numpy as np
import uvicorn  # noqa: TID251 - what is served is in no file
from playwright.sync_api import sync_playwright

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.goniometer import Goniometer
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.web.app import make_app
from gnomon.web.serve import _listening
from gnomon.web.workspace import Stage, Table, Workspace

ARGUMENTS = ("--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
VIEW = "document.querySelector('[data-pane=space]')?.view"
TURNING = """async () => {
  const view = document.querySelector('[data-pane=space]').view, pane = document.querySelector('.space canvas');
  let turn = view.turn, frames = 0;
  const start = performance.now();
  while (performance.now() - start < 4000) {
    const c = Math.cos(0.02), s = Math.sin(0.02);
    const right = [0, 1, 2].map((k) => turn[k] * c + turn[6 + k] * s);
    const to = [0, 1, 2].map((k) => turn[6 + k] * c - turn[k] * s);
    turn = [...right, ...turn.slice(3, 6), ...to];
    view.look(turn, [0, 0, 0], 1);
    await new Promise((done) => requestAnimationFrame(done));
    view.finish();
    frames += 1;
  }
  const fps = frames / ((performance.now() - start) / 1000), drawn = view.told.drawn, stop = performance.now();
  const before = view.told.at;
  while (view.told.at === before) await new Promise((done) => setTimeout(done, 5));
  return { fps, drawn, all: view.told.at - stop };
}"""


def stage(points: int, experiments: int) -> Stage:
    """Random spots of crystals in random orientations, on one detector of 4M pixels."""
    rng = np.random.default_rng(1)
    panel = Panel(
        np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-150.0, 150, -200]), (2000, 2000), (0.15, 0.15)
    )
    one = Experiment(
        beam=Beam(wavelength=1.0), detector=Detector((panel,)), goniometer=Goniometer(), scan=Scan((1, 100), (0.0, 0.1))
    )
    B = b_matrix(np.array([78.0, 78, 78, 90, 90, 90]))
    turns = np.linalg.qr(rng.normal(size=(experiments, 3, 3)))[0]
    turns *= np.linalg.det(turns)[:, None, None]
    items = [one.replace(crystal=Crystal(U @ B), identifier=identifier_for("bench", i)) for i, U in enumerate(turns)]
    table = Reflections(
        {
            "id": np.sort(rng.integers(0, experiments, points)),
            "panel": np.zeros(points, np.uint64),
            "flags": np.full(points, 4, np.uint64),
            "xyzobs.px.value": rng.uniform(0, [2000, 2000, 100], (points, 3)),
            "miller_index": rng.integers(-20, 20, (points, 3)),
        },
        {i: e.identifier for i, e in enumerate(items)},
    )
    return Stage("random.expt", Experiments.of(items), (Table("random.refl", table),))


def main() -> None:
    """Measure, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--experiments", type=int, default=1000)
    given = parser.parse_args()
    workspace = Workspace([os.curdir])
    workspace._stages = (stage(given.points, given.experiments),)
    listening = _listening(0)
    server = uvicorn.Server(uvicorn.Config(make_app(workspace, "bench"), log_level="error", lifespan="off"))
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/bench/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(address)
        page.locator("#tabs button").first.wait_for(timeout=60_000)
        start = time.perf_counter()
        page.evaluate("location.hash = '#panes=space'")
        while not page.evaluate(
            f"{VIEW}?.cloud?.lattice.length > 0 && {VIEW}.told.drawn === {VIEW}.cloud.lattice.length"
        ):
            page.wait_for_timeout(10)
        print(f"loaded, address to all points on the screen: {time.perf_counter() - start:.2f} s")
        start = time.perf_counter()
        with urllib.request.urlopen(f"{address}api/points") as answer:
            size = len(answer.read())
        print(f"bytes: {size / 1e6:.1f} MB, again from what is kept: {time.perf_counter() - start:.2f} s")
        heap = page.evaluate("performance.memory.usedJSHeapSize")
        print(f"browser: {heap / 1e6:.0f} MB of script's memory, {size / 1e6:.0f} MB of points")
        turned = page.evaluate(TURNING)
        print(f"turning: {turned['fps']:.0f} frames a second of {turned['drawn']} points")
        print(f"stopped: all of them after {turned['all']:.0f} ms")
        start = page.evaluate(
            f"(() => {{ const t = performance.now(); {VIEW}.pick(500, 400, 50); return performance.now() - t; }})()"
        )
        print(f"the point under a click found in {start:.0f} ms")
        browser.close()
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    server.should_exit = True


if __name__ == "__main__":
    main()
