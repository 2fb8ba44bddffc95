"""mmCIF files of merged and unmerged data, for deposition as the wwPDB asks: both in one file, a block each."""

from __future__ import annotations

import os

from gnomon.io.atomic import write_whole
from gnomon.io.mmcif_merged import merged_block
from gnomon.io.mmcif_unmerged import unmerged_block
from gnomon.maths.intensities.data_quality import DataQuality
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData


def write_mmcif(
    path: str | os.PathLike[str],
    merged: MergedData | None = None,
    unmerged: UnmergedData | None = None,
    quality: DataQuality | None = None,
) -> None:
    """Write ``_refln`` of merged data, ``_diffrn_refln`` of unmerged, or a block of each in one file.

    quality: statistics of the merged data, to be told with them. Unmerged data carry their original indices, and the
    geometry of each sweep.
    """
    first = unmerged.experiments[0].beam if unmerged is not None else None
    history = unmerged.experiments.history if unmerged is not None else ()
    blocks = []
    if merged is not None:
        ratio = None if first is None else 2 * first.polarization_fraction - 1
        blocks.append(merged_block(merged, quality, history, "x-ray" if first is None else first.probe, ratio))
    if unmerged is not None:
        blocks.append(unmerged_block(unmerged))
    if not blocks:
        raise ValueError("neither merged nor unmerged data to write")
    write_whole(path, "\n".join(blocks))
