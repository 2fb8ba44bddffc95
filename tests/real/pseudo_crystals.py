"""One sweep cut into pseudo-crystals, of which some are indexed in the other of two equivalent settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.models.experiment import Experiments, identifier_for
from gnomon.models.reflections import Reflections

SWAP = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])  # h, k, l -> k, h, -l: allowed by the lattice, not by I23


def cut(experiments: Experiments, table: Reflections, images: int) -> tuple[Experiments, Reflections]:
    """Each ``images`` images of the first experiment's scan as a crystal of its own."""
    whole = experiments[0]
    first, last = whole.scan.image_range
    start, width = whole.scan.oscillation
    number = np.minimum(table["xyzobs.px.value"][:, 2] - (first - 1), last - first).astype(int) // images
    pieces = []
    for i in range(int(number.max()) + 1):
        begin = first + i * images
        scan = replace(
            whole.scan,
            image_range=(begin, min(begin + images - 1, last)),
            oscillation=(start + width * i * images, width),
        )
        pieces.append(whole.replace(scan=scan, crystal=replace(whole.crystal), identifier=identifier_for("piece", i)))
    names = {i: e.identifier for i, e in enumerate(pieces)}
    return experiments.with_items(pieces), table.with_columns({"id": number}).with_identifiers(names)


def swap_some(experiments: Experiments, table: Reflections, seed: int) -> tuple[Experiments, Reflections, np.ndarray]:
    """A random half of the crystals reindexed by k,h,-l, and (n,) bool which."""
    n = len(experiments)
    swapped = np.zeros(n, bool)
    swapped[np.random.default_rng(seed).permutation(n)[: n // 2]] = True
    items = [e.replace(crystal=e.crystal.reindexed(SWAP)) if turned else e for e, turned in zip(experiments, swapped)]
    turn = swapped[table["id"]][:, None]
    hkl = np.where(turn, table["miller_index"] @ SWAP, table["miller_index"]).astype(np.int32)
    return experiments.with_items(items), table.with_columns({"miller_index": hkl}), swapped
