"""The page for strangers names files that are there, and its picture is that of the code."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_answer_is_a_file():
    text = (ROOT / "docs" / "architecture.md").read_text()
    paths = re.findall(r"`(src/[\w/.]+\.py)`", text)
    assert len(paths) >= 10
    assert [path for path in paths if not (ROOT / path).is_file()] == []
    links = re.findall(r"\]\(([\w/.-]+)\)", text)
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []


def test_files_are_counted_as_they_are():
    text = (ROOT / "docs" / "architecture.md").read_text()
    for step in ("integrate", "scale", "index", "find_spots"):
        there = [p for p in (ROOT / "src" / "gnomon" / "steps" / step).glob("*.py") if p.name != "__init__.py"]
        assert f"| `steps/{step}` | " in text
        assert re.search(rf"`steps/{step}` \| \d+ \| {len(there)} \|", text), (step, len(there))


def test_the_picture_is_that_of_the_code():
    done = subprocess.run([sys.executable, ROOT / "docs" / "structure.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
