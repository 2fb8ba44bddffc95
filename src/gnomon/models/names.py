"""What data sets are called in tables and plots."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from gnomon.models.experiment import Experiment, Experiments


class MtzNames(NamedTuple):
    """What a data set is called in an MTZ file."""

    crystal: str = "XTAL"
    project: str = "gnomon"
    dataset: str = "NATIVE"


def data_set_names(experiments: Experiments) -> list[str]:
    """A short name of each experiment, all different: from its image files, else its number.

    ``../data/CIX12_1_####.cbf.gz`` is "CIX12_1", or "data/CIX12_1" where another folder has images of that name;
    a second crystal on the same images is "CIX12_1 (2)".
    """
    paths = [_images(e) for e in experiments]
    folders: dict[str, set[str]] = {}
    for path in paths:
        folders.setdefault(_stem(path), set()).add(str(Path(path).parent))
    seen: Counter[str] = Counter()
    names = []
    for i, path in enumerate(paths):
        stem = _stem(path)
        name = f"{Path(path).parent.name}/{stem}" if len(folders[stem]) > 1 else stem
        name = name if stem else f"experiment {i}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _images(experiment: Experiment) -> str:
    return (experiment.images.template or "") if experiment.images else ""


def _stem(path: str) -> str:
    """The file name without counter and endings: "CIX12_1" of "CIX12_1_####.cbf.gz"."""
    return Path(path).name.partition(".")[0].rstrip("#").rstrip("_-")
