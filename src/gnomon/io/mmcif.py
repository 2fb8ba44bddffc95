"""mmCIF files of merged and unmerged data, for deposition: by gemmi, from the MTZ tables."""

from __future__ import annotations

import os

import gemmi

from gnomon.io.atomic import write_whole
from gnomon.io.mtz import merged_mtz, unmerged_mtz
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData


def write_mmcif(
    path: str | os.PathLike[str], merged: MergedData | None = None, unmerged: UnmergedData | None = None
) -> None:
    """Write ``_refln`` of merged data, ``_diffrn_refln`` of unmerged, or a block of each in one file.

    Unmerged data carry their original indices.
    """
    blocks = [_block("merged", merged_mtz(merged))] if merged is not None else []
    if unmerged is not None:
        blocks.append(_block("unmerged", unmerged_mtz(unmerged, in_asu=False)))
    if not blocks:
        raise ValueError("neither merged nor unmerged data to write")
    write_whole(path, "\n".join(blocks))


def _block(name: str, mtz: gemmi.Mtz) -> str:
    """One data block under its own name: readers stumble over both kinds of data in one."""
    converter = gemmi.MtzToCif()
    converter.with_history = False
    return converter.write_cif_to_string(mtz).replace("data_mtz", f"data_{name}", 1)
