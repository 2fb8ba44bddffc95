"""Do again what a run of gnomon did, from its record alone, and compare every file with the record to the byte.

    python tools/redo.py gnomon.process.json [FOLDER]

Run it in the folder of the run. The files are made again in FOLDER (``redone``); images are read where they were.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gnomon.cli.arguments import options_of
from gnomon.io.digest import sha256_of
from gnomon.io.exported import write_exported
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.mtz import write_merged_mtz
from gnomon.io.pairs import mark_of, with_history_line
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.params import Params
from gnomon.pipeline import STAGES
from gnomon.step import Data, checked
from gnomon.steps.export.params import ExportParams
from gnomon.steps.export.step import export
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images
from gnomon.steps.merge.params import MergeParams
from gnomon.steps.merge.step import merge


@dataclass(frozen=True)
class Again:
    """One step of the record, and where it is done again."""

    entry: dict[str, Any]
    folder: Path

    def path(self, kind: str) -> Path | None:
        """The file with this ending that the step wrote, in our folder."""
        names = [Path(f["path"]).name for f in self.entry["outputs"] if f["path"].endswith(kind)]
        return self.folder / names[0] if names else None

    def params(self, kind: type[Params]) -> Params:
        """All parameters, as recorded."""
        return kind(**{o.key: self.entry["parameters"][o.name] for o in options_of(kind, "")})

    def given(self) -> Data:
        """What the step was given: files that were made again, or the ones of the run."""
        inputs = self.entry["inputs"]
        expt, refl = (self._found(inputs.get(kind)) for kind in ("experiments", "reflections"))
        data = Data(read_experiments(expt), read_reflections(refl) if refl else Reflections())
        return Data(*subset(*data, inputs["members"])) if "members" in inputs else data

    def _found(self, path: str | None) -> str:
        return "" if path is None else str(next(p for p in (self.folder / Path(path).name, Path(path)) if p.exists()))

    def do(self) -> None:
        """Run the step and write its files."""
        name = self.entry["step"]
        if name == "import":
            self._write(import_images(self.entry["inputs"]["words"], self.params(ImportParams)))
        elif name == "merge":
            write_merged_mtz(self.path(".mtz"), checked(merge(*self.given(), self.params(MergeParams))).product)
        elif name == "export":
            params = self.params(ExportParams)
            write_exported(str(self.path(".mtz")), params.format, checked(export(*self.given(), params)).product)
        else:
            stage, given = STAGES[name], self.given()
            params = self.params(stage.params_class)
            self._write(stage(*given, **{key: getattr(params, key) for key in type(params).model_fields}))

    def _write(self, result: Data) -> None:
        expt, refl, mark = self.path(".expt"), self.path(".refl"), ""
        if refl is not None:
            write_reflections(refl, result.reflections)
            mark = mark_of(refl)
        if expt is not None:
            when = datetime.fromisoformat(self.entry["done"])
            program = f"gnomon.{self.entry['step']}"
            write_experiments(expt, with_history_line(result.experiments, when, program, mark))


def main(record: str, folder: str = "redone") -> int:
    """The number of files that differ from the record; each is named."""
    content = json.loads(Path(record).read_text())
    Path(folder).mkdir(exist_ok=True)
    differing = 0
    for entry in content["steps"]:
        if entry["parameters"] is None:
            continue
        again = Again(entry, Path(folder))
        again.do()
        for output in entry["outputs"]:
            path = Path(folder) / Path(output["path"]).name
            if path.suffix not in (".expt", ".refl", ".mtz"):
                continue
            same = path.exists() and sha256_of(path) == output["sha256"]
            differing += not same
            print(f"{entry['step']:<20}{path.name:<28}{'the same' if same else 'DIFFERS'}")
    return differing


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) > 0)
