"""What integration did, in readable text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from math import isfinite
from statistics import median

from gnomon.report.table import long_table, text_table
from gnomon.steps.integrate.summary import (
    ComparedShell,
    ExperimentSummary,
    ImageFigures,
    IntegrateSummary,
    ResolutionShell,
)

_FEW = 4  # experiments whose resolution shells are told one by one

_COUNTS = (
    ("predicted", "predicted"),
    ("summed", "summed"),
    ("fitted", "profile-fitted"),
    ("references", "references"),
    ("partial", "partial"),
    ("overloaded", "overloaded"),
    ("overlapped", "overlapped"),
    ("on_rings", "on rings"),
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


def describe(summary: IntegrateSummary) -> str:
    """What was borrowed, spot widths and counts of each experiment, then resolution shells: of each, or of all."""
    experiments = summary.experiments
    parts = ["\n".join(summary.sentences)] if summary.decisions else []
    parts += [_widths(experiments), _causes(experiments), _counts(experiments), *_unmeasured(experiments)]
    if len(experiments) <= _FEW:
        for i, e in enumerate(experiments):
            parts.append(_by_image(f"Experiment {i} by image", e.images))
            parts.append(_shells(f"Experiment {i} by resolution", e.shells))
            parts.append(_fit_over_sum(f"Experiment {i}: fits against sums", e.fit_over_sum))
            parts.append(_recorded(f"Experiment {i}: what sums hold of a foreground 1.25 times as large", e.recorded))
    else:
        shells = _over_all([e.shells for e in experiments])
        parts.append(_shells(f"All {len(experiments)} experiments by resolution (medians; counts added)", shells))
    return "\n\n".join(parts)


def _by_image(title: str, images: Sequence[ImageFigures]) -> str:
    rows = [
        [
            f"{r.first} - {r.last}" if r.last > r.first else str(r.first),
            *(r.full, r.partial, r.overloaded, r.summed, r.fitted),
            _known(r.background, 2),
            _known(r.i_over_sigma_summed, 1),
            _known(r.i_over_sigma_fitted, 1),
            _known(r.correlation, 2),
            _known(r.rmsd, 2),
        ]
        for r in images
    ]
    headers = ["images", "full", "partial", "over", "summed", "fitted", "background", "I/sigma sum", "I/sigma prf"]
    return text_table(title, [*headers, "correlation", "rmsd (px)"], rows)


def _known(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if isfinite(value) else "-"


def _over_all(each: Sequence[Sequence[ResolutionShell]]) -> list[ResolutionShell]:
    """The shells of all experiments, the first with the first: numbers added, everything else the median."""
    depth = max((len(shells) for shells in each), default=0)
    of_rank = ([shells[k] for shells in each if k < len(shells)] for k in range(depth))
    return [_pooled(shells) for shells in of_rank]


def _pooled(shells: Sequence[ResolutionShell]) -> ResolutionShell:
    """Counts added, everything else the median."""
    columns = {f.name: [getattr(s, f.name) for s in shells] for f in fields(ResolutionShell)}
    return ResolutionShell(**{k: sum(v) if k in ("summed", "fitted") else median(v) for k, v in columns.items()})


def _widths(experiments: Sequence[ExperimentSummary]) -> str:
    rows = []
    for i, e in enumerate(experiments):
        residuals = [f"{r.median:+.2f} ± {r.spread:.2f}" for r in e.residuals]
        rows.append([i, e.spots, f"{e.sigma_b:.4f}", f"{e.sigma_m:.4f}", *residuals])
    widths = [f"{name} (°)" for name in ("sigma_b", "sigma_m")]
    headers = ["experiment", "spots used", *widths, "dx (px)", "dy (px)", "dz (images)"]
    title = "Spot widths, and strong spots observed minus predicted (median ± robust spread)"
    return long_table(title, headers, rows, [-e.spots for e in experiments], "with the fewest spots")


def _causes(experiments: Sequence[ExperimentSummary]) -> str:
    rows = [[i, *(_shown(e.causes[name], digits) for name, _, digits in _CAUSES)] for i, e in enumerate(experiments)]
    headers = ["experiment", *(title for _, title, _ in _CAUSES)]
    title = "What widens spots (one standard deviation each; - where the spots do not tell it)"
    return long_table(title, headers, rows, [-e.spots for e in experiments], "with the fewest spots")


def _shown(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if value > 0 else "-"


def _fit_over_sum(title: str, shells: Mapping[str, Sequence[ComparedShell]]) -> str:
    rows = []
    for kind, name in (("d", "d (Å)"), ("strength", "I/sigma"), ("zeta", "zeta")):
        rows += [[name, f"{s.low:.4g} - {s.high:.4g}", s.count, f"{s.ratio:.3f} ± {s.sigma:.3f}"] for s in shells[kind]]
    return text_table(title, ["by", "from - to", "reflections", "fitted / summed"], rows)


def _recorded(title: str, shells: Sequence[ComparedShell]) -> str:
    rows = [[f"{s.low:.2f} - {s.high:.2f}", s.count, f"{s.ratio:.3f} ± {s.sigma:.3f}"] for s in shells]
    return text_table(title, ["d (Å)", "spots", "share within n_sigma"], rows)


def _counts(experiments: Sequence[ExperimentSummary]) -> str:
    rows = [[i, *(getattr(e, key) for key, _ in _COUNTS)] for i, e in enumerate(experiments)]
    headers = ["experiment", *(title for _, title in _COUNTS)]
    return long_table("Reflections", headers, rows, [-e.fitted for e in experiments], "with the fewest fitted")


def _unmeasured(experiments: Sequence[ExperimentSummary]) -> list[str]:
    """Why reflections were not integrated; nothing where all were."""
    reasons = list(dict.fromkeys(reason for e in experiments for reason in e.unmeasured))
    if not reasons:
        return []
    rows = [[i, *(e.unmeasured.get(reason, 0) for reason in reasons)] for i, e in enumerate(experiments)]
    many = [e.not_integrated for e in experiments]
    return [long_table("Not integrated, by reason", ["experiment", *reasons], rows, many, "with the most")]


def _shells(title: str, shells: Sequence[ResolutionShell]) -> str:
    rows = [
        [
            f"{s.d_max:.2f} - {s.d_min:.2f}",
            s.summed,
            s.fitted,
            f"{s.i_over_sigma_summed:.1f}",
            f"{s.i_over_sigma_fitted:.1f}",
            f"{s.correlation:.2f}",
            f"{s.background:.2f}",
        ]
        for s in shells
    ]
    headers = ["d (Å)", "summed", "fitted", "I/sigma sum", "I/sigma prf", "correlation", "background"]
    return text_table(title, headers, rows)
