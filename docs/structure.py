"""Draws structure.svg: the floors of the package, what each is for, and which floor imports from which.

    python docs/structure.py            # writes docs/structure.svg; with --check it only compares

The order of the floors is that of the contract in pyproject.toml; marks in the square are imports that are there, which
import-linter keeps below the diagonal.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from html import escape
from pathlib import Path
from textwrap import wrap

import grimp

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src" / "gnomon"
ROW, LEFT, WORDS, CELL = 46, 20, 560, 30
"""Pixels: the height of a floor, the margin, the width of its words, the side of a cell of the square."""
STYLE = (
    "text{font:13px sans-serif;fill:currentColor}.name{font-weight:bold}.rooms{font-size:11px;opacity:.75}"
    "rect.floor{fill:none;stroke:currentColor;stroke-opacity:.3}rect.cell{fill:none;stroke:currentColor;stroke-opacity:.15}"
    "rect.import{fill:currentColor;fill-opacity:.55}"
)


def floors() -> list[str]:
    """The packages, the highest first; those of one floor after each other."""
    contracts = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [name.strip().removeprefix("gnomon.") for layer in layers for name in layer.split("|")]


def meaning(floor: str) -> str:
    """The first sentence of what the package or module says of itself."""
    path = SOURCE / floor / "__init__.py" if (SOURCE / floor).is_dir() else SOURCE / f"{floor}.py"
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(text.split("\n\n")[0].split())


def imports(names: list[str]) -> set[tuple[str, str]]:
    """Pairs of floors of which the first imports from the second."""
    graph = grimp.build_graph("gnomon", cache_dir=None)
    home = {module: module.split(".")[1] for module in graph.modules if module.count(".")}
    found = set()
    for module, floor in home.items():
        found |= {(floor, home[other]) for other in graph.find_modules_directly_imported_by(module) if other in home}
    return {(a, b) for a, b in found if a != b and a in names and b in names}


def drawing() -> str:
    """The picture."""
    names = floors()
    height, width = ROW * len(names) + 2 * LEFT, LEFT * 3 + WORDS + CELL * len(names)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    ]
    parts.append(f"<title>The floors of gnomon: imports go down only</title><style>{STYLE}</style>")
    for i, name in enumerate(names):
        parts += _floor(i, name)
    pairs = imports(names)
    for i, above in enumerate(names):
        for j, below in enumerate(names):
            x, y = LEFT * 2 + WORDS + CELL * j, LEFT + ROW * i + (ROW - CELL) // 2
            kind = "import" if (above, below) in pairs else "cell"
            tip = f"<title>{above} imports from {below}</title>" if kind == "import" else ""
            parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}">{tip}</rect>')
            if i == j:
                parts.append(f'<text x="{x + 9}" y="{y + 19}">{i + 1}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _floor(i: int, name: str) -> list[str]:
    """One floor: its number, name and meaning."""
    y = LEFT + ROW * i
    box = f'<rect class="floor" x="{LEFT}" y="{y}" width="{WORDS}" height="{ROW - 2}"/>'
    words = [f'<text class="name" x="{LEFT + 6}" y="{y + 18}">{i + 1} {escape(name)}</text>']
    for k, line in enumerate(wrap(meaning(name), 78)[:3]):
        words.append(f'<text class="rooms" x="{LEFT + 110}" y="{y + 13 + 13 * k}">{escape(line)}</text>')
    return [box, *words]


def main() -> None:
    """Write the picture, or fail where it differs and ``--check`` is given."""
    path, text = HERE / "structure.svg", drawing()
    if "--check" in sys.argv:
        sys.exit(0 if path.exists() and path.read_text() == text else "out of date: run python docs/structure.py")
    path.write_text(text)


if __name__ == "__main__":
    main()
