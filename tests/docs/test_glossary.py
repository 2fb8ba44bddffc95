"""Every place that the glossary names is there."""

import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "glossary.md"
PLACES = sorted(set(re.findall(r"\| `([\w.]+)` \|$", PAGE.read_text(), re.MULTILINE)))


def test_the_glossary_has_terms() -> None:
    assert len(PLACES) > 30


@pytest.mark.parametrize("place", PLACES)
def test_the_place_of_a_term_is_there(place: str) -> None:
    module, name = place.rsplit(".", 1)
    assert hasattr(import_module(f"gnomon.{module}"), name)


def test_a_term_has_one_meaning() -> None:
    terms = [line.split("|")[1].strip() for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    terms = [t for t in terms if t != "term"]
    assert len(terms) == len(set(terms))
