"""Mar345, Bruker and MRC images as dials.import 3.12.1 has them; where not, why.

| image | geometry | pixels | on purpose |
|---|---|---|---|
| Mar345 | 1e-6 | equal; those above 65535 lie one pixel further on there | the manufacturer's and fabio's tables count pixels from 1, dials.import as from 0 |
| Bruker PHOTON, scan about phi | 1e-6 | equal; those below the baseline are higher by it there | the table of low pixels holds counts, as fabio has it; dials.import adds the baseline to them |
| Bruker PHOTON, scan about omega | 1e-6 | equal | starts 180 degrees before: dials.import takes omega - 180 for phi scans (above), but omega here, so two scans of a crystal would not fit together |
| MRC, FEI2 | 1e-6, and the wavelength to 1.3e-4 | equal | the wavelength of electrons by CODATA; dials.import has 0.0250824 for 200 kV, Int. Tables C 0.0250793 |

dials.import 3.12.1 reads no TIFF without a manufacturer's header and no Rigaku Oxford Diffraction image; it stops at our
R-AXIS header with a ValueError, and never ends on a Bruker CCD frame of other than its usual sizes.
"""  # noqa: E501

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from dxtbx_models import models_of_dxtbx
from vendor_files import bruker, mar345, mrc, strong_counts

from gnomon.io.images.registry import open_images
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

pytestmark = pytest.mark.interop

ABOVE = strong_counts() + 33
"""Counts above the baseline."""

FILES = {
    "a_001.mar345": lambda: mar345(strong_counts((64, 64), most=30_000)),
    "omega_001.sfrm": lambda: bruker(ABOVE),
    "phi_001.sfrm": lambda: bruker(ABOVE, AXIS="3", START="20.0"),
    "swung_001.sfrm": lambda: bruker(ABOVE, AXIS="3", START="20.0", ANGLES="-35 12 20 54.7"),
    "a_001.mrc": lambda: mrc(strong_counts(most=30_000).astype(np.int16)),
}


@pytest.fixture(scope="module")
def both(dials, tmp_path_factory):
    """By name: our experiment, dxtbx's, and its checksums."""
    folder = tmp_path_factory.mktemp("vendors")
    paths = [folder / name for name in FILES]
    for path, make in zip(paths, FILES.values()):
        path.write_bytes(make())
    theirs = models_of_dxtbx(dials, folder, paths)
    ours = [import_images([str(path)], ImportParams()).experiments[0] for path in paths]
    return {name: (one, *other) for name, one, other in zip(FILES, ours, theirs)}


@pytest.mark.parametrize("name", FILES)
def test_geometry_is_that_of_dials(both, name):
    found, theirs, _ = both[name]
    electrons = name.endswith(".mrc")
    np.testing.assert_allclose(found.beam.s0, theirs.beam.s0, rtol=1.3e-4 if electrons else 1e-6, atol=1e-6)
    reach = found.detector.frames - theirs.detector.frames
    if electrons:  # the distance is worked out from the wavelength
        reach[:, 2, 2] = 1 / (found.detector.frames[:, 2, 2] * found.beam.wavelength)
        reach[:, 2, 2] -= 1 / (theirs.detector.frames[:, 2, 2] * theirs.beam.wavelength)
    np.testing.assert_allclose(reach, 0, atol=1e-6)
    for what in ("rotation_axis", "fixed_rotation", "setting_rotation"):
        mine, other = getattr(found.goniometer, what), getattr(theirs.goniometer, what)
        np.testing.assert_allclose(mine, other, atol=1e-6)
    shift = -180.0 if name.startswith("omega") else 0.0
    np.testing.assert_allclose(found.scan.oscillation, np.add(theirs.scan.oscillation, (shift, 0)), atol=1e-6)


@pytest.mark.parametrize("name", FILES)
def test_pixels_are_those_of_dxtbx(both, name):
    found, _, theirs = both[name]
    images = open_images(found.images).read(1)
    assert [hashlib.sha256(image.astype("<i4").tobytes()).hexdigest() for image in images] == theirs
