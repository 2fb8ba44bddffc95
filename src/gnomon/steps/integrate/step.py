"""Integration, top to bottom: predict, measure spot widths, pass over the images, tabulate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gnomon.distribute.executor import Tally
from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.maths.images.left_out import with_images
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.profile import GaussianProfile
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.segments import segment
from gnomon.step import HERE, Context, Result, require_columns, require_crystals, require_range
from gnomon.steps.integrate.boxes import Placed, place_boxes
from gnomon.steps.integrate.by_image import figures_by_image
from gnomon.steps.integrate.checks import disagreements, experiment_summary, pooling_decisions, readout_noise
from gnomon.steps.integrate.params import CreateProfileModelParams, IntegrateParams
from gnomon.steps.integrate.profiles import PRIOR_SIGMA, ProfileSums, ReferenceProfile
from gnomon.steps.integrate.sample import Sample, pooled_widths, sample_sweep, strong_spots
from gnomon.steps.integrate.summary import CreateProfileModelSummary, IntegrateSummary, MeasuredWidths
from gnomon.steps.integrate.sweep import SweepTask, integrate_sweep
from gnomon.steps.integrate.table import count_unmeasured, tabulate, with_flags_of_spots
from gnomon.steps.integrate.width_fit import WidthFit
from gnomon.steps.integrate.widths import SpotWidths

NEEDED = ("id", "panel", "flags", "miller_index", "bbox", "xyzcal.px", "xyzcal.mm", "s1")
POOLED_PRIOR_SIGMA = 1.0
"""How far, relatively, the mean profile of all sweeps may be from the Gaussian."""


def integrate(
    experiments: Experiments,
    reflections: Reflections,
    params: IntegrateParams,
    context: Context = HERE,
) -> Result[IntegrateSummary]:
    """Every predicted reflection with summed and profile-fitted intensity, background, centroid and corrections.

    reflections: indexed and refined strong spots (columns NEEDED). Raises InputError where a crystal, images or any
    usable spot is missing. The experiments returned hold the spot widths found (``GaussianProfile``).
    """
    require_columns("integrate", reflections, NEEDED)
    require_crystals("integrate", experiments)
    _require_scans(experiments)
    experiments = _as_asked(experiments, params)
    with context.executor.inside(context.workers).together() as lasting:
        samples = _sample_all(experiments, reflections, params, context, lasting)
        fits = pooled_widths(experiments, samples, params)
        done = _integrate_all(experiments, samples, fits, params, context, lasting)
    result = _result(experiments, done, samples, fits, params)
    return replace(result, reflections=with_flags_of_spots(result.reflections, reflections))


def create_profile_model(
    experiments: Experiments, reflections: Reflections, params: CreateProfileModelParams, context: Context = HERE
) -> Result[CreateProfileModelSummary]:
    """The experiments with the spot widths by which :func:`integrate` would work; reflections as they are.

    Raises InputError where that does.
    """
    require_columns("create_profile_model", reflections, NEEDED)
    require_crystals("create_profile_model", experiments)
    _require_scans(experiments)
    wanted = IntegrateParams(**dict(params))
    with context.executor.inside(context.workers).together() as lasting:
        samples = _sample_all(experiments, reflections, wanted, context, lasting)
    fits = pooled_widths(experiments, samples, wanted)
    told = tuple(
        MeasuredWidths(i, sample.spots, fit.widths.sigma_b, fit.widths.sigma_m)
        for i, (sample, fit) in enumerate(zip(samples, fits))
    )
    decisions = tuple(pooling_decisions(experiments, samples, fits, wanted))
    summary = CreateProfileModelSummary(widths=told, decisions=decisions)
    return Result(_modelled(experiments, fits, wanted), reflections, summary)


def _modelled(experiments: Experiments, fits: list[WidthFit], params: IntegrateParams) -> Experiments:
    """The experiments with their spot widths."""
    widths = (f.widths for f in fits)
    return experiments.with_items(
        e.replace(profile=GaussianProfile(w.sigma_b, w.sigma_m, params.n_sigma)) for e, w in zip(experiments, widths)
    )


@dataclass(frozen=True, eq=False)
class LatticeOfSweep:
    """One of the experiments that share a set of images."""

    number: int
    experiment: Experiment
    widths: SpotWidths
    profile: ReferenceProfile


@dataclass(frozen=True, eq=False)
class Integrated:
    """The table of one experiment, how many of it have no intensity, by reason, and the noise of readout (photons)."""

    table: Reflections
    unmeasured: dict[str, int]
    read_noise: float

    @classmethod
    def joined(cls, parts: list[Integrated]) -> Integrated:
        """The stretches of one experiment, one after the other."""
        counts = sum((Counter(p.unmeasured) for p in parts), Counter())
        noise = max(p.read_noise for p in parts)
        return cls(Reflections.concatenate([p.table for p in parts]), dict(counts), noise)


def _require_scans(experiments: Experiments) -> None:
    """Check that all experiments rotate; raises InputError."""
    for number, experiment in enumerate(experiments):
        if experiment.is_still:
            raise InputError(
                f"integrate needs rotation scans; experiment {number} is a still: leave stills out, which are indexed "
                "and not integrated yet"
            )


def _as_asked(experiments: Experiments, params: IntegrateParams) -> Experiments:
    """The experiments with the images that are to be integrated, and the gain that was given."""
    for first, last in params.scan_range:
        for number, e in enumerate(experiments):
            require_range(f"scan_range={first},{last}", first, last, e, number)
    kept = [(first, last) for first, last in params.scan_range]
    experiments = with_images(experiments, params.exclude_images, kept)
    if params.gain is None:
        return experiments
    gain = params.gain
    swap = {
        detector.key: replace(detector, panels=tuple(replace(panel, gain=gain) for panel in detector.panels))
        for detector, _ in experiments.groups_sharing("detector")
    }
    return experiments.replace_model("detector", swap)


def _by_images(experiments: Experiments) -> list[tuple[list[int], ImageRange]]:
    """Numbers of the experiments that share images and scan, so that each is read once, and a stretch that counts.

    Stretches are integrated as scans of their own: what an image that does not count cuts is as what the scan's end
    cuts. A reflection that is recorded on both sides of such an image gives two rows, each with its part.
    """
    sweeps: dict[tuple[object, tuple[ImageRange, ...]], list[int]] = {}
    for number, e in enumerate(experiments):
        sweeps.setdefault((e.sweep, e.valid_ranges), []).append(number)
    return [(numbers, stretch) for (_, stretches), numbers in sweeps.items() for stretch in stretches]


def _sample_all(
    experiments: Experiments, reflections: Reflections, params: IntegrateParams, context: Context, workers: Workers
) -> list[Sample]:
    """A first look at each sweep."""
    sweeps = (_fullest(e, strong_spots(reflections, number)) for number, e in enumerate(experiments))
    tally, samples = Tally(context.progress, "measuring spot widths", len(experiments)), []
    for sample in context.executor.map(SampleOfSweep(params, workers), sweeps):
        samples.append(sample)
        tally.at(len(samples))
    return samples


@dataclass(frozen=True, eq=False)
class SampleOfSweep:
    """The task of a first look at one sweep and its spots."""

    params: IntegrateParams
    workers: Workers

    def __call__(self, sweep: tuple[Experiment, Reflections]) -> Sample:
        return sample_sweep(*sweep, self.params, self.workers)


def _fullest(experiment: Experiment, spots: Reflections) -> tuple[Experiment, Reflections]:
    """The experiment on the stretch of images that count with the most spots, and these.

    By where they were found: that they are predicted beyond the ends is what a short stretch tells of rocking widths.
    """
    z = spots["bbox"][:, 4:].mean(axis=1)
    inside = [(z >= first - 1) & (z < last) for first, last in experiment.valid_ranges]
    if len(inside) == 1 and experiment.valid_ranges == (experiment.image_range,):
        return experiment, spots
    best = int(np.argmax([rows.sum() for rows in inside]))
    return segment(experiment, *experiment.valid_ranges[best]), spots.select(inside[best])


def _starting_profiles(experiments: Experiments, samples: list[Sample]) -> list[ReferenceProfile]:
    """For each sweep: the mean profile of all sweeps on its detector, corrected by its own spots."""
    profiles: list[ReferenceProfile] = [ReferenceProfile.gaussian()] * len(samples)
    for _, numbers in experiments.groups_sharing("detector"):
        pooled = sum((samples[n].sums for n in numbers), ProfileSums.empty())
        common = ReferenceProfile.gaussian().posterior(pooled, POOLED_PRIOR_SIGMA)
        for n in numbers:
            profiles[n] = common.posterior(samples[n].sums, PRIOR_SIGMA) if len(numbers) > 1 else common
    return profiles


def _integrate_all(
    experiments: Experiments, samples: list[Sample], fits: list[WidthFit], params: IntegrateParams, context: Context,
    workers: Workers,
) -> list[Integrated]:  # fmt: skip
    """A pass over each set of images."""
    profiles, sweeps = _starting_profiles(experiments, samples), _by_images(experiments)
    imagesets = experiments.rows("images")
    ends = np.cumsum([0] + [last - first + 1 for _, (first, last) in sweeps]).tolist()

    def on_images(members: list[int], stretch: ImageRange, before: int) -> OnImages:
        lattices = [LatticeOfSweep(n, segment(experiments[n], *stretch), fits[n].widths, profiles[n]) for n in members]
        return OnImages(lattices, int(imagesets[members[0]]), before)

    items = (on_images(*sweep, before) for sweep, before in zip(sweeps, ends))
    tally = Tally(context.progress, "integrating images", ends[-1])
    done: list[list[Integrated]] = [[] for _ in experiments]
    for found, end in zip(context.executor.map(IntegrationOfSweep(params, workers, tally), items), ends[1:]):
        for n, part in found.items():
            done[n].append(part)
        tally.at(end)
    return [Integrated.joined(parts) for parts in done]


@dataclass(frozen=True, eq=False)
class OnImages:
    """The lattices on one set of images, the number of the set, and how many images come before."""

    lattices: list[LatticeOfSweep]
    imageset: int
    before: int


@dataclass(frozen=True, eq=False)
class IntegrationOfSweep:
    """The task of integrating all lattices on one set of images."""

    params: IntegrateParams
    workers: Workers
    tally: Tally

    def __call__(self, images: OnImages) -> dict[int, Integrated]:
        def advance(frames: int) -> None:
            self.tally.at(images.before + frames)

        return _integrate_images(images.lattices, images.imageset, self.params, self.workers, advance)


def _integrate_images(
    lattices: list[LatticeOfSweep], imageset: int, params: IntegrateParams, workers: Workers,
    advance: Callable[[int], None],
) -> dict[int, Integrated]:  # fmt: skip
    """The integrated reflections of all lattices on one set of images, by experiment number."""
    predicted = [_predicted(lattice, params) for lattice in lattices]
    placed = Placed.concatenate([own for _, own in predicted])
    sizes = [len(own) for _, own in predicted]
    task = SweepTask(
        lattices[0].experiment,
        placed,
        np.repeat(np.arange(len(lattices)), sizes),
        np.abs(placed.zeta) >= params.min_zeta,
        tuple(lattice.profile for lattice in lattices),
    )
    measured = integrate_sweep(task, params, workers, advance)
    done, end = {}, 0
    for lattice, (predictions, own) in zip(lattices, predicted):
        rows, end = measured.rows(slice(end, end + len(own))), end + len(own)
        table = tabulate(lattice.experiment, predictions, rows, own, imageset, params)
        noise = float(np.sqrt(rows.sums.background[:, 5].max(initial=0.0)))
        done[lattice.number] = Integrated(table, count_unmeasured(table, rows, own, params), noise)
    return done


def _predicted(lattice: LatticeOfSweep, params: IntegrateParams) -> tuple[Reflections, Placed]:
    """Predicted reflections of which the scan records a part, in the order of z, and their boxes."""
    table = predict_scan(lattice.experiment, lattice.number, params.d_min, params.padding)
    if params.d_max is not None:
        table = table.select(table["d"] <= params.d_max)
    table = table.select(np.argsort(table["xyzcal.px"][:, 2], kind="stable"))
    placed = place_boxes(lattice.experiment, table, lattice.widths, params)
    recorded = np.all(placed.boxes.bbox[:, 1::2] > placed.boxes.bbox[:, ::2], axis=1)
    return table.select(recorded), placed.select(recorded)


def _result(
    experiments: Experiments, done: list[Integrated], samples: list[Sample], fits: list[WidthFit],
    params: IntegrateParams,
) -> Result[IntegrateSummary]:  # fmt: skip
    """Experiments with their spot widths, one table of all reflections, and the numbers of the report."""
    summaries = tuple(
        replace(experiment_summary(d.table, s, f.widths, d.unmeasured), images=figures_by_image(d.table, e.image_range))
        for e, d, s, f in zip(experiments, done, samples, fits)
    )
    tables, noises = [d.table for d in done], [d.read_noise for d in done]
    done.clear()
    table = Reflections.concatenate(tables)
    tables.clear()  # else they would be there twice until the end
    table = table.with_columns({"partial_id": np.arange(len(table), dtype=np.uint64)})
    table = table.with_identifiers({n: e.identifier for n, e in enumerate(experiments)})
    decisions = (
        *pooling_decisions(experiments, samples, fits, params),
        *readout_noise(noises),
        *disagreements(summaries),
    )
    return Result(
        _modelled(experiments, fits, params), table, IntegrateSummary(experiments=summaries, decisions=decisions)
    )
