"""The notebook runs from top to bottom, and what its cells end with shows itself."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[2] / "docs/tutorial/from-python.ipynb"


def run(cells: list[str]) -> list[Any]:
    """The value of the last line of each cell, None where it has none, as a notebook would show it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for source in cells:
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        shown.append(None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names))
    return shown


def test_the_notebook(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert book["nbformat"] == 4
    code = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    experiments, table, (n, indices), summary, plot, (n_merged, labels) = run(code)
    assert "unknown parameter 'd_mni'; did you mean d_min" in capsys.readouterr().out
    assert all("<table>" in thing._repr_html_() for thing in (experiments, table, summary))
    assert 0 < n < len(table)
    assert indices.shape == (3, 3)
    assert plot._repr_html_().startswith("<iframe")
    assert n_merged > 100
    assert "IMEAN" in labels
    assert (tmp_path / "merged.mtz").is_file()
