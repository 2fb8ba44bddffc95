"""The documentation is built as a site without a warning, needs no other host, shows formulas and notebooks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, of which a warning (a link or an anchor that leads nowhere) would be an error."""
    folder = tmp_path_factory.mktemp("site")
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, env=quiet)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_there(site):
    texts = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    wanted = {text.with_name("index.html") if text.name == "README.html" else text for text in texts}
    assert wanted <= {path.relative_to(site) for path in site.rglob("*.html")}


def test_nothing_is_taken_from_another_host(site):
    pages = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    source = re.compile(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"?(\S+)")
    taken = [url for page in pages for url in source.findall(page)]
    assert len(taken) > 4 * len(pages)
    assert [url for url in taken if re.match(r"(https?:)?//", url)] == []


def test_formulas_need_no_script(site):
    page = (site / "science/spot_counts_per_image.html").read_text(encoding="utf-8")
    assert page.count("<math") >= 5
    assert "arithmatex" not in page


def test_a_notebook_is_a_page(site):
    page = (site / "tutorial/from-python.html").read_text(encoding="utf-8")
    assert "From integrated data to merged intensities" in page
    assert "integrated_wedges" in page


def test_one_reads_from_the_tutorial_to_the_decisions(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    places = [
        page.index(f'href="{first}') for first in ("tutorial/", "how-to/", "science/", "reference/", "decisions/")
    ]
    assert places == sorted(places)
