"""``gnomon show`` beside ``dials.show`` of the same files: the lines that scripts look for are the same."""

from __future__ import annotations

import re
import subprocess

import pytest

from gnomon.io.expt import read_experiments
from gnomon.report.show import describe_experiments

FILES = {
    "quartz": "quartz_processed/scaled.expt",
    "L-cysteine": "l_cysteine_dials_output/indexed.expt",
    "insulin": "insulin_processed/integrated.expt",
    "narrow wedge": "l_cysteine_narrow_wedge/11_integrated.expt",
}
LABELS = (
    "Image template", "name", "type", "identifier", "pixel_size", "image_size", "trusted_range", "thickness",
    "material", "gain", "pedestal", "fast_axis", "slow_axis", "origin", "distance", "pixel to millimeter strategy",
    "Max resolution (at corners)", "Max resolution (inscribed)", "wavelength", "sample to source direction",
    "polarization normal", "polarization fraction", "mm", "px", "number of images", "image range", "oscillation",
    "exposure time", "Rotation axis", "Fixed rotation", "Setting rotation", "Unit cell", "Space group", "U matrix",
    "B matrix", "A = UB", "delta_b (sigma_b)", "delta_m (sigma_m)",
)  # fmt: skip
DEPTH_IN_SENSOR = {"px": 0.5, "Max resolution (inscribed)": 0.05, "Max resolution (at corners)": 0.005}
"""How far numbers may differ that depend on how deep photons stop (docs/decisions/2026-11-22-parallax.md): px, Å, Å."""
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")


def first_of_each(text: str) -> dict[str, str]:
    """By label what stands behind it where it stands first; the label with the blanks before it."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        label, colon, value = line.partition(":")
        if colon and label.strip() in LABELS:
            found.setdefault(label.rstrip(), value.strip())
    return found


def alike(one: str, other: str, within: float) -> bool:
    """Whether texts are the same but for numbers, and these as near as their last figures, or as ``within``."""
    numbers = [list(map(float, NUMBER.findall(text))) for text in (one, other)]
    words = [re.sub(r"\s+", "", NUMBER.sub("#", text)) for text in (one, other)]
    return words[0] == words[1] and numbers[0] == pytest.approx(numbers[1], abs=max(within, 2e-5), rel=2e-5)


@pytest.mark.interop
@pytest.mark.parametrize("name", FILES)
def test_the_lines_that_scripts_look_for(name, shared, tmp_path):
    path = shared / "dials_files" / FILES[name]
    done = subprocess.run(["dials.show", str(path)], cwd=tmp_path, capture_output=True, text=True, check=True)
    theirs = first_of_each(done.stdout[done.stdout.index("Experiment 0:") :])
    ours = first_of_each(describe_experiments(read_experiments(path)))
    assert {"    Unit cell", "    Space group", "    wavelength"} <= theirs.keys()
    assert theirs.keys() - ours.keys() == set()
    different = {
        label: (value, ours[label])
        for label, value in theirs.items()
        if not alike(value, ours[label], DEPTH_IN_SENSOR.get(label.strip(), 0.0))
    }
    assert different == {}
