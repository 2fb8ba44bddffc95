"""How well two programs' results of the same step agree: reflections matched by position, then compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gemmi
import numpy as np
from scipy.spatial import cKDTree

from gnomon import read_experiments, read_reflections
from gnomon.maths.crystal.lattice import niggli
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections

WHOLE = 0.99
"""Partiality above which the scan's ends have cut nothing off a reflection."""


def pairs(a: np.ndarray, b: np.ndarray, reach: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """(m,) rows of a and of b, (n, 3) in pixel, pixel, image, that are each other's nearest, within ``reach``."""
    far, nearest = cKDTree(b).query(a, distance_upper_bound=reach)
    back = cKDTree(a).query(b)[1]
    rows = np.flatnonzero(np.isfinite(far))
    rows = rows[back[nearest[rows]] == rows]
    return rows, nearest[rows]


def slope_and_correlation(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope of y against x through the origin, and their correlation."""
    return float(x @ y / (x @ x)), float(np.corrcoef(x, y)[0, 1])


def _like(x: np.ndarray, y: np.ndarray, what: str) -> str:
    slope, correlation = slope_and_correlation(x, y)
    return f"{what}: CC {correlation:.5f}, slope {slope:.4f}"


def _count(n: int, a: int, b: int) -> str:
    return f"{n} in common of {a} and {b}"


def _matched(a: Reflections, b: Reflections, column: str) -> tuple[Reflections, Reflections, str]:
    i, j = pairs(a[column], b[column])
    return a.select(i), b.select(j), _count(len(i), len(a), len(b))


def same_indices(a: np.ndarray, b: np.ndarray) -> float:
    """The fraction of (n, 3) indices that are the same after the one change of basis that fits them best."""
    change = np.rint(np.linalg.lstsq(a.astype(float), b.astype(float), rcond=None)[0])
    return float((a @ change == b).all(axis=1).mean())


def cells(a: Path, b: Path) -> str:
    """The largest differences of the reduced cells of two ``.expt`` files: edges relative, angles in degrees."""
    reduced = []
    for path in (a, b):
        crystal = read_experiments(path)[0].crystal
        assert crystal is not None
        reduced.append(cell_from_a_matrix(niggli(crystal.A)[0]))
    edges = np.abs(np.sort(reduced[0][:3]) / np.sort(reduced[1][:3]) - 1).max()
    angles = np.abs(np.sort(reduced[0][3:]) - np.sort(reduced[1][3:])).max()
    return f"cell edges {100 * edges:.4f} %, angles {angles:.4f} deg"


def _spots(a: Path, b: Path) -> str:
    x, y, count = _matched(*(read_reflections(folder / "strong.refl") for folder in (a, b)), "xyzobs.px.value")
    away = np.median(np.linalg.norm(x["xyzobs.px.value"] - y["xyzobs.px.value"], axis=1))
    return f"{count}, median distance {away:.4f}; {_like(x['intensity.sum.value'], y['intensity.sum.value'], 'I')}"


def _indexed(table: Reflections) -> Reflections:
    return table.select((table["miller_index"] != 0).any(axis=1))


def residuals(table: Reflections) -> str:
    """R.m.s. of predicted minus observed of the reflections used in refinement, in the mm and radians both refine in.

    In words, as micrometre, micrometre, degree. Pixels will not do: the programs differ in parallax between them.
    """
    used = table.select(table.has(Flag.USED_IN_REFINEMENT))
    x, y, phi = np.sqrt(((used["xyzcal.mm"] - used["xyzobs.mm.value"]) ** 2).mean(axis=0))
    return f"{1000 * x:.2f} {1000 * y:.2f} um {np.rad2deg(phi):.3f} deg of {len(used)}"


def _geometry(stem: str) -> Callable[[Path, Path], str]:
    def compare(a: Path, b: Path) -> str:
        tables = [_indexed(read_reflections(folder / f"{stem}.refl")) for folder in (a, b)]
        x, y, count = _matched(tables[0], tables[1], "xyzobs.px.value")
        same = same_indices(x["miller_index"], y["miller_index"])
        apart = np.sqrt(((x["xyzcal.px"] - y["xyzcal.px"]) ** 2).mean(axis=0))
        moved = " ".join(f"{value:.3f}" for value in apart)
        return (
            f"{cells(a / f'{stem}.expt', b / f'{stem}.expt')}; {count}, {100 * same:.2f} % same index; "
            f"predictions {moved} apart; rmsd {residuals(tables[0])} / {residuals(tables[1])}"
        )

    return compare


def _integrated(table: Reflections) -> np.ndarray:
    return table.has(Flag.INTEGRATED_SUM) | table.has(Flag.INTEGRATED_PRF)


def _intensities(a: Path, b: Path) -> str:
    tables = [read_reflections(folder / "integrated.refl") for folder in (a, b)]
    x, y, count = _matched(
        tables[0].select(_integrated(tables[0])), tables[1].select(_integrated(tables[1])), "xyzcal.px"
    )
    words, whole = [count], y["partiality"] > WHOLE
    for kind, flag in (("sum", Flag.INTEGRATED_SUM), ("prf", Flag.INTEGRATED_PRF)):
        name = f"intensity.{kind}.value"
        for part, rows in (("", whole), (" of cut ones", ~whole)):
            both = x.has(flag) & y.has(flag) & rows
            words.append(f"{_like(x[name][both], y[name][both], kind + part)} of {both.sum()}")
    factors = [f"{name} {np.median(y[name] / x[name]):.4f}" for name in ("lp", "qe", "partiality")]
    return "; ".join([*words, f"medians of ratios: {', '.join(factors)}"])


def _group(a: Path, b: Path) -> str:
    names = []
    for folder in (a, b):
        crystal = read_experiments(folder / "symmetrized.expt")[0].crystal
        assert crystal is not None
        operations = gemmi.symops_from_hall(crystal.hall_symbol.strip())
        names.append(gemmi.find_spacegroup_by_ops(operations).hm)
    return f"{names[0]} / {names[1]}; {cells(a / 'symmetrized.expt', b / 'symmetrized.expt')}"


def _scaled(a: Path, b: Path) -> str:
    kept = []
    for folder in (a, b):
        table = read_reflections(folder / "scaled.refl")
        kept.append(table.select(table.has(Flag.SCALED) & ~table.has(Flag.BAD_FOR_SCALING)))
    x, y, count = _matched(kept[0], kept[1], "xyzcal.px")
    first, second = (t["intensity.scale.value"] / t["inverse_scale_factor"] for t in (x, y))
    sigma = [np.sqrt(t["intensity.scale.variance"]) / t["inverse_scale_factor"] for t in (x, y)]
    ratio = np.median(sigma[1] / sigma[0]) / slope_and_correlation(first, second)[0]
    return f"{count}; {_like(first, second, 'scaled I')}; ratio of sigma {ratio:.3f}"


def _rows(path: Path, labels: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, str]:
    mtz = gemmi.read_mtz_file(str(path))
    columns = {column.label: np.array(column) for column in mtz.columns}
    return np.stack([columns[name] for name in labels[:-1]], 1), columns[labels[-1]], mtz.spacegroup.hm


def _mtz(name: str, labels: tuple[str, ...]) -> Callable[[Path, Path], str]:
    def compare(a: Path, b: Path) -> str:
        (keys, x, group), (other, y, its_group) = (_rows(folder / name, labels) for folder in (a, b))
        i, j = pairs(keys, other, 0.5)
        good = np.isfinite(x[i]) & np.isfinite(y[j])
        i, j = i[good], j[good]
        return f"{group} / {its_group}; {_count(len(i), len(x), len(y))}; {_like(x[i], y[j], labels[-1])}"

    return compare


AGREEMENT: dict[str, Callable[[Path, Path], str]] = {
    "find_spots": _spots,
    "index": _geometry("indexed"),
    "refine": _geometry("refined"),
    "integrate": _intensities,
    "symmetry": _group,
    "scale": _scaled,
    "merge": _mtz("merged.mtz", ("H", "K", "L", "IMEAN")),
    "export": _mtz("scaled.mtz", ("XDET", "YDET", "ROT", "I")),
}
"""For each step: what two folders with its output have in common, in words."""
