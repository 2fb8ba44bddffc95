"""The free set among the files that a command was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.models.free_set import FreeSet


def given_free_set(session: Session) -> FreeSet | None:
    """The free set of the merged MTZ file given; None where there was none. Raises InputError for more than one."""
    from gnomon.errors import InputError
    from gnomon.io.mtz import read_free_set
    from gnomon.io.unmerged import is_merged_mtz

    paths = [path for path in session.files(".mtz") if is_merged_mtz(path)]
    if len(paths) > 1:
        raise InputError(f"{len(paths)} merged MTZ files were given ({', '.join(paths)}); give one, for its free set")
    return read_free_set(paths[0]) if paths else None
