"""A long experiment list in readable text: its models once each, and a line an experiment."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.names import data_set_names
from gnomon.models.scan import Scan
from gnomon.report.show_crystal import group_name
from gnomon.report.table import text_table

MODELS = ("beam", "detector", "goniometer")


def experiment_table(experiments: Experiments) -> str:
    """One line an experiment: name, which beam, detector and goniometer of the list, images, angles, cell and group."""
    numbers = {name: _numbers(experiments, name) for name in MODELS}
    names = data_set_names(experiments)
    rows = [
        (str(i), names[i], *(numbers[m][i] for m in MODELS), *_scan(e.scan), *_crystal(e.crystal))
        for i, e in enumerate(experiments)
    ]
    headers = ("", "name", *MODELS, "images", "oscillation (°)", "cell (Å, degrees)", "space group")
    kept = [k for k in range(len(headers)) if k < 2 or any(row[k] not in ("", "-") for row in rows)]
    return text_table("", [headers[k] for k in kept], [[row[k] for k in kept] for row in rows])


def first_of_each_model(experiments: Experiments) -> list[tuple[int, Experiment]]:
    """The experiments that are first to have a beam, detector or goniometer of their own, with their numbers."""
    first = sorted({rows[0] for name in MODELS for m, rows in experiments.groups_sharing(name) if m is not None})
    return [(i, experiments[i]) for i in first]


def _numbers(experiments: Experiments, name: str) -> Sequence[str]:
    """For each experiment the number of its model among the different ones; "-" where it has none."""
    found = ["-"] * len(experiments)
    groups = [(m, rows) for m, rows in experiments.groups_sharing(name) if m is not None]
    for k, (_, rows) in enumerate(groups):
        for row in rows:
            found[row] = str(k)
    return found


def _scan(scan: Scan | None) -> tuple[str, str]:
    if scan is None:
        return "", ""
    start, stop = scan.oscillation_range
    return f"{scan.image_range[0]}-{scan.image_range[1]}", f"{start:g} to {stop:g}"


def _crystal(crystal: Crystal | None) -> tuple[str, str]:
    if crystal is None:
        return "", ""
    return " ".join(f"{x:.2f}" for x in crystal.cell), group_name(crystal.hall_symbol)
