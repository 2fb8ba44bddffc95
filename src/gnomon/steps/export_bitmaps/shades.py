"""From values to colours."""

from __future__ import annotations

import numpy as np

from gnomon.steps.export_bitmaps.params import ExportBitmapsParams

PERCENTILE, SHADE = 90.0, 0.4
"""Of the pixels, and which part of the darkest shade it has at a brightness of 100: what dials.export_bitmaps makes of
images, so that pictures of one brightness look the same."""
SATURATED, MASKED, RING = (254, 254, 1), (255, 176, 186), (38, 139, 255)
_HEAT = ((0.0, 25, 25, 25), (0.5, 255, 0, 0), (0.8, 255, 200, 0), (1.0, 255, 255, 255))
_LEVELS = 256


def darkness(values: np.ndarray, percentile_of: np.ndarray, brightness: float) -> np.ndarray:
    """Values as shades 0 to 255, uint8; percentile_of: (n,) those that say what is much."""
    reference = float(np.percentile(percentile_of, PERCENTILE)) if len(percentile_of) else 0.0
    scale = SHADE * _LEVELS * brightness / 100 / (reference or 1.0)
    return np.clip(np.ceil(values * scale) - 1, 0, _LEVELS - 1).astype(np.uint8)


def palette(scheme: str) -> np.ndarray:
    """(256, 3) uint8: the colour of each shade of :func:`darkness`."""
    x = np.linspace(0, 1, _LEVELS)
    if scheme == "rainbow":  # hues from 255 degrees, violet, down to 0, red
        hue = 255 / 60 * np.sqrt(1 - x)
        away = np.abs((hue[:, None] - np.array([0, 2, 4]) + 3) % 6 - 3)
        rgb = 255 * np.clip(2 - away, 0, 1)
    elif scheme == "heatmap":
        stops = np.array(_HEAT)
        rgb = np.column_stack([np.interp(x, stops[:, 0], stops[:, i]) for i in (1, 2, 3)])
    else:
        rgb = np.repeat(255 * (x if scheme == "inverse_greyscale" else 1 - x)[:, None], 3, axis=1)
    return np.rint(rgb).astype(np.uint8)


def binned(values: np.ndarray, n: int) -> np.ndarray:
    """(ny // n, nx // n): the highest of each n by n values; what is left at the far edges is cut off."""
    if n == 1:
        return values
    ny, nx = (size // n for size in values.shape)
    return np.asarray(values[: ny * n, : nx * n].reshape(ny, n, nx, n).max(axis=(1, 3)))


def shown_values(panels: list[np.ndarray], use: list[np.ndarray], params: ExportBitmapsParams) -> list[np.ndarray]:
    """What ``params.display`` is of each panel (ny, nx): counts, floats, or 0 and 1 where thresholds are shown."""
    return [_shown(counts, usable, params) for counts, usable in zip(panels, use)]


def _shown(counts: np.ndarray, use: np.ndarray, params: ExportBitmapsParams) -> np.ndarray:
    from gnomon.maths.images.local_statistics import local_statistics

    if params.display == "image":
        return np.where(use, counts, 0)
    told = local_statistics(counts, use, params.kernel_size)
    if params.display in ("mean", "variance", "dispersion"):
        return np.asarray(getattr(told, params.display))
    n, gain = np.maximum(told.number - 1, 1), params.gain
    enough = use & (told.number >= params.min_local)
    above = {
        "sigma_b": enough & (told.dispersion > gain * (1 + params.nsigma_b * np.sqrt(2 / n))),
        "sigma_s": enough & (counts > told.mean + params.nsigma_s * np.sqrt(gain * told.mean)),
        "global_threshold": use & (counts > params.global_threshold),
    }
    found = above.get(params.display)
    return (np.logical_and.reduce(list(above.values())) if found is None else found).astype(np.uint8)
