"""The one error that users see has one home."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_everybody_imports_input_error_from_where_it_is():
    elsewhere = []
    for top in ("src", "tests", "tools", "benchmarks"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
                if "InputError" in names and node.module not in ("gnomon.errors", "gnomon"):
                    elsewhere.append(f"{path.relative_to(ROOT)}: {node.module}")
    assert elsewhere == []
