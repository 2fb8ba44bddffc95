"""Sections of accuracy.py without images: each has cases, and runs them to a table."""

import sigmas
import symmetry
import tables


def test_every_section_has_cases():
    assert all(kind in tables.SIGMA_KINDS for kinds in tables.SIGMAS.values() for kind in kinds)
    assert all(tables.cases_of(name) for name in tables.SYMMETRY)
    assert len(tables.cases_of("bad_sets")) >= 7  # 3 to 12 bad of three sorts
    assert len(tables.cases_of("twins")) >= 13  # two lattices, fractions 0 to .45, and one that is no twin


def test_sections_become_tables(tmp_path, monkeypatch):
    small = {"d_min": 3.2}
    monkeypatch.setitem(tables.SYMMETRY, "twins", ("P43 twin 0.3",))
    monkeypatch.setitem(symmetry.CASES, "P43 twin 0.3", {**symmetry.CASES["P43 twin 0.3"], **small})
    text = tables.section("twins", tmp_path / "twins", ["gnomon"], 1)
    assert "P43 twin 0.3" in text
    assert "1/1" in text
    kind = "anomalous 0.056"
    monkeypatch.setitem(tables.SIGMAS, "anomalous", (kind,))
    monkeypatch.setitem(tables.SIGMA_KINDS, kind, sigmas.SIGMA_KINDS[kind].changed(**small))
    text = tables.section("anomalous", tmp_path / "anomalous", ["gnomon"], 1)
    assert "anomalous=true" in text
    assert "errors/sigmas" in text
