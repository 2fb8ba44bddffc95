"""A served workspace, and a page of it in the Chromium that is installed (Debian's), which reaches nothing else."""

import contextlib
import shutil
import threading
import time

import pytest

pytest.importorskip("starlette", reason="needs the extra gnomon-xtal[view]")

import uvicorn

from gnomon.cli.main import main
from gnomon.web.app import make_app
from gnomon.web.serve import _listening
from gnomon.web.workspace import Workspace

TOKEN = "token-of-the-tests"
HERE = ("http://127.0.0.1:", "data:", "blob:", "file:")
CHROMIUM = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)  # fmt: skip

CHAIN = (
    "simulate folder=images images=24 d_min=3.0",
    "import images/",
    "find_spots imported.expt output.shoeboxes=true",
    "index imported.expt strong.refl",
    "refine indexed.expt indexed.refl scan_varying=false",
    "integrate refined.expt refined.refl d_min=3.0",
    "symmetry integrated.expt integrated.refl",
    "scale symmetrized.expt symmetrized.refl",
)
"""What makes the files that are looked at."""


@contextlib.contextmanager
def served(workspace, **more):
    """The address of the workspace, served in a thread."""
    listening = _listening(0)
    config = uvicorn.Config(make_app(workspace, TOKEN, **more), log_level="error", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/{TOKEN}/"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@pytest.fixture(scope="session")
def chromium():
    """A browser. Skips where none is installed."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install playwright)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, request):
    """A page; the test fails where the console has an error, or anything but the server is asked for.

    It closes before the servers of the test do, so that none is missed by what it still asks.
    """
    for server in sorted({"address", "many"} & set(request.fixturenames)):
        request.getfixturevalue(server)
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    made = context.new_page()
    wrong = []
    made.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("request", lambda r: None if r.url.startswith(HERE) else wrong.append(r.url))
    yield made
    context.close()
    assert wrong == []


def process(folder):
    """All steps of ``CHAIN``."""
    with contextlib.chdir(folder):
        for line in CHAIN:
            main(line.split())


@pytest.fixture(scope="session")
def processed(made_once, tmp_path_factory):
    """A folder with the files of every step of a small sweep, from images to scaled data."""
    own = tmp_path_factory.mktemp("processed")  # some tests write beside the files, or look whether others do
    return shutil.copytree(made_once("processed_for_web", process), own, dirs_exist_ok=True)


@pytest.fixture
def serve():
    """``with serve(workspace) as address``: any other workspace."""
    return served


@pytest.fixture
def address(processed):
    """The address of all files of that folder."""
    with served(Workspace([str(processed)])) as found:
        yield found
