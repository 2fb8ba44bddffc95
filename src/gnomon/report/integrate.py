"""What integration did, in readable text."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from gnomon.report.table import long_table, text_table

_FEW = 4  # experiments whose resolution shells are told one by one

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
_CAUSES = (
    ("point_spread", "on detector (mm)", 3),
    ("crystal", "crystal (mm)", 3),
    ("divergence", "divergence (°)", 3),
    ("tangential", "tangential (°)", 3),
    ("dispersion", "dispersion", 5),
    ("domain", "domain (1/Å)", 6),
    ("mosaicity", "mosaicity (°)", 3),
)


def describe(stats: Mapping[str, Any]) -> str:
    """What was borrowed, spot widths and counts of each experiment, then resolution shells: of each, or of all."""
    experiments = stats["experiments"]
    parts = ["\n".join(stats["reasons"])] if stats["reasons"] else []
    parts += [_widths(experiments), _causes(experiments), _counts(experiments), *_unmeasured(experiments)]
    if len(experiments) <= _FEW:
        for i, e in enumerate(experiments):
            parts.append(_shells(f"Experiment {i} by resolution", e["shells"]))
            parts.append(_fit_over_sum(f"Experiment {i}: fits against sums", e["fit_over_sum"]))
            parts.append(
                _recorded(f"Experiment {i}: what sums hold of a foreground 1.25 times as large", e["recorded"])
            )
    else:
        shells = _over_all([e["shells"] for e in experiments])
        parts.append(_shells(f"All {len(experiments)} experiments by resolution (medians; counts added)", shells))
    return "\n\n".join(parts)


def _over_all(each: list[list[tuple[float, ...]]]) -> list[tuple[float, ...]]:
    """The shells of all experiments, the first with the first: numbers added, everything else the median."""
    depth = max((len(shells) for shells in each), default=0)
    of_rank = ([shells[k] for shells in each if k < len(shells)] for k in range(depth))
    return [
        tuple(sum(v) if 2 <= j <= 3 else median(v) for j, v in enumerate(zip(*shells, strict=True)))
        for shells in of_rank
    ]


def _widths(experiments: list[Mapping[str, Any]]) -> str:
    rows = []
    for i, e in enumerate(experiments):
        (x, sx), (y, sy), (z, sz) = e["residuals"]
        residuals = [f"{x:+.2f} ± {sx:.2f}", f"{y:+.2f} ± {sy:.2f}", f"{z:+.2f} ± {sz:.2f}"]
        widths = [f"{e[name]:.4f}" for name in ("sigma_b", "sigma_m")]
        rows.append([i, e["spots"], *widths, *residuals])
    widths = [f"{name} (°)" for name in ("sigma_b", "sigma_m")]
    headers = ["experiment", "spots used", *widths, "dx (px)", "dy (px)", "dz (images)"]
    title = "Spot widths, and strong spots observed minus predicted (median ± robust spread)"
    return long_table(title, headers, rows, [-e["spots"] for e in experiments], "with the fewest spots")


def _causes(experiments: list[Mapping[str, Any]]) -> str:
    rows = [[i, *(_shown(e["causes"][name], digits) for name, _, digits in _CAUSES)] for i, e in enumerate(experiments)]
    headers = ["experiment", *(title for _, title, _ in _CAUSES)]
    title = "What widens spots (one standard deviation each; - where the spots do not tell it)"
    return long_table(title, headers, rows, [-e["spots"] for e in experiments], "with the fewest spots")


def _shown(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if value > 0 else "-"


def _fit_over_sum(title: str, shells: Mapping[str, list[list[float]]]) -> str:
    rows = []
    for kind, name in (("d", "d (Å)"), ("strength", "I/sigma"), ("zeta", "zeta")):
        rows += [
            [name, f"{low:.4g} - {high:.4g}", int(n), f"{ratio:.3f} ± {sigma:.3f}"]
            for low, high, n, ratio, sigma in shells[kind]
        ]
    return text_table(title, ["by", "from - to", "reflections", "fitted / summed"], rows)


def _recorded(title: str, shells: list[list[float]]) -> str:
    rows = [[f"{low:.2f} - {high:.2f}", int(n), f"{share:.3f} ± {sigma:.3f}"] for low, high, n, share, sigma in shells]
    return text_table(title, ["d (Å)", "spots", "share within n_sigma"], rows)


def _counts(experiments: list[Mapping[str, Any]]) -> str:
    rows = [[i, *(e[key] for key, _ in _COUNTS)] for i, e in enumerate(experiments)]
    headers = ["experiment", *(title for _, title in _COUNTS)]
    return long_table("Reflections", headers, rows, [-e["fitted"] for e in experiments], "with the fewest fitted")


def _unmeasured(experiments: list[Mapping[str, Any]]) -> list[str]:
    """Why reflections were not integrated; nothing where all were."""
    reasons = list(dict.fromkeys(reason for e in experiments for reason in e["unmeasured"]))
    if not reasons:
        return []
    rows = [[i, *(e["unmeasured"].get(reason, 0) for reason in reasons)] for i, e in enumerate(experiments)]
    many = [e["not_integrated"] for e in experiments]
    return [long_table("Not integrated, by reason", ["experiment", *reasons], rows, many, "with the most")]


def _shells(title: str, shells: list[tuple[float, ...]]) -> str:
    rows = [
        [f"{hi:.2f} - {lo:.2f}", n_sum, n_prf, f"{i_sum:.1f}", f"{i_prf:.1f}", f"{corr:.2f}", f"{back:.2f}"]
        for hi, lo, n_sum, n_prf, i_sum, i_prf, corr, back in shells
    ]
    headers = ["d (Å)", "summed", "fitted", "I/sigma sum", "I/sigma prf", "correlation", "background"]
    return text_table(title, headers, rows)
