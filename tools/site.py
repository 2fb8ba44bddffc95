"""Hooks of mkdocs: formulas as MathML, notebooks as pages, figures drawn by a script of the site, an order to read."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure import StructureItem
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

ORDER = ("README.md", "tutorial", "how-to", "science", "reference", "architecture.md", "decisions")
"""What is in docs/, in the order in which one reads."""
MERMAID = Path(__file__).parent / "web/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"
"""Draws the figures that are text; where npm has not put it there they stay text."""
DRAWER = "assets/mermaid.js"
WIDE = '<style>.mermaid { width: 110rem }</style><div style="overflow-x: auto" tabindex="0">'
"""A figure whose words can be read is wider than the page."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files with each notebook as a page, and with what draws figures."""
    for notebook in [file for file in files if file.src_uri.endswith(".ipynb")]:
        files.remove(notebook)
        text = _as_markdown(json.loads(notebook.content_string))
        files.append(File.generated(config, notebook.src_uri.replace(".ipynb", ".md"), content=text))
    if MERMAID.is_file():
        files.append(File.generated(config, DRAWER, abs_src_path=str(MERMAID)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """The text with links to notebooks as links to their pages."""
    return re.sub(r"\(([\w/.-]+)\.ipynb\)", r"(\1.md)", markdown)


def on_page_content(content: str, page: Page, **_: object) -> str:
    """The page with formulas that need no script."""
    content = re.sub(r'<(span|div) class="arithmatex">(.*?)</\1>', _mathml, content, flags=re.DOTALL)
    if 'class="mermaid"' in content and MERMAID.is_file():
        content = re.sub(r'(<pre class="mermaid">.*?</pre>)', rf"{WIDE}\1</div>", content, flags=re.DOTALL)
        content += f'<script src="{"../" * page.url.count("/")}{DRAWER}"></script>'
    return content


def on_nav(nav: Navigation, **_: object) -> Navigation:
    """The navigation in the order of ``ORDER``."""
    nav.items.sort(key=lambda item: ORDER.index(_first_page(item).file.src_uri.split("/")[0]))
    return nav


def _first_page(item: StructureItem) -> Page:
    return _first_page(item.children[0]) if item.children else item


def _as_markdown(notebook: dict) -> str:
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        cells.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join(cells) + "\n"


def _mathml(found: re.Match[str]) -> str:
    """A formula between the marks of pymdownx.arithmatex, in a line or by itself."""
    latex = html.unescape(found[2]).strip()[2:-2]
    return convert(latex, display="block" if found[1] == "div" else "inline")
