"""Bruker frames (.sfrm, .gfrm): lines of 80 characters ``KEY    :value``, pixels, tables of those that did not fit.

Bruker AXS, "Area detector frame format" (appendix of the SAINT and GADDS manuals). fabio merges the tables. The frame:
two-theta, omega and phi turn about the vertical, chi about the beam, as dials.import has PHOTON detectors; rows count
from the bottom.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.entries import Entries
from gnomon.io.images.frame import Frame
from gnomon.io.images.layout import as_counts
from gnomon.io.images.library import reading_with
from gnomon.io.images.single_file import SingleFileFormat
from gnomon.io.images.untold import DISTANCE, PIXEL_SIZE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import MultiAxisGoniometer, rotation_about

_NAMES = ("PHI", "CHI", "OMEGA")
_VECTORS = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
_SCANNED = {2: 2, 3: 0, 4: 1}
"""Place in ``_NAMES`` of what the header's AXIS counts: 2 omega, 3 phi, 4 chi."""


def is_bruker(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a frame of format 86 or 100."""
    return re.match(rb"FORMAT *: *(86|100) ", head) is not None and b"HDRBLKS:" in head


def _entries(path: str, head: bytes) -> Entries:
    if not is_bruker(head):
        raise InputError(f"{path}: does not begin as a Bruker frame of format 86 or 100; leave it out")
    lines = (head[at : at + 80].decode("latin-1") for at in range(0, len(head) - 79, 80))
    pairs = ((line[:7].strip(), line[8:].strip()) for line in lines if line[7] == ":")
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name, value)
    entries = Entries(path, values)
    size = 512 * entries.size("HDRBLKS", 1000)
    if len(head) < size:
        raise InputError(f"{path}: cut short, {len(head)} of {size} bytes of its header; copy the file again")
    return entries


def bruker_frame(path: str) -> Frame:
    """The models of the image. What the header does not tell is told so, for import to ask for."""
    telling = Telling()
    entries = _entries(path, read_head(path))
    two_theta, omega, phi, chi = entries.numbers("ANGLES", 4)
    angles = [phi, chi, omega - 180.0]
    number = int(entries.number("AXIS", 2.0))
    if number not in _SCANNED:
        raise InputError(
            f"{path}: the scan is about axis {number}, needed is 2, 3 or 4 (omega, phi, chi); leave it out"
        )
    scanned = _SCANNED[number]
    width = entries.number("INCREME", 0.0)
    start = entries.number("START", angles[scanned]) - (180.0 if scanned == 2 else 0.0)
    vectors = _VECTORS.copy()
    if width < 0:  # a scan always counts upwards here
        vectors[scanned], angles[scanned], start, width = -vectors[scanned], -angles[scanned], -start, -width
    return Frame(
        path=path,
        format="Bruker",
        beam=beam_of(telling.length(WAVELENGTH, entries.told("WAVELEN"))),
        detector=Detector((_panel(entries, two_theta, telling),)),
        goniometer=MultiAxisGoniometer(vectors, np.array(angles), _NAMES, scanned),
        oscillation=(start, width),
        exposure_time=entries.number("ELAPSDR", 0.0),
        epoch=_epoch(entries),
        untold=telling.untold,
        notes=telling.notes,
    )


def _panel(entries: Entries, two_theta: float, telling: Telling) -> Panel:
    """The panel on the two-theta arm, pixel ``CENTER`` on its axis."""
    ny, nx = entries.size("NROWS"), entries.size("NCOLS")
    size = telling.length(PIXEL_SIZE, _pixel_size(entries, ny))
    distance = telling.length(DISTANCE, _distance(entries))
    x, y = telling.centre(entries.numbers("CENTER", 2) if "CENTER" in entries else (), (nx, ny))
    arm = rotation_about(np.array([0.0, 1.0, 0.0]), np.deg2rad(two_theta))
    gain, full = _sensitivity(entries)
    return Panel(
        fast_axis=arm @ [1.0, 0.0, 0.0],
        slow_axis=arm @ [0.0, 1.0, 0.0],
        origin=arm @ [-x * size, -y * size, -distance],
        image_size=(nx, ny),
        pixel_size=(size, size),
        type="SENSOR_CCD",
        trusted_range=(-1.0, full),
        gain=gain,
    )


def _sensitivity(entries: Entries) -> tuple[float, float]:
    """Counts (ADU) a photon, and the highest count.

    CCDPARM tells the noise of reading in electrons, electrons an ADU, electrons a photon, bias and full scale in ADU.
    """
    told = [float(n) for n in re.findall(r"[-+.\deE]+", entries.text("CCDPARM", "")) if _is_number(n)]
    _, per_count, per_photon, _, full = (told + 5 * [0.0])[:5]
    gain = per_photon / per_count if per_count > 0 and per_photon > 0 else 1.0
    return gain, full if full > 0 else entries.number("MAXIMUM", 2.0**31 - 1)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?", text) is not None


def _detector_type(entries: Entries) -> tuple[str, list[float]]:
    name, *rest = entries.text("DETTYPE", "unknown").split()
    return name, [float(n) for n in rest if _is_number(n)]


def _pixel_size(entries: Entries, rows: int) -> float | None:
    """mm, or None. DETTYPE tells pixels per cm of a frame of 512 rows; PHOTON detectors always as of 1024."""
    name, numbers = _detector_type(entries)
    if not numbers or numbers[0] <= 0:
        return None
    return 10.0 / numbers[0] * (0.5 if "PHOTON" in name.upper() else 512.0 / rows)


def _distance(entries: Entries) -> float | None:
    """mm, or None: to the phosphor where told, else to the grid and on to the phosphor."""
    found = [float(n) for n in entries.text("DISTANC", "").split() if _is_number(n)]
    if not found or found[-1] <= 0:
        return None
    _, numbers = _detector_type(entries)
    return 10.0 * (found[1] if len(found) > 1 else found[0] + (numbers[1] if len(numbers) > 1 else 0.0))


def _epoch(entries: Entries) -> float:
    try:
        text = " ".join(entries.text("CREATED", "").split())
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def bruker_pixels(path: str) -> np.ndarray:
    """The pixels, (slow, fast) int32. Raises InputError where they are fewer than the header says."""
    from fabio.bruker100image import Bruker100Image  # only where there is such a file
    from fabio.brukerimage import BrukerImage

    data = read_bytes(path)
    entries = _entries(path, data[: 1 << 20])
    newer = entries.text("FORMAT") == "100"
    needed = _bytes_needed(entries, newer)
    if len(data) < needed:
        raise InputError(f"{path}: cut short, {len(data)} of {needed} bytes; copy the file again")
    with reading_with("fabio", path):
        pixels = (Bruker100Image() if newer else BrukerImage()).read(BytesIO(data)).data
        scale, offset = entries.numbers("LINEAR", 2) if newer and "LINEAR" in entries else (1.0, 0.0)
        return as_counts(pixels if (scale, offset) == (1.0, 0.0) else pixels * scale + offset)


def _bytes_needed(entries: Entries, newer: bool) -> int:
    """Of header, pixels and tables; the padding of the last table may be missing."""
    size = 512 * entries.size("HDRBLKS", 1000)
    widths = [int(n) for n in entries.numbers("NPIXELB", 2 if newer else 1)]
    if not set(widths) <= {1, 2, 4}:
        raise InputError(f"{entries.path}: pixels of {widths} bytes; needed are 1, 2 or 4, is the header damaged?")
    size += entries.size("NROWS") * entries.size("NCOLS") * widths[0]
    if not newer:
        return size + 16 * max(0, int(entries.number("NOVERFL", 0.0)))
    tables = zip(entries.numbers("NOVERFL", 3), (widths[1], 2, 4))
    last = 0
    for count, width in tables:
        used = max(0, int(count)) * width
        last = -used % 16
        size += used + last
    return size - last


BRUKER = SingleFileFormat("Bruker frame", (".sfrm", ".gfrm"), is_bruker, bruker_frame, bruker_pixels)
