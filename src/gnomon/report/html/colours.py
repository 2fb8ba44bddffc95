"""Colours that the colour-blind tell apart (Okabe & Ito 2008), legible on white and on black."""

from __future__ import annotations

from collections.abc import Sequence

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star")
NO_CLUSTER = "#8a8f98"

DIVERGING = [[0.0, "#b2182b"], [0.25, "#f4a582"], [0.5, "#f7f7f7"], [0.75, "#92c5de"], [1.0, "#2166ac"]]
RISING = [[0.0, "#440154"], [0.25, "#3b528b"], [0.5, "#21918c"], [0.75, "#5ec962"], [1.0, "#fde725"]]


def colour_of(label: int) -> str:
    """The colour of a cluster, the same in every figure; grey for -1, which is none."""
    return NO_CLUSTER if label < 0 else COLOURS[label % len(COLOURS)]


def symbol_of(label: int) -> str:
    """The symbol of a cluster: with the colour it tells 36 apart; an open circle for -1, which is none."""
    return "circle-open" if label < 0 else SYMBOLS[(label // len(COLOURS) + label) % len(SYMBOLS)]


def cluster_name(label: int, names: Sequence[str] = ()) -> str:
    """What a cluster is called in legends."""
    if label < 0:
        return "in no cluster"
    return names[label] if label < len(names) else f"cluster_{label}"
