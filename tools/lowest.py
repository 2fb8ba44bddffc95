"""Print the lowest versions of the dependencies that pyproject.toml allows, a requirement a line, as pip takes them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
for requirement in project["dependencies"]:
    print(re.sub(r">=([^,\s]+).*", r"==\1", requirement))
