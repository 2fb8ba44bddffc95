"""The kinds of CBF file: Pilatus and Eiger with a DECTRIS miniCBF header, and full imgCIF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gnomon.io.images.buffers import Buffers
from gnomon.io.images.cbf import Cbf, check_md5, decode, read_cbf, read_cbf_header, sections, size_of, stacked, whole
from gnomon.io.images.cbf_mini import frame_of_mini
from gnomon.io.images.compressed import CHECKED, load, unpacked
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import cut_into_panels
from gnomon.models.imageset import ImageSet


@dataclass(frozen=True)
class CbfFormat:
    """One image a file; header text read by ``to_frame`` where ``accepts`` it."""

    name: str
    accepts: Callable[[str], bool]
    to_frame: Callable[[Cbf], Frame]
    suffixes: tuple[str, ...] = (".cbf",)

    def understands(self, path: str, head: bytes) -> bool:
        """Whether the file begins as a CBF and its header is of this kind."""
        return head.startswith(b"###CBF") and self.accepts(head.decode("latin-1"))

    def read_frame(self, path: str) -> Frame:
        """The models that the header of ``path`` describes."""
        return self.to_frame(read_cbf_header(path))

    def verify(self, path: str) -> None:
        """Check the pixels; raises InputError where the file is short or its pixels do not match its checksum."""
        for section in sections(read_cbf(path)):
            check_md5(section)

    def open(self, images: ImageSet, first: str) -> CbfReader:
        """A reader of ``images``."""
        return CbfReader(images, self.read_frame(first))


class CbfReader:
    """Reads one file an image. No state but the layout of the panels, hence safe in threads."""

    def __init__(self, images: ImageSet, frame: Frame) -> None:
        self._images = images
        self._panels = frame.detector.panels

    def read(self, number: int) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel of image ``number``. Raises InputError that names the file."""
        return self.unpack(self.fetch(number), Buffers())

    def fetch(self, number: int) -> tuple[str, bytes]:
        """The path and the content of the file of image ``number``. Raises InputError that names it."""
        path = self._images.path_of(number)
        return path, load(path)

    def unpack(self, packed: tuple[str, bytes], buffers: Buffers) -> tuple[np.ndarray, ...]:
        """A (slow, fast) int32 array a panel, in ``buffers``. Raises InputError that names the file."""
        path, content = packed
        parts = sections(whole(path, unpacked(path, content, size_of(path))))
        if not path.endswith(CHECKED):  # these carry their own checksum, tested when unpacked
            for part in parts:
                check_md5(part)
        if len(parts) == 1:
            return cut_into_panels(path, decode(parts[0], buffers), self._panels)
        return cut_into_panels(path, stacked(path, [decode(part) for part in parts]), self._panels)


def _is_full(head: str) -> bool:
    return any(tag in head for tag in ("_axis.id", "_array_structure_list.", "_diffrn_detector"))


def _is_mini(head: str) -> bool:
    return "_array_data.header_contents" in head and "# Detector" in head and not _is_full(head)


def _frame_of_full(cbf: Cbf) -> Frame:
    from gnomon.io.images.imgcif import frame_of_full  # gemmi: only where a header needs it

    return frame_of_full(cbf)


CBF_FORMATS = (
    CbfFormat("CBF with imgCIF header", _is_full, _frame_of_full),
    CbfFormat("Pilatus/Eiger miniCBF", _is_mini, frame_of_mini),
)
"""Full headers may hold the comment lines of a miniCBF header too."""
