"""data-flow.md: which step makes what another needs, from the declarations of the steps."""

from __future__ import annotations

from collections.abc import Iterator

from gnomon.pipeline import STAGES, STEPS, Stage

HEAD = """# The flow of data

Written by generate.py from what each step declares in its folder.

Arrows are files under the names that they have where nobody gives another. Boxes with corners are the chain, in its
order from the left; round ones are tools. What ends in no arrow is for other programs or for people.
"""


def data_flow_page() -> str:
    """The figure, as Mermaid text, and the table behind it."""
    figure = ["```mermaid", "flowchart LR", "  images[(images)]"]
    figure += [f"  {stage.folder}{_box(stage)}" for stage in STEPS.values()]
    figure += [f"  {start} -- {what} --> {end}" for start, what, end in _arrows()]
    rows = [
        f"| `{s.name}` | {_words(s.needs)} | {_words(s.takes)} | {_columns(s.columns)} | {_columns(s.makes)} | "
        f"{_columns(s.changes)} | "
        f"{_columns(tuple(path for _, path in s.writes if path))} |"
        for s in STEPS.values()
    ]
    head = ["| step | needs | takes where given | columns it must find | columns it makes | and changes | files |"]
    return "\n".join([HEAD, *figure, "```", "", *head, "|---|---|---|---|---|---|---|", *rows, ""])


def _box(stage: Stage) -> str:
    return f"[{stage.name}]" if stage.name in STAGES else f"([{stage.name}])"


def _arrows() -> Iterator[tuple[str, str, str]]:
    """(from, file names, to), as the examples of each step name the files that another writes."""
    for stage in STEPS.values():
        if "images" in stage.needs or "paths" in stage.needs:
            yield "images", "pixels" if "images" in stage.needs else "headers", stage.folder
        typed = [line.split()[2:] for line in stage.example if line.split()[1] == stage.name]
        words = {word.split("/")[-1] for line in typed for word in line}
        for maker in STEPS.values():
            files = [path for _, path in maker.writes if path in words]
            if files and maker is not stage:
                yield maker.folder, ", ".join(files), stage.folder


def _words(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
