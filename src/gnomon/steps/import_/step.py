"""Import: image headers to experiments. No pixel is copied; only the first image of each sweep is read whole."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.io.images.frame import Frame
from gnomon.io.images.masks import read_mask
from gnomon.io.images.registry import ImageFormat, UnknownFormat, format_of, looks_like_image
from gnomon.io.images.templates import ImageFiles, files_of_words, group_files
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.goniometer import AnyGoniometer, Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.sharing import Shared, same_beam, same_detector, same_goniometer
from gnomon.step import InputError, Progress, Result
from gnomon.steps.import_.overrides import absorbing, corrected_beam, corrected_detector, corrected_goniometer
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.reference import reference_beam, reference_detector, reference_goniometer
from gnomon.steps.import_.summary import summary_of
from gnomon.steps.import_.sweeps import Sweep, scan_of, split_into_sweeps

Source = tuple[ImageFiles, ImageFormat]


def import_images(
    paths: Sequence[str],
    params: ImportParams,
    *,
    reference: Experiments | None = None,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """An experiment a sweep, without crystal; models that agree are the same object; stats for the report.

    paths: files, patterns, templates with #, folders. reference: experiments whose geometry overrules the headers'.
    Raises InputError where there are no images, or headers lack what the geometry needs, or the first image of a
    sweep is damaged. Parkhurst et al. (2014), J. Appl. Cryst. 47, 1459.
    """
    sources, left_out = _sources([*paths, *params.template, *params.directory])
    if params.image_range is not None:
        sources = [(files.within(params.image_range), image_format) for files, image_format in sources]
    sweeps, lines = _sweeps(sources, workers, progress)
    _verify(sweeps, workers)
    experiments = _experiments(sweeps, params, reference)
    warnings = [*(f"{name} is no image of a kind that gnomon reads: left out" for name in left_out), *lines]
    formats = Counter(frame.format for sweep in sweeps for frame in sweep.frames)
    return Result(experiments, Reflections(), summary_of(experiments, dict(formats), warnings))


def _sources(words: Sequence[str]) -> tuple[list[Source], list[str]]:
    """Files by template with their format, and the names of files that are no images."""
    if not words:
        raise InputError("import needs images; give files, a folder, or a template with # for the digits")
    sources: list[Source] = []
    left_out: list[str] = []
    unknown: UnknownFormat | None = None
    for files in group_files(files_of_words(words)):
        first = files.path(files.numbers[0])
        try:
            sources.append((files, format_of(first)))
        except UnknownFormat as error:
            if looks_like_image(first):
                raise
            unknown = unknown or error
            left_out += [os.path.basename(files.path(n)) for n in files.numbers]
    if unknown and not sources:
        raise unknown
    return sources, left_out


def _sweeps(sources: list[Source], workers: Workers, progress: Progress | None) -> tuple[list[Sweep], list[str]]:
    tasks = [(image_format, files.path(number)) for files, image_format in sources for number in files.numbers]
    frames: list[Frame] = []
    for frame in workers.map(lambda task: task[0].read_frame(task[1]), tasks):
        frames.append(frame)
        if progress:
            progress("reading headers", len(frames), len(tasks))
    sweeps, lines = [], []
    for files, _ in sources:
        count = len(files.numbers)
        found, why = split_into_sweeps(files, frames[:count])
        frames = frames[count:]
        sweeps += found
        lines += why
    return sweeps, lines


def _verify(sweeps: list[Sweep], workers: Workers) -> None:
    """InputError where the first image of a sweep is cut short or fails its checksum."""
    for _ in workers.map(lambda path: format_of(path).verify(path), [sweep.frames[0].path for sweep in sweeps]):
        pass


def _experiments(sweeps: list[Sweep], params: ImportParams, reference: Experiments | None) -> Experiments:
    beams, detectors, goniometers = Shared(same_beam), Shared(same_detector), Shared(same_goniometer)
    items = []
    for sweep in sweeps:
        beam, detector, goniometer = _models(sweep.frames[0], params, reference)
        images = _images(sweep.template, params.mask, detector)
        models = Experiment(beam=beams.one(beam), detector=detectors.one(detector), images=images)
        scan = scan_of(sweep, params.oscillation)
        if scan.is_still:
            items += [_still(models, images, number) for number in range(sweep.first, sweep.last + 1)]
            continue
        goniometer = goniometers.one(goniometer or Goniometer())
        identifier = identifier_for(sweep.template, *scan.image_range)
        items.append(models.replace(goniometer=goniometer, scan=scan, identifier=identifier))
    return Experiments.of(items)


def _still(models: Experiment, images: ImageSet, number: int) -> Experiment:
    """One image on which the crystal does not turn: neither goniometer nor scan, whatever follows it."""
    one = replace(images, kind="ImageSet", template=None, paths=(images.path_of(number),))
    return models.replace(images=one, identifier=identifier_for(images.template, number, number))


def _models(
    frame: Frame, params: ImportParams, reference: Experiments | None
) -> tuple[Beam, Detector, AnyGoniometer | None]:
    """The models of the header, overruled by those of the reference, corrected by the parameters."""
    beam, detector, goniometer = frame.beam, frame.detector, frame.goniometer
    mu_wavelength = beam.wavelength
    if reference:
        if params.use_detector_reference:
            detector, mu_wavelength = reference_detector(reference, detector), reference[0].beam.wavelength
        beam = reference_beam(reference) if params.use_beam_reference else beam
        goniometer = reference_goniometer(reference, goniometer) if params.use_gonio_reference else goniometer
    beam = corrected_beam(beam, params)
    detector = corrected_detector(detector, beam, params)
    if beam.wavelength != mu_wavelength:
        detector = absorbing(detector, beam.wavelength)
    return beam, detector, corrected_goniometer(goniometer, params)


def _images(template: str, mask: str | None, detector: Detector) -> ImageSet:
    params: dict[str, Any] = {"dynamic_shadowing": "Auto", "multi_panel": False}
    if mask is not None:
        read_mask(mask, detector)
        mask = os.path.abspath(mask)
    return ImageSet(template=template, mask=mask, params=params)
