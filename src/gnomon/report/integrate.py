"""What integration did, in readable text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.report.table import text_table

_COUNTS = (
    ("predicted", "predicted"),
    ("summed", "summed"),
    ("fitted", "profile-fitted"),
    ("references", "references"),
    ("partial", "partial"),
    ("overloaded", "overloaded"),
    ("overlapped", "overlapped"),
    ("bad_pixels", "bad pixels"),
    ("not_integrated", "not integrated"),
)


def describe(stats: Mapping[str, Any]) -> str:
    """What was borrowed, spot widths and counts of each experiment, then its resolution shells (of the first eight)."""
    experiments = stats["experiments"]
    parts = ["\n".join(stats["reasons"])] if stats["reasons"] else []
    parts += [_widths(experiments), _counts(experiments)]
    parts += [_shells(i, e) for i, e in enumerate(experiments[:8])]
    if len(experiments) > 8:
        parts.append(f"(shells of experiments 8 to {len(experiments) - 1} are not listed)")
    return "\n\n".join(parts)


def _widths(experiments: list[Mapping[str, Any]]) -> str:
    rows = []
    for i, e in enumerate(experiments):
        (x, sx), (y, sy), (z, sz) = e["residuals"]
        residuals = [f"{x:+.2f} ± {sx:.2f}", f"{y:+.2f} ± {sy:.2f}", f"{z:+.2f} ± {sz:.2f}"]
        widths = [f"{e[name]:.4f}" for name in ("sigma_b", "sigma_m", "sigma_t")]
        rows.append([i, e["spots"], *widths, *residuals])
    widths = [f"{name} (°)" for name in ("sigma_b", "sigma_m", "sigma_t")]
    headers = ["experiment", "spots used", *widths, "dx (px)", "dy (px)", "dz (images)"]
    title = "Spot widths, and strong spots observed minus predicted (median ± robust spread)"
    return text_table(title, headers, rows)


def _counts(experiments: list[Mapping[str, Any]]) -> str:
    rows = [[i, *(e[key] for key, _ in _COUNTS)] for i, e in enumerate(experiments)]
    return text_table("Reflections", ["experiment", *(title for _, title in _COUNTS)], rows)


def _shells(number: int, e: Mapping[str, Any]) -> str:
    rows = [
        [f"{hi:.2f} - {lo:.2f}", n_sum, n_prf, f"{i_sum:.1f}", f"{i_prf:.1f}", f"{corr:.2f}", f"{back:.2f}"]
        for hi, lo, n_sum, n_prf, i_sum, i_prf, corr, back in e["shells"]
    ]
    headers = ["d (Å)", "summed", "fitted", "I/sigma sum", "I/sigma prf", "correlation", "background"]
    return text_table(f"Experiment {number} by resolution", headers, rows)
