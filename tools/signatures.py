"""Write src/gnomon/kernels/signatures.json: what each stage of the main path compiles on a machine without kernels.

python tools/signatures.py            # simulates a small set and runs the stages in turn, a minute or two
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

STAGES = {
    "find_spots": ("imported.expt",),
    "index": ("imported.expt", "strong.refl", "joint=false"),
    "refine": ("indexed.expt", "indexed.refl"),
    "integrate": ("refined.expt", "refined.refl"),
    "cosym": ("integrated.expt", "integrated.refl"),
    "scale": ("symmetrized.expt", "symmetrized.refl"),
    "correlation_matrix": ("scaled.expt", "scaled.refl"),
}
RECORD = """
import json, sys
from gnomon.kernels.ahead import encoded
from gnomon.kernels.cache import KernelCache
from gnomon.__main__ import run
load, seen = KernelCache.load_overload, []

def recorded(self, signature, context):
    entry = [self._name, [encoded(t) for t in signature]]
    if entry not in seen:
        seen.append(entry)
    return load(self, signature, context)

KernelCache.load_overload = recorded
path, *sys.argv[1:] = sys.argv[1:]
try:
    run()
finally:
    open(path, "w").write(json.dumps(seen))
"""


def gnomon(*words: str, folder: Path, record: Path | None = None) -> None:
    """Run a command, recording the kernels that it asks the empty cache for."""
    start = ["-m", "gnomon"] if record is None else ["-c", RECORD, str(record)]
    subprocess.run([sys.executable, *start, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """One stage after the other, each kernel listed where it is first asked for."""
    listed: dict[str, list[object]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gnomon("simulate_crystals", "folder=images", "example=insulins_small", folder=folder)
        gnomon("import", *map(str, sorted(folder.glob("images/*.cbf*"))), folder=folder)
        os.environ["NUMBA_CACHE_DIR"] = str(folder / "kernels")
        known: list[object] = []
        for stage, words in STAGES.items():
            gnomon(stage, *words, "nproc=1", folder=folder, record=folder / "seen.json")
            listed[stage] = [e for e in json.loads((folder / "seen.json").read_text()) if e not in known]
            known += listed[stage]
    stages = {stage: ",\n".join(map(json.dumps, rows)) for stage, rows in listed.items() if rows}
    text = ",\n".join(f"{json.dumps(stage)}: [\n{rows}\n]" for stage, rows in stages.items())
    target = Path(__file__).parents[1] / "src/gnomon/kernels/signatures.json"
    target.write_text("{\n" + text + "\n}\n")


if __name__ == "__main__":
    main()
