"""Which pixels are bad, in words."""

from __future__ import annotations

from gnomon.maths.images.listed_pixels import PixelList
from gnomon.steps.find_bad_pixels.summary import FindBadPixelsSummary

_MEANING = {
    "no data": "outside the trusted range on every image",
    "hot": "above its neighbours on most images",
    "dead": "far below its neighbours in the sum of all images",
    "warm": "far above its neighbours in the sum of all images",
}


def describe(summary: FindBadPixelsSummary) -> str:
    """How many pixels of each kind each set of images has, and the first of them."""
    lines = []
    for i, one in enumerate(summary.sets):
        lines.append(f"image set {i}, {one.images} images looked at:")
        lines += [
            f"  {one.found[kind].count} {kind} ({meaning}){pixels_named(one.found[kind])}"
            for kind, meaning in _MEANING.items()
        ]
    return "\n".join(lines)


def pixels_named(pixels: PixelList) -> str:
    """The first few pixels, as x,y with the panel before where it is not the first."""
    if not pixels.count:
        return ""
    named = [f"{p.x},{p.y}" if p.panel == 0 else f"panel {p.panel}: {p.x},{p.y}" for p in pixels.first]
    return ": " + "; ".join(named) + ("; ..." if pixels.count > len(named) else "")
