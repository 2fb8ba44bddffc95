"""The header of XDS' reflection files: keys and values, and the instrument they describe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import hall_symbol
from gnomon.maths.geometry.recovered_geometry import laboratory_turn
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import PARALLAX, SIMPLE, Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet, images_named
from gnomon.models.scan import Scan

_KEY = re.compile(r"([A-Z][A-Z0-9_'().\-/]*)=")
_SET = re.compile(r"!\s*ISET=\s*(\d+)\s+(.*)")

Header = Mapping[str, str]
"""Key: the text behind its sign of equality."""


def read_header(lines: Iterable[str]) -> tuple[dict[str, str], dict[int, dict[str, str]]]:
    """The keys of the file, and those of each of its data sets (``! ISET= 1 INPUT_FILE=...``)."""
    whole: dict[str, str] = {}
    sets: dict[int, dict[str, str]] = {}
    for line in lines:
        of_set = _SET.match(line)
        if of_set:
            sets.setdefault(int(of_set[1]), {}).update(_keys(of_set[2]))
        else:
            whole.update(_keys(line[1:]))
    return whole, sets


def _keys(text: str) -> dict[str, str]:
    found = list(_KEY.finditer(text))
    ends = [m.start() for m in found[1:]] + [len(text)]
    return {m[1]: text[m.end() : end].strip() for m, end in zip(found, ends)}


def numbers(header: Header, key: str, count: int) -> np.ndarray | None:
    """(count,) the numbers of a key; None where it is not there.

    Raises InputError where they are no numbers.
    """
    if key not in header:
        return None
    try:
        values = np.array([float(word) for word in header[key].split()[:count]])
    except ValueError:
        values = np.empty(0)
    if len(values) < count or not np.isfinite(values).all():
        raise InputError(f"{key}={header[key]!r} cannot be read: {count} numbers are needed; the file is damaged")
    return values


def _number(header: Header, key: str, default: float) -> float:
    found = numbers(header, key, 1)
    return default if found is None else float(found[0])


def needed(header: Header, key: str, count: int) -> np.ndarray:
    """(count,) the numbers of a key that must be there. Raises InputError where it is not."""
    found = numbers(header, key, count)
    if found is None:
        raise InputError(f"the header has no {key}=; give a file as XDS writes it")
    return found


def group_of(header: Header) -> gemmi.SpaceGroup:
    """The space group of its number. Raises InputError where there is none."""
    number = int(needed(header, "SPACE_GROUP_NUMBER", 1)[0])
    group = gemmi.find_spacegroup_by_number(number)
    if group is None:
        raise InputError(f"SPACE_GROUP_NUMBER={number} is none; the file is damaged")
    return group


def experiment_of(header: Header, z: np.ndarray, path: str) -> tuple[Experiment, bool]:
    """The experiment in our laboratory frame, and whether the crystal's orientation is known.

    z: (N,) centroids in images, from which the scan is taken where the header does not tell DATA_RANGE.
    """
    wavelength = float(needed(header, "X-RAY_WAVELENGTH", 1)[0])
    if not 0 < wavelength < 100:
        raise InputError(f"X-RAY_WAVELENGTH={wavelength:g} is none; the file is damaged")
    s0 = numbers(header, "INCIDENT_BEAM_DIRECTION", 3)
    axis = numbers(header, "ROTATION_AXIS", 3)
    s0 = np.array([0.0, 0, 1]) if s0 is None or not s0.any() else s0
    s0 = s0 / np.linalg.norm(s0) / wavelength
    axis = np.array([1.0, 0, 0]) if axis is None or not axis.any() else axis / np.linalg.norm(axis)
    turn = laboratory_turn(axis, s0)
    A, oriented = _setting(header)
    normal = numbers(header, "POLARIZATION_PLANE_NORMAL", 3)
    beam = Beam(
        wavelength=wavelength,
        polarization_fraction=_number(header, "FRACTION_OF_POLARIZATION", 0.99),
        polarization_normal=turn @ (np.array([0.0, 1, 0]) if normal is None or not normal.any() else normal),
    )
    experiment = Experiment(
        beam=beam.with_s0(turn @ s0),
        detector=_detector(header, turn),
        goniometer=Goniometer(turn @ axis),
        scan=_scan(header, z),
        crystal=Crystal(turn @ A, hall_symbol(group_of(header))),
        images=_images(header, path),
    )
    return experiment, oriented


def _images(header: Header, path: str) -> ImageSet:
    """The template of the images where the file tells it, else its own name."""
    template = header.get("NAME_TEMPLATE_OF_DATA_FRAMES", "").split(" ")[0]
    return ImageSet(template=template.replace("?", "#")) if "?" in template else images_named(path)


def _setting(header: Header) -> tuple[np.ndarray, bool]:
    """A (3, 3) at phi = 0 in the file's frame; of a cell that lies anyhow where the header has no axes."""
    cell = needed(header, "UNIT_CELL_CONSTANTS", 6)
    if (cell <= 0).any() or not abs(np.linalg.det(_quiet_b_matrix(cell))) > 1e-12:
        raise InputError(f"UNIT_CELL_CONSTANTS={header['UNIT_CELL_CONSTANTS']} is no cell; the file is damaged")
    B = b_matrix(cell)
    vectors = [v for name in "ABC" if (v := numbers(header, f"UNIT_CELL_{name}-AXIS", 3)) is not None]
    if len(vectors) < 3 or not np.linalg.det(np.array(vectors)) > 1:
        return B, False
    u, _, v = np.linalg.svd(np.linalg.inv(np.array(vectors)) @ np.linalg.inv(B))
    return u @ v @ B, True


