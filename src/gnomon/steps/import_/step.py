"""Import: image headers to experiments. No pixel is copied; only the first image of each sweep is read whole."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import replace

from gnomon.distribute.workers import Workers
from gnomon.io.expt import check_sound, read_experiments
from gnomon.io.images.experiment_images import shadow_of
from gnomon.io.images.frame import Frame
from gnomon.io.images.masks import read_mask
from gnomon.io.images.registry import format_of
from gnomon.io.shadow_file import shadow_settings
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.sharing import Shared, same_beam, same_detector, same_goniometer
from gnomon.step import HERE, Context, Progress, Result
from gnomon.steps.import_.corrected import corrected_frames
from gnomon.steps.import_.doubts import doubts_about
from gnomon.steps.import_.given import answered, notes_on, overruled
from gnomon.steps.import_.order import as_numbered, disorder_told
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.signed import trusting_noise
from gnomon.steps.import_.sources import Source, sources_of
from gnomon.steps.import_.summary import ImportSummary, summary_of
from gnomon.steps.import_.sweeps import Sweep, scan_of, split_into_sweeps
from gnomon.steps.import_.turning import as_asked


def import_images(
    paths: Sequence[str],
    params: ImportParams,
    *,
    reference: Experiments | None = None,
    context: Context = HERE,
) -> Result[ImportSummary]:
    """An experiment a sweep, without crystal; models that agree are the same object.

    paths: files, patterns, templates with #, folders. reference: experiments whose geometry overrules the
    headers', as those of the parameter reference_geometry do.

    Raises InputError where there are no images, or headers lack what the geometry needs, or the first image of a
    sweep is damaged. Parkhurst et al. (2014), J. Appl. Cryst. 47, 1459.
    """
    if reference is None and params.reference_geometry is not None:
        reference = read_experiments(params.reference_geometry)
    sources, left_out = sources_of([*paths, *params.template, *params.directory])
    if params.image_range is not None:
        sources = [source.within(params.image_range) for source in sources]
    sweeps, lines = _sweeps(sources, params, reference, (context.workers, context.progress))
    _verify(sweeps, context.workers)
    experiments = _experiments(sweeps, params)
    if params.trusted_range is None:
        experiments, told = trusting_noise(experiments)
        lines += told
    warnings = [*(f"{name} is no image of a kind that gnomon reads: left out" for name in left_out), *lines]
    formats = Counter(frame.format for sweep in sweeps for frame in sweep.frames)
    changed = overruled(params, reference is not None)
    return Result(experiments, Reflections(), summary_of(experiments, dict(formats), warnings, changed))


def _sweeps(
    sources: list[Source], params: ImportParams, reference: Experiments | None, how: tuple[Workers, Progress | None]
) -> tuple[list[Sweep], list[str]]:
    """The sweeps, and what is to be said of them."""
    workers, progress = how
    told = answered(params, bool(reference))
    tasks = [(source, number) for source in sources for number in source.files.numbers]
    frames: list[Frame] = []
    for frame in workers.map(lambda task: task[0].frame(task[1]), tasks):
        frames.append(frame)
        if progress:
            progress("reading headers", len(frames), len(tasks))
    sweeps, lines, start = [], [], 0
    for source in sources:
        numbers = source.files.numbers
        read = corrected_frames(frames[start : start + len(numbers)], numbers, params, reference)
        here, choice = as_asked(list(read), numbers, params)
        here, turned = as_numbered(here, numbers, params.oscillation_tolerance)
        start += len(numbers)
        whole = source.files.template in map(os.path.abspath, params.template)
        found, why = split_into_sweeps(source.files, here, params.tolerances, whole=whole)
        sweeps += found
        disorder = disorder_told(here, why)
        why = [f"{source.files.name}: {disorder}"] if disorder else why
        said = [*filter(None, [choice, turned]), *(text for sweep in found for text in _said(sweep.frames[0], told))]
        lines += [*source.notes, *(f"{source.files.name}: {text}" for text in dict.fromkeys(said)), *why]
    return sweeps, lines


def _said(frame: Frame, told: Set[str]) -> list[str]:
    """What the user should know of the geometry of a frame, beyond what ``told`` settles."""
    return [*notes_on(frame, told), *doubts_about(frame.beam, frame.detector)]


def _verify(sweeps: list[Sweep], workers: Workers) -> None:
    """Check that the first image of each sweep is neither cut short nor fails its checksum; raises InputError."""
    for _ in workers.map(lambda path: format_of(path).verify(path), {sweep.frames[0].path: 0 for sweep in sweeps}):
        pass


def _experiments(sweeps: list[Sweep], params: ImportParams) -> Experiments:
    beams, detectors, goniometers = Shared(same_beam), Shared(same_detector), Shared(same_goniometer)
    items = []
    for sweep in sweeps:
        first = sweep.frames[0]
        images = _images(sweep, params, first.detector)
        models = Experiment(beam=beams.one(first.beam), detector=detectors.one(first.detector), images=images)
        scan = scan_of(sweep)
        if scan.is_still:
            items += [_still(models, images, sweep.first + i, i) for i in range(len(sweep.frames))]
            continue
        goniometer = goniometers.one(first.goniometer or Goniometer())
        identifier = identifier_for(sweep.template, *scan.image_range)
        items.append(models.replace(goniometer=goniometer, scan=scan, identifier=identifier))
    for item in items:
        shadow_of(item)  # InputError now, not when images are read
    found = Experiments.of(items)
    check_sound(found, "give import what is right (distance=, wavelength= and others stand in for headers)")
    return found


def _still(models: Experiment, images: ImageSet, number: int, i: int) -> Experiment:
    """Image ``number``, the ``i``-th of its sweep, on which the crystal does not turn: no goniometer, no scan."""
    place = images.indices[i : i + 1]
    one = replace(images, kind="ImageSet", template=None, paths=(images.path_of(number),), indices=place)
    return models.replace(images=one, identifier=identifier_for(images.template, number, number))


def _images(sweep: Sweep, params: ImportParams, detector: Detector) -> ImageSet:
    mask = params.mask
    if mask is not None:
        read_mask(mask, detector)
    settings = {**shadow_settings(params.shadow, params.dynamic_shadowing), "multi_panel": False}
    indices = tuple(frame.index for frame in sweep.frames if frame.index is not None)
    return ImageSet(
        template=sweep.template,
        indices=indices,
        mask=_absolute(mask),
        gain=_absolute(params.gain_map),
        pedestal=_absolute(params.pedestal_map),
        params=settings,
    )


def _absolute(path: str | None) -> str | None:
    return None if path is None else os.path.abspath(path)
