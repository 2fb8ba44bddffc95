"""What another package may add to gnomon, one of each kind; test_plugins.py runs it."""

from dataclasses import dataclass, replace

import numpy as np

from gnomon.io.atomic import write_whole
from gnomon.io.exported import Exported
from gnomon.io.images.cbf_formats import CBF_FORMATS
from gnomon.kernels.gather import COUNTS
from gnomon.step import Result
from gnomon.summary import Summary, figure

MINI = next(form for form in CBF_FORMATS if "miniCBF" in form.name)


class Tiny:
    """The miniCBF files of one beamline, whose wavelength is always told 1 % too small."""

    name, suffixes = "tiny beamline", MINI.suffixes
    verify, open = MINI.verify, MINI.open

    def understands(self, path, head):
        return MINI.understands(path, head) and b"tiny beamline" in head

    def read_frame(self, path):
        frame = MINI.read_frame(path)
        beam = replace(frame.beam, wavelength=frame.beam.wavelength * 1.01)
        return replace(frame, beam=beam, format=self.name)


class Brightest:
    """Strong is what counts more than 200, two images at a time."""

    batch = 2

    def __call__(self, images, use, experiment, panel):
        assert images.ndim == 3
        assert len(images) <= self.batch
        return images > 200


class LevelBackground:
    """Two photons a pixel under every reflection, known exactly."""

    def __init__(self, tuning, least):
        self.least = least

    def estimate(self, boxes, panels, surroundings, which, counts, background):
        background[which] = (2.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        counts[which, COUNTS.index("background_used")] = self.least


class SumsAsFits:
    """The sum over the foreground is the fit, as if nothing were known of the profile."""

    def __init__(self, given):
        self.given = given

    def fit(self, complete, workers):
        sums, fitted = self.given.sums, self.given.out.fitted
        fitted[complete, :2] = sums.total[complete, :2]
        fitted[complete, 2:] = (1.0, 0.0, 1.0, 1.0, 0.0)
        fitted[complete, 6] = sums.count("foreground")[complete]
        yield complete


class Table:
    """Indices and intensities as text."""

    ending, wants_merged = ".txt", True

    def write(self, path, unmerged, merged, quality):
        lines = ["{} {} {}".format(*hkl) for hkl in unmerged.hkl]
        write_whole(path, "\n".join(lines) + "\n")
        return Exported([path], [f"{len(lines)} observations, of which {len(merged)} are unique"])


@dataclass(frozen=True)
class HalveSummary(Summary):
    """What was kept."""

    kept: int = figure("reflections kept")
    share: float = figure("share of all", unit="%")


def halve(experiments, reflections, params):
    keep = np.arange(len(reflections)) < params.part * len(reflections)
    return Result(experiments, reflections.select(keep), HalveSummary(kept=int(keep.sum()), share=100 * params.part))


TINY, BRIGHTEST, TABLE = Tiny(), Brightest(), Table()