def _quiet_b_matrix(cell: np.ndarray) -> np.ndarray:
    """B of what may be no cell: zeros then."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(b_matrix(cell), nan=0.0, posinf=0.0, neginf=0.0)


def _scan(header: Header, z: np.ndarray) -> Scan:
    """The images that the data come from; STARTING_ANGLE is that of STARTING_FRAME."""
    given = numbers(header, "DATA_RANGE", 2)
    first, last = int(np.floor(z.min())) + 1, max(int(np.ceil(z.max())), int(np.floor(z.min())) + 1)
    if given is not None:
        first, last = min(first, int(given[0])), max(last, int(given[1]))
    width = _number(header, "OSCILLATION_RANGE", 0.0)
    start = _number(header, "STARTING_ANGLE", 0.0) + width * (first - _number(header, "STARTING_FRAME", first))
    return Scan((first, last), (start, width))


def _detector(header: Header, turn: np.ndarray) -> Detector:
    """One panel. A whole number is the centre of a pixel in XDS, its edge here."""
    fast = numbers(header, "DIRECTION_OF_DETECTOR_X-AXIS", 3)
    slow = numbers(header, "DIRECTION_OF_DETECTOR_Y-AXIS", 3)
    fast = np.array([1.0, 0, 0]) if fast is None else fast / np.linalg.norm(fast)
    slow = np.array([0.0, 1, 0]) if slow is None else slow / np.linalg.norm(slow)
    size = _number(header, "NX", 2000), _number(header, "NY", 2000)
    qx, qy = _number(header, "QX", 0.1), _number(header, "QY", 0.1)
    x = _number(header, "ORGX", size[0] / 2) - 0.5
    y = _number(header, "ORGY", size[1] / 2) - 0.5
    distance = _number(header, "DETECTOR_DISTANCE", 100.0)
    origin = distance * np.cross(fast, slow) - x * qx * fast - y * qy * slow
    mu, thickness = _number(header, "SILICON", 0.0), _number(header, "SENSOR_THICKNESS", 0.0)
    strategy = PARALLAX if mu > 0 and thickness > 0 else SIMPLE
    panel = Panel(
        turn @ fast, turn @ slow, turn @ origin, (int(size[0]), int(size[1])), (qx, qy),
        mu=max(mu, 0.0), thickness=max(thickness, 0.0), px_mm_strategy=strategy,
    )  # fmt: skip
    return Detector((panel,))
