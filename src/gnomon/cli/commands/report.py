"""``gnomon report``: a page of any data, at any stage, and of what was told of them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED, Command, NoParams
from gnomon.errors import InputError
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiments
    from gnomon.models.merged import MergedData
    from gnomon.models.reflections import Reflections


@dataclass
class Given:
    """What the files hold: data, merged data, and what steps told, by their names."""

    experiments: Experiments
    reflections: Reflections
    merged: list[tuple[str, MergedData]] = field(default_factory=list)
    summaries: dict[str, Any] = field(default_factory=dict)


def run(session: Session[NoParams]) -> None:
    """Write the page of everything that is given."""
    if not session.words:
        raise InputError("report needs files; give .expt, .refl, .mtz or gnomon.<command>.json, in any mix")
    given = _given(session)
    for name in given.summaries:
        session.say(f"what {name} told")
    session.say(f"{len(given.experiments)} experiments, {len(given.reflections)} reflections")

    def sections() -> list[Any]:
        from gnomon.report.html.steps import sections_of

        return sections_of(given.experiments, given.reflections, given.summaries)

    session.write_page(sections)


def _given(session: Session) -> Given:
    """Everything in the files. Raises InputError where one cannot be read, or tells of nothing."""
    from dataclasses import replace

    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections

    records = [word for word in session.files(".json") if _record(word) is not None]
    data = replace(session, words=[word for word in session.words if word not in records])
    experiments = data.experiments() if data.files(*EXPERIMENTS) or data.unmerged else Experiments()
    has_refl = data.files(*REFLECTIONS) or data.unmerged
    reflections = data.reflections(experiments if len(experiments) else None) if has_refl else Reflections()
    found = Given(experiments, reflections)
    for path in records:
        found.summaries.update(told_in(path))
    return found


def _record(path: str) -> Mapping[str, Any] | None:
    """The record of a run; None of a file that is none, which may be experiments."""
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and "steps" in content and "command" in content else None


def told_in(path: str) -> dict[str, Any]:
    """What each step of a recorded run told, by name; of one that ran several times, for all data or the last time.

    Raises InputError where another version of gnomon wrote it.
    """
    from gnomon.io.summary_json import from_json

    found: dict[str, Any] = {}
    for step in (_record(path) or {})["steps"]:
        name = step["step"]
        if step["summary"] is None or name not in STEPS:
            continue
        key = f"{step['part']} {name}".strip()
        try:
            found[key] = from_json(STEPS[name].summary_class, step["summary"])
        except (ValueError, KeyError, TypeError) as error:
            told = f"what {name} told is of another version of gnomon ({error})"
            raise InputError(f"{os.path.basename(path)}: {told}; run {name} again") from None
    return found


COMMAND = Command(
    name="report",
    summary="a page of plots and tables of any data, at any stage",
    params=lambda: NoParams,
    run=run,
    reads=(*EXPERIMENTS, *REFLECTIONS, *UNMERGED),
    outputs=(("html", "gnomon.report.html"),),
    usage="gnomon report FILES... [output.html=report.html]",
    example="gnomon report scaled.expt scaled.refl\ngnomon report imported.expt strong.refl\n"
    "gnomon report gnomon.process.json\ngnomon report scaled.mtz",
)
