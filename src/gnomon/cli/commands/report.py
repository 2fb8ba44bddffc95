"""``gnomon report``: a page of any data, at any stage, and of what was told of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED, Command, NoParams
from gnomon.errors import InputError
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiments
    from gnomon.models.merged import MergedData
    from gnomon.models.reflections import Reflections
    from gnomon.report.html.blocks import Section


@dataclass
class Given:
    """What the files hold: data, merged data by file, and what steps told, by their names."""

    experiments: Experiments
    reflections: Reflections
    merged: dict[str, MergedData] = field(default_factory=dict)
    summaries: dict[str, Any] = field(default_factory=dict)


def run(session: Session[NoParams]) -> None:
    """Write the page of everything that is given."""
    from gnomon.report.html.steps import merged_sections, sections_of

    if not session.words:
        raise InputError("report needs files; give .expt, .refl, .mtz or gnomon.<command>.json, in any mix")
    given = _given(session)
    for name in given.summaries:
        session.say(f"what {name} told")
    for name, merged in given.merged.items():
        session.say(f"{name}: {len(merged)} merged reflections")
    if len(given.experiments) or len(given.reflections):
        session.say(f"{len(given.experiments)} experiments, {len(given.reflections)} reflections")
        _tell_of_scaled(session, given)

    def sections() -> list[Section]:
        own = [s for name, merged in given.merged.items() for s in merged_sections(merged, name)]
        return [*sections_of(given.experiments, given.reflections, given.summaries), *own]

    session.write_page(sections)


def _tell_of_scaled(session: Session, given: Given) -> None:
    """What merging and radiation damage tell of scaled data, where no record tells it."""
    if "inverse_scale_factor" not in given.reflections or not len(given.experiments):
        return
    for name in ("damage_analysis", "merge"):
        if name in given.summaries:
            continue
        try:
            result = STEPS[name](given.experiments, given.reflections, context=session.context)
        except InputError as error:  # the page has everything else
            session.say(f"without {name}: {error}")
        else:
            given.summaries[name] = result.summary


def _given(session: Session) -> Given:
    """Everything in the files. Raises InputError where one cannot be read, or tells of nothing."""
    from gnomon.io.merged_mtz import read_merged
    from gnomon.io.unmerged import is_merged_mtz
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.process.told import record_in, told_in

    records = [word for word in session.files(".json") if record_in(word) is not None]
    merged = [word for word in session.files(".mtz") if is_merged_mtz(word)]
    data = replace(session, words=[word for word in session.words if word not in (*records, *merged)])
    experiments = data.experiments() if data.files(*EXPERIMENTS) or data.unmerged else Experiments()
    has_refl = data.files(*REFLECTIONS) or data.unmerged
    reflections = data.reflections(experiments if len(experiments) else None) if has_refl else Reflections()
    found = Given(experiments, reflections, {os.path.basename(path): read_merged(path) for path in merged})
    for path in records:
        found.summaries.update(told_in(path))
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
