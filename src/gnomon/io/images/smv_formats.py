"""The kinds of SMV file: TimePix of Stockholm, Rigaku (d*TREK), ADSC and all that write as ADSC does."""

from __future__ import annotations

from collections.abc import Callable

from gnomon.io.images.entries import Entries
from gnomon.io.images.frame import Frame
from gnomon.io.images.single_file import SingleFileFormat
from gnomon.io.images.smv import is_smv, named_entries, read_smv_header, smv_pixels
from gnomon.io.images.smv_adsc import frame_of_adsc
from gnomon.io.images.smv_dtrek import frame_of_dtrek, is_dtrek
from gnomon.io.images.smv_timepix import frame_of_timepix, is_timepix


def _format(name: str, of_kind: Callable[[Entries], bool], to_frame: Callable[[Entries], Frame]) -> SingleFileFormat:
    def accepts(head: bytes) -> bool:
        return is_smv(head) and of_kind(named_entries(head))

    return SingleFileFormat(
        name=name,
        suffixes=(".img", ".smv"),
        accepts=accepts,
        to_frame=lambda path: to_frame(read_smv_header(path)),
        to_pixels=smv_pixels,
    )


SMV_FORMATS = (
    _format("TimePix SMV", is_timepix, frame_of_timepix),
    _format("Rigaku d*TREK SMV", is_dtrek, frame_of_dtrek),
    _format("ADSC SMV", lambda entries: True, frame_of_adsc),
)
"""Those told by an entry of their own first."""
