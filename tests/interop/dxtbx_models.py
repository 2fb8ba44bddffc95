"""What dxtbx makes of image files: models as an experiment list, and the SHA-256 of each panel's pixels."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gnomon.io.expt import read_experiments
from gnomon.models.experiment import Experiment

SCRIPT = """
import hashlib, json, sys
from dxtbx.model.experiment_list import ExperimentListFactory
for path in sys.argv[1:]:
    found = ExperimentListFactory.from_filenames([path])
    panels = found[0].imageset.get_raw_data(0)
    pixels = [hashlib.sha256(p.as_numpy_array().astype("<i4").tobytes()).hexdigest() for p in panels]
    found.as_file(path + ".expt")
    print(json.dumps(pixels))
"""


def models_of_dxtbx(
    dials: Callable[..., str], folder: Path, paths: Sequence[Path]
) -> list[tuple[Experiment, list[Any]]]:
    """The first experiment of each file, and the checksums of its first image's panels."""
    script = folder / "models.py"
    script.write_text(SCRIPT)
    python = Path(shutil.which("dials.import") or "").read_text().partition("\n")[0].removeprefix("#!").split()
    lines = dials(folder, *python, str(script), *map(str, paths)).splitlines()
    checksums = [json.loads(line) for line in lines if line.startswith("[")]
    return [(read_experiments(f"{path}.expt")[0], sums) for path, sums in zip(paths, checksums, strict=True)]
