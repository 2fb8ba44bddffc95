"""``gnomon two_theta_refine``: the cell from Bragg angles, and the files that report it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import gnomon
from gnomon.cli.clock import now
from gnomon.cli.step_command import given_data, step_command, tell
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnomon.cli.session import Session
    from gnomon.steps.two_theta_refine.summary import RefinedCell


def run(session: Session) -> None:
    """Refine; write the experiments, and the cell in each format asked for."""
    stage = STEPS["two_theta_refine"]
    result = tell(stage, session, *given_data(stage, session))
    session.write(result)
    for kind in ("cif", "mmcif", "p4p"):
        if path := session.outputs.get(kind):
            write_cells(session, kind, path, result.summary.cells)


def write_cells(session: Session, kind: str, path: str, cells: Sequence[RefinedCell]) -> None:
    """Write refined cells as cif, mmcif or p4p; of several each has its number in the name."""
    for i, found in enumerate(cells):
        name = Path(path)
        _write(session, kind, str(name.with_stem(f"{name.stem}_{i}")) if len(cells) > 1 else path, found)


def _write(session: Session, kind: str, path: str, found: RefinedCell) -> None:
    from gnomon.io.atomic import write_whole
    from gnomon.report.cell_files import cif_text, mmcif_text, p4p_text

    about = now().strftime("%Y-%m-%d"), gnomon.__version__
    text = p4p_text(found) if kind == "p4p" else {"cif": cif_text, "mmcif": mmcif_text}[kind](found, *about)
    write_whole(path, text)
    session.wrote(path)


COMMAND = step_command("two_theta_refine", run)
