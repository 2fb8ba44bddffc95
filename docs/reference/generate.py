"""Writes the pages that are made from declarations; ``--check`` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from api_page import api_page
from data_flow import data_flow_page
from public_stub import stub
from results_page import results_page

from gnomon.cli.registry import commands
from gnomon.models.columns import COLUMNS
from gnomon.report.parameters import describe_params

HERE = Path(__file__).parent


def columns_page() -> str:
    """The reflection columns as a Markdown table."""
    rows = [f"| `{c.name}` | `{c.type}` | {c.unit} | {c.meaning} |" for c in COLUMNS.values()]
    head = ["# Columns", "", "Written by generate.py from `gnomon.models.columns`.", ""]
    return "\n".join([*head, "| name | type | unit | meaning |", "|---|---|---|---|", *rows, ""])


def parameters_page() -> str:
    """Every command with its parameters."""
    parts = ["# Parameters", "", "Written by generate.py from the parameter classes.", ""]
    for command in commands():
        params = command.params()
        parts += [f"## gnomon {command.name}", "", command.summary[0].upper() + command.summary[1:] + ".", ""]
        if params.model_fields:
            parts += ["```", describe_params(params), "```", ""]
    return "\n".join(parts)


def main() -> None:
    """Write the pages, or fail where they differ and ``--check`` is given."""
    pages = {
        "columns.md": columns_page(),
        "parameters.md": parameters_page(),
        "results.md": results_page(),
        "data-flow.md": data_flow_page(),
        "api.md": api_page(),
        "../../src/gnomon/__init__.pyi": stub(),
    }
    stale = [name for name, text in pages.items() if not (HERE / name).exists() or (HERE / name).read_text() != text]
    if "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run python docs/reference/generate.py" if stale else 0)
    for name, text in pages.items():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
