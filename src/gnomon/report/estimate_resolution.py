"""How far the data reach, by each figure of merit asked for."""

from __future__ import annotations

from gnomon.report.table import text_table
from gnomon.steps.estimate_resolution.summary import EstimateResolutionSummary, ResolutionLimit

_NAMES = {
    "cc_half": "CC1/2",
    "isigma": "unmerged <I/sigma>",
    "misigma": "merged <I/sigma>",
    "completeness": "completeness",
    "rmerge": "Rmerge",
}


_UNKNOWN = {"cc_half": "not known: too few reflections measured twice"}
_NOT_REACHED = {
    "end": "{end:.2f} (end of the data)",
    "nowhere": "no shell is that good",
    "unknown": "not known: too few shells",
}


def limit_rows(summary: EstimateResolutionSummary) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings, and a row for each limit that was asked for."""
    return ("figure", "limit", "d / Å"), [
        (_NAMES[name], f"{found.asked:g}", _where(name, found, summary.data_d_min))
        for name, found in summary.limits.items()
    ]


def _where(name: str, found: ResolutionLimit, end: float) -> str:
    """Where a limit is reached, or why it is not."""
    if found.d is not None:
        return f"{found.d:.2f}"
    text = _UNKNOWN.get(name, "") if found.why == "unknown" else ""
    return (text or _NOT_REACHED[found.why]).format(end=end)


def advice(summary: EstimateResolutionSummary) -> str:
    """The resolution to use; none where no figure could be judged, or none is good enough anywhere."""
    reasons = {found.why for found in summary.limits.values()}
    if reasons <= {"unknown"} and reasons:
        return (
            f"No limit can be told: the data end at {summary.data_d_min:.2f} Å, and nothing says how far they are good"
        )
    if "nowhere" in reasons:
        return "No resolution meets all limits: look at the data, or lower the limit that no shell meets"
    return f"Use d_min={summary.d_min:.2f}"


def describe(summary: EstimateResolutionSummary) -> str:
    """The resolution by each limit, and the one to use."""
    return f"{text_table('Resolution limits', *limit_rows(summary))}\n\n{advice(summary)}"
