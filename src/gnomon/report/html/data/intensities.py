"""What merged intensities say of the crystal: Wilson's statistics, twinning, translations, ice, anisotropy, screws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.intensities.anisotropy import along_axes, by_axis, fitted_anisotropy
from gnomon.maths.intensities.ice_rings import ring_excesses
from gnomon.maths.intensities.tncs import patterson_peaks
from gnomon.maths.intensities.wilson_statistics import (
    L,
    Normalised,
    Z,
    cumulative,
    expected_acentric,
    expected_centric,
    expected_twin,
    l_distribution,
    normalised,
    second_moments,
)
from gnomon.models.merged import MergedData
from gnomon.report.html.blocks import Block, Figure, Table
from gnomon.report.html.figures.axes import axis, resolution_axis
from gnomon.report.html.figures.lines import Curve, lines
from gnomon.steps.merge.wilson import WilsonPlot, wilson_plot

_AXES = ("a*", "b*", "c*")
_MOST_PEAKS = 10
_MOST_ORDERS = 200  # of an axis that are drawn
_DOTTED = "dot"


def intensity_blocks(merged: MergedData) -> list[Block]:
    """Figures and tables of merged data; those left out that too few reflections would make."""
    data = normalised(merged)
    figures = [
        wilson_figure(wilson_plot(merged)),
        _cumulative(data),
        _l_test(merged),
        _moments(data),
        _ice(data),
        *_anisotropy(merged, data),
        _multiplicity(merged),
    ]
    blocks: list[Block] = [figure for figure in figures if figure is not None]
    return [*blocks, *_patterson(merged, data)]


def wilson_figure(plot: WilsonPlot | None) -> Figure | None:
    """The Wilson plot with its line; None of too few reflections."""
    if plot is None:
        return None
    x, y, used = np.array(plot.x), np.array(plot.y), np.array(plot.used)
    line = np.log(plot.scale) - 2 * plot.b_factor * x
    curves = [
        Curve("ln(<I> / sum f²)", x, y, mode="lines+markers"),
        Curve(f"line: B {plot.b_factor:.1f} ± {plot.b_sd:.1f} Å²", x[used], line[used], dash="dash"),
    ]
    ticks = resolution_axis(4 * x)
    ticks |= {"range": [v / 4 for v in ticks["range"]], "tickvals": [v / 4 for v in ticks["tickvals"]]}
    good = (
        "Good: a straight fall beyond 4 Å, with the dip at 5 Å and the hump at 4.5 Å of proteins. Spikes: ice; a "
        "flat or "
        "rising end: noise, or too optimistic a limit."
    )
    return lines("Wilson plot", curves, {"x": ticks, "y": axis("ln(<I> / sum f²)")}, good=good)


def _cumulative(data: Normalised) -> Figure | None:
    curves = [
        Curve("acentric", Z, cumulative(data.z[~data.centric], Z), mode="lines+markers"),
        Curve("centric", Z, cumulative(data.z[data.centric], Z), mode="lines+markers"),
        Curve("acentric, expected", Z, expected_acentric(Z), dash=_DOTTED),
        Curve("centric, expected", Z, expected_centric(Z), dash=_DOTTED),
        Curve("acentric of a perfect twin", Z, expected_twin(Z), dash=_DOTTED),
    ]
    curves = [c for c in curves if np.isfinite(c.y).any()]
    if len(curves) == 3:
        return None
    good = (
        "Good: on the expected curves. Acentric in an S below its curve: twinned; above: translational NCS, or weak "
        "data."
    )
    axes = {"x": axis("I / mean I"), "y": axis("share below", range=[0, 1])}
    return lines("Cumulative intensities", curves, axes, good=good)


def _l_test(merged: MergedData) -> Figure | None:
    found = l_distribution(merged)
    if found is None:
        return None
    curves = [
        Curve("found", L, found, mode="lines+markers"),
        Curve("untwinned", L, L, dash=_DOTTED),
        Curve("perfect twin", L, L * (3 - L**2) / 2, dash=_DOTTED),
    ]
    good = "Good: on the straight line. Bent towards the upper curve: twinned (Padilla & Yeates 2003)."
    return lines("L test", curves, {"x": axis("|L|"), "y": axis("share below", range=[0, 1])}, good=good)


def _moments(data: Normalised) -> Figure | None:
    kinds = [("acentric", False, 2.0), ("centric", True, 3.0)]
    curves, ends = [], []
    for name, centric, expected in kinds:
        s2, moment = second_moments(data, centric=centric)
        if len(s2):
            curves.append(Curve(name, s2, moment, mode="lines+markers"))
            curves.append(Curve(f"{name}, expected", s2[[0, -1]], [expected, expected], dash=_DOTTED))
            ends.append(s2.max())
    if not curves:
        return None
    good = (
        "Good: near 2 (acentric) and 3 (centric) all along. Near 1.5 and 2: twinned; far above: translational NCS or "
        "ice."
    )
    axes = {"x": resolution_axis(ends), "y": axis("<I²> / <I>²", rangemode="tozero")}
    return lines("Second moments", curves, axes, good=good)


def _ice(data: Normalised) -> Figure | None:
    rings, ratio, error = ring_excesses(data.d, data.z)
    if not len(rings):
        return None
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": rings**-2,
        "y": ratio,
        "text": [f"{d:.2f} Å" for d in rings],
        "error_y": {"type": "data", "array": 2 * error, "thickness": 1},
        "marker": {"size": 8},
        "hovertemplate": "%{text}: %{y:.2f}<extra></extra>",
    }
    one = {"type": "scatter", "mode": "lines", "x": [0, float(max(rings**-2))], "y": [1, 1], "line": {"dash": "dot"}}
    good = "Good: 1 within the bars (two standard errors) at every ring. Well above 1: ice adds to those reflections."
    layout = {
        "xaxis": resolution_axis(rings**-2),
        "yaxis": axis("mean I on the ring / beside it", rangemode="tozero"),
        "showlegend": False,
    }
    return Figure("Ice rings", [trace, one], layout, good=good)


def _anisotropy(merged: MergedData, data: Normalised) -> list[Figure | None]:
    """Mean I/sigma and mean intensity along each axis, with the anisotropy that was fitted."""
    found = fitted_anisotropy(merged, data.z)
    note = ""
    if found is not None:
        along = ", ".join(f"{name} {b:+.1f}" for name, b in zip(_AXES, found.along))
        note = f"B along the axes, from its mean: {along} Å²; largest less smallest {found.spread:.1f} Å²."
    signal, near = merged.mean.intensity / merged.mean.sigma, along_axes(merged)
    good = (
        "Good: the three curves together. Apart: the crystal diffracts farther along one axis; cut at the weakest, "
        "or elliptically."
    )
    return [
        _by_axis("I/sigma by axis", by_axis(near, signal, data.d), "mean I/sigma", note, good, kind="log"),
        _by_axis(
            "Intensity by axis", by_axis(near, data.z, data.d), "mean I / that of the shell", "",
            "Good: near 1 along each axis, at all resolutions.",
        ),
    ]  # fmt: skip


def _by_axis(
    title: str, found: Sequence[tuple[np.ndarray, np.ndarray]], label: str, note: str, good: str, kind: str = "linear"
) -> Figure | None:
    groups: dict[bytes, list[int]] = {}
    for k, (s2, y) in enumerate(found):
        if len(s2) > 1:
            groups.setdefault(s2.tobytes() + y.tobytes(), []).append(k)  # axes that symmetry makes alike
    if not groups:
        return None
    curves = [
        Curve(" = ".join(_AXES[k] for k in members), *found[members[0]], mode="lines+markers")
        for members in groups.values()
    ]
    axes = {"x": resolution_axis(np.concatenate([s2 for s2, _ in found])), "y": axis(label, type=kind)}
    return lines(title, curves, axes, note, good=good)


def _multiplicity(merged: MergedData) -> Figure | None:
    count = merged.mean.count.astype(int)
    if not len(count) or count.max() <= 1:
        return None
    most = int(np.quantile(count, 0.999))
    numbers = np.bincount(np.minimum(count, most), minlength=most + 1)[1:]
    trace = {
        "type": "bar",
        "x": np.arange(1, most + 1),
        "y": numbers,
        "hovertemplate": "%{y} reflections measured %{x} times<extra></extra>",
    }
    layout = {"xaxis": axis("observations"), "yaxis": axis("unique reflections"), "showlegend": False, "bargap": 0.1}
    good = "Good: one hump away from 1. Many measured once: outliers cannot be told there."
    return Figure("Multiplicity", [trace], layout, good=good)


def _patterson(merged: MergedData, data: Normalised) -> list[Block]:
    turns = rotations(merged.hall_symbol)
    found = patterson_peaks(merged.hkl, data.z, data.d, b_matrix(merged.cell), turns)
    if found is None or not len(found.heights):
        return []
    rows = [
        (f"{i + 1}", f"{100 * height:.1f} %", f"{length:.1f}", *(f"{x:.3f}" for x in vector))
        for i, (height, length, vector) in enumerate(zip(found.heights, found.lengths, found.vectors))
    ][:_MOST_PEAKS]
    note = "To 5 Å. A peak above some 20 % of the origin: translational NCS, copies related by that vector."
    headers = ("peak", "of the origin", "from the origin / Å", "x", "y", "z")
    return [Table("Patterson peaks", headers, rows, note)]


def screw_figure(merged: MergedData) -> Figure | None:
    """I/sigma along h 0 0, 0 k 0 and 0 0 l; None where no axis has reflections. Absent ones must not be left out."""
    curves = []
    signal = merged.mean.intensity / merged.mean.sigma
    for k, name in enumerate(("h 0 0", "0 k 0", "0 0 l")):
        on = np.flatnonzero((np.delete(merged.hkl, k, axis=1) == 0).all(axis=1))
        on = on[np.argsort(np.abs(merged.hkl[on, k]), kind="stable")][:_MOST_ORDERS]
        if len(on):
            order = np.abs(merged.hkl[on, k])
            curves.append(Curve(name, order, signal[on], [f"{name}: {i}" for i in order], mode="markers"))
    if not curves:
        return None
    good = (
        "Good: a clear pattern. Only even orders above 3: a 2-fold screw; every third: 3-fold; every fourth or "
        "sixth likewise; "
        "all orders strong: no screw along that axis."
    )
    return lines("Screw axes", curves, {"x": axis("order"), "y": axis("I/sigma")}, good=good)
