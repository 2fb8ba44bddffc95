"""Values over a plane, as a heat map of squares: of counts, or of the means of what lies in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.report.html.blocks import Figure
from gnomon.report.html.colours import DIVERGING, RISING
from gnomon.report.html.figures.axes import axis

SQUARES = 60
"""Along the longer side: 8 pixels each."""


@dataclass(frozen=True, eq=False)
class Plane:
    """Points (N, 2) on a plane, its limits ((x0, x1), (y0, y1)), and what its axes are called.

    down: y points down, as on images. equal: both axes have one scale. square: its side; 0 where it is chosen here.
    """

    points: np.ndarray
    limits: tuple[tuple[float, float], tuple[float, float]]
    labels: tuple[str, str]
    down: bool = True
    equal: bool = True
    square: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """Squares along x and y."""
        (x0, x1), (y0, y1) = self.limits
        if self.square:
            return round((x1 - x0) / self.square), round((y1 - y0) / self.square)
        if not self.equal:
            return SQUARES, SQUARES
        longest = max(x1 - x0, y1 - y0)
        return max(1, round(SQUARES * (x1 - x0) / longest)), max(1, round(SQUARES * (y1 - y0) / longest))

    def summed(self, weights: np.ndarray | None = None, where: np.ndarray | None = None) -> np.ndarray:
        """(ny, nx) numbers of points, or sums of their weights, in each square; of those ``where`` (N,) is true."""
        points = self.points if where is None else self.points[where]
        weights = weights if where is None or weights is None else weights[where]
        nx, ny = self.shape
        place, inside = np.zeros(len(points), np.intp), np.ones(len(points), bool)
        for values, (low, high), n, stride in zip(points.T, self.limits, (nx, ny), (1, nx)):
            scaled = (values - low) * (n / (high - low))
            inside &= (scaled >= 0) & (scaled < n)  # not nan either
            place += stride * np.where(inside, scaled, 0).astype(np.intp)
        weights = None if weights is None else weights[inside]
        return np.bincount(place[inside], weights, minlength=nx * ny).reshape(ny, nx)

    def mean(self, values: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
        """(ny, nx) means of finite ``values`` (N,) in each square; nan where there is none."""
        known = np.isfinite(values) if where is None else np.isfinite(values) & where
        count = self.summed(where=known)
        with np.errstate(invalid="ignore"):
            return np.where(count > 0, self.summed(values, known) / np.maximum(count, 1), np.nan)


def heat_map(
    title: str, plane: Plane, z: np.ndarray, label: str, *, diverging: bool = False, note: str = "", good: str = ""
) -> Figure:
    """The squares of ``z`` (ny, nx) in colour; diverging: about zero, both ways alike."""
    (x0, x1), (y0, y1) = plane.limits
    ny, nx = z.shape
    finite = z[np.isfinite(z)]
    least, most = (
        np.percentile(finite, [2, 98]) if len(finite) else (0.0, 1.0)
    )  # a square far out must not hide the rest
    size = max(abs(least), abs(most))
    span = {"zmin": -size, "zmax": size} if diverging else {"zmin": min(least, 0.9 * most), "zmax": most}
    trace = {
        "type": "heatmap",
        "z": np.round(z, 3) if np.abs(finite).max(initial=0) > 1 else z,
        "x0": x0 + (x1 - x0) / nx / 2,
        "dx": (x1 - x0) / nx,
        "y0": y0 + (y1 - y0) / ny / 2,
        "dy": (y1 - y0) / ny,
        **span,
        "colorscale": DIVERGING if diverging else RISING,
        "colorbar": {"thickness": 12, "title": {"text": label, "side": "right"}},
        "hovertemplate": "%{x:.4~g}, %{y:.4~g}: %{z:.4~g}<extra></extra>",
        "showlegend": False,
    }
    across, down = (axis(text, showgrid=False, range=list(limits)) for text, limits in zip(plane.labels, plane.limits))
    if plane.down:
        down["range"] = [y1, y0]
    if plane.equal:
        down |= {"scaleanchor": "x", "constrain": "domain"}
        across |= {"constrain": "domain"}
    layout = {"xaxis": across, "yaxis": down, "showlegend": False}
    return Figure(title, [trace], layout, note, height=400, good=good)


def limits_of(values: np.ndarray, share: float = 0.995) -> tuple[float, float]:
    """Limits about zero, both ways alike, that hold ``share`` of the finite values; (-1, 1) where there are none."""
    known = np.abs(values[np.isfinite(values)])
    most = float(np.quantile(known, share)) if len(known) else 0.0
    return (-most, most) if most > 0 else (-1.0, 1.0)
