"""All parameters of a fit: beams and detectors, which are shared, then each crystal with its paths and circles."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gnomon.maths.geometry_fit.beam_block import BeamBlock
from gnomon.maths.geometry_fit.circle_block import CircleBlock
from gnomon.maths.geometry_fit.crystal_block import CrystalBlock
from gnomon.maths.geometry_fit.detector_block import DetectorBlock
from gnomon.maths.geometry_fit.module_block import ModuleBlock
from gnomon.maths.geometry_fit.one_lattice import lattice_groups
from gnomon.maths.geometry_fit.options import CellRestraint, FitOptions
from gnomon.maths.geometry_fit.path_block import PathBlock
from gnomon.maths.geometry_fit.restraints import Tie, ties
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.model import Key, key_of

HELD = 1e-6  # of its prior standard deviation: as far as a parameter goes that is held

Block = BeamBlock | DetectorBlock | CrystalBlock | PathBlock | CircleBlock


@dataclass(frozen=True)
class State:
    """The models at one set of parameters, with derivatives."""

    s0: tuple[tuple[np.ndarray, np.ndarray], ...]  # a beam: (3,), (n, 3); along a scan (g, 3), (g, n, 3)
    frames: tuple[tuple[np.ndarray, np.ndarray], ...]  # a detector: (panels, 3, 3), (n, panels, 3, 3)
    A: tuple[tuple[np.ndarray, np.ndarray], ...]  # a crystal: (g, 3, 3), (g, n_local, 3, 3)
    modules: tuple[np.ndarray, ...]  # a detector: the parameters of its modules, or none
    wander: tuple[np.ndarray, ...]  # an experiment: turns (checkpoints, 3) on top of the path of its crystal
    circles: tuple[np.ndarray, ...]  # an experiment: how far its crystal is off the spindle (2,) mm, or none


@dataclass(frozen=True)
class Model:
    """Blocks, which of them each experiment uses, and where their parameters lie in the one vector."""

    experiments: Experiments
    beams: tuple[BeamBlock, ...]
    detectors: tuple[DetectorBlock, ...]
    crystals: tuple[CrystalBlock, ...]
    beam_of: np.ndarray  # (n_experiments,)
    detector_of: np.ndarray
    crystal_of: np.ndarray
    mount_of: np.ndarray
    paths: tuple[PathBlock | None, ...]  # an experiment: how its crystal goes along its scan, or none
    circles: tuple[CircleBlock, ...] = ()  # an experiment: how its crystal goes round the spindle; or none of any
    held: tuple[int, ...] = ()  # parameters that stay where they are
    restraints: tuple[CellRestraint, ...] = ()  # of cells

    @property
    def blocks(self) -> tuple[Block, ...]:
        """In the order of their parameters."""
        own: list[Block] = []
        for c, crystal in enumerate(self.crystals):
            own += [crystal, *self._paths_of(c), *self._circles_of(c)]
        return (*self.beams, *self.detectors, *own)

    def _paths_of(self, crystal: int) -> list[PathBlock]:
        """Those of a crystal's experiments."""
        return [path for e, path in enumerate(self.paths) if path is not None and self.crystal_of[e] == crystal]

    def _circles_of(self, crystal: int) -> list[CircleBlock]:
        """Those of a crystal's experiments."""
        return [circle for e, circle in enumerate(self.circles) if self.crystal_of[e] == crystal]

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where each block's parameters lie."""
        ends = np.cumsum([0, *(len(block.sigma) for block in self.blocks)])
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends))

    @property
    def beam_slices(self) -> tuple[slice, ...]:
        """Of the beams."""
        return self.slices[: len(self.beams)]

    @property
    def detector_slices(self) -> tuple[slice, ...]:
        """Of the detectors."""
        return self.slices[len(self.beams) : len(self.beams) + len(self.detectors)]

    @cached_property
    def crystal_slices(self) -> tuple[slice, ...]:
        """Of the crystals, each with its paths and circles."""
        sizes = [
            len(crystal.sigma)
            + sum(len(path.sigma) for path in self._paths_of(c))
            + sum(len(circle.sigma) for circle in self._circles_of(c))
            for c, crystal in enumerate(self.crystals)
        ]
        ends = self.n_shared + np.cumsum([0, *sizes])
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends))

    @cached_property
    def path_slices(self) -> tuple[slice, ...]:
        """Of each experiment's path; empty where nothing of it is to be found."""
        ends = [s.start + len(c.sigma) for s, c in zip(self.crystal_slices, self.crystals)]
        out = []
        for path, c in zip(self.paths, self.crystal_of):
            out.append(slice(ends[c], ends[c] + (0 if path is None else len(path.sigma))))
            ends[c] = out[-1].stop
        return tuple(out)

    @cached_property
    def circle_slices(self) -> tuple[slice, ...]:
        """Of each experiment's circle, behind all paths of its crystal; none where there are none."""
        starts = [s.stop - sum(len(x.sigma) for x in self._circles_of(c)) for c, s in enumerate(self.crystal_slices)]
        out = []
        for circle, c in zip(self.circles, self.crystal_of):
            out.append(slice(starts[c], starts[c] + len(circle.sigma)))
            starts[c] = out[-1].stop
        return tuple(out)

    @property
    def n_shared(self) -> int:
        """Parameters of beams and detectors."""
        return sum(len(block.sigma) for block in self.blocks[: len(self.beams) + len(self.detectors)])

    @cached_property
    def sigma(self) -> np.ndarray:
        """(n,) prior standard deviations."""
        sigma = np.concatenate([block.sigma for block in self.blocks])
        sigma[list(self.held)] *= HELD
        return sigma

    def at(self, p: np.ndarray) -> State:
        """The models at the parameters ``p`` (n,)."""
        return State(
            tuple(b.s0(p[s]) for b, s in zip(self.beams, self.beam_slices)),
            tuple(d.frames(p[s]) for d, s in zip(self.detectors, self.detector_slices)),
            tuple(c.matrices(p[s][: len(c.sigma)]) for c, s in zip(self.crystals, self.crystal_slices)),
            tuple(p[s][d.n_rigid :] for d, s in zip(self.detectors, self.detector_slices)),
            tuple(p[s].reshape(-1, 3) for s in self.path_slices),
            tuple(p[s] for s in self.circle_slices),
        )

    def apply(self, p: np.ndarray) -> Experiments:
        """The experiments at ``p``; what was shared is still shared."""
        beams = [b.apply(p[s]) for b, s in zip(self.beams, self.beam_slices)]
        detectors = [d.apply(p[s]) for d, s in zip(self.detectors, self.detector_slices)]
        crystals = {}
        for number, at in enumerate(zip(self.crystal_of, self.mount_of)):
            if at not in crystals:
                crystals[at] = self._crystal(number, p)
        return self.experiments.with_items(
            e.replace(beam=beams[b], detector=detectors[d], crystal=crystals[c, m])
            for e, b, d, c, m in zip(self.experiments, self.beam_of, self.detector_of, self.crystal_of, self.mount_of)
        )

    def _crystal(self, number: int, p: np.ndarray) -> Crystal:
        """The crystal of an experiment at ``p``."""
        c, e, path = self.crystal_of[number], self.experiments[number], self.paths[number]
        block = self.crystals[c]
        crystal = block.apply(p[self.crystal_slices[c]][: len(block.sigma)], self.mount_of[number], e.scan)
        if path is None:
            return crystal
        return replace(crystal, A_at_scan_points=path.path @ crystal.A)

    def _stiff(self) -> Iterator[tuple[int, slice, np.ndarray]]:
        """Of what varies along scans: the crystal, where its parameters lie, and its stiffness."""
        for c, (crystal, s) in enumerate(zip(self.crystals, self.crystal_slices)):
            if crystal.stiffness is not None:
                yield c, s, crystal.stiffness
        for c, path, s in zip(self.crystal_of, self.paths, self.path_slices):
            if path is not None and path.stiffness is not None:
                yield int(c), s, path.stiffness

    def _ties(self, p: np.ndarray) -> Iterator[tuple[int, np.ndarray, Tie]]:
        """What restraints of cells add at ``p``: the crystal, where its strains lie among its own, and each tie."""
        if not self.restraints:
            return
        places = [block.strain_columns()[0] for block in self.crystals]
        strains = [p[s.start + place] for s, place in zip(self.crystal_slices, places)]
        users = [np.flatnonzero(self.crystal_of == c).tolist() for c in range(len(self.crystals))]
        for c, found in ties(self.crystals, strains, users, self.restraints).items():
            for tie in found:
                yield c, places[c], tie

    def tension(self, p: np.ndarray) -> float:
        """The penalty of the restraints at ``p``."""
        return float(sum(tie.residuals @ tie.residuals for _, _, tie in self._ties(p)))

    def tied(self, normal_own: tuple[np.ndarray, ...], gradient: np.ndarray, p: np.ndarray) -> None:
        """Add to the crystals' own blocks, and to the gradient (n,), what half the penalty of the restraints has."""
        for c, place, tie in self._ties(p):
            normal_own[c][np.ix_(place, place)] += tie.slopes.T @ tie.slopes
            gradient[self.crystal_slices[c].start + place] += tie.slopes.T @ tie.residuals

    def roughness(self, p: np.ndarray) -> np.ndarray:
        """(n,) the gradient of half the penalty on how crystals vary along their scans; p times it is the penalty."""
        out = np.zeros(len(p))
        for _, s, stiffness in self._stiff():
            out[s] = stiffness @ p[s]
        return out

    def stiffened(self, own: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        """The crystals' own blocks of a normal matrix with the second derivatives of half the penalty."""
        out = [C.copy() for C in own]
        for c, s, stiffness in self._stiff():
            place = slice(s.start - self.crystal_slices[c].start, s.stop - self.crystal_slices[c].start)
            out[c][place, place] += stiffness
        return tuple(out)


def _users(experiments: Experiments, groups: list) -> np.ndarray:
    """(n_experiments,) number of the group that holds each."""
    out = np.zeros(len(experiments), np.intp)
    for number, (_, members) in enumerate(groups):
        out[members] = number
    return out


def _crystal_groups(experiments: Experiments, options: FitOptions) -> list:
    """(crystal, experiments) of each cell: by lattice or by key; along scans, by crystal and scan."""
    if not options.scan_varying:
        return lattice_groups(experiments) if options.one_cell else experiments.groups_sharing("crystal")
    return _by_scan(experiments, "crystal")


def _beam_groups(experiments: Experiments, options: FitOptions) -> list:
    """(beam, experiments) of each beam; where one varies along its scan, of each scan by itself."""
    if not options.beams_vary and all(e.beam.s0_at_scan_points is None for e in experiments):
        return experiments.groups_sharing("beam")
    return _by_scan(experiments, "beam")


def _by_scan(experiments: Experiments, model: str) -> list:
    """(model, experiments) of each pair of a model and a scan."""
    groups: dict[tuple[Key | None, Key | None], tuple] = {}
    for i, e in enumerate(experiments):
        one = getattr(e, model)
        groups.setdefault((key_of(one), key_of(e.scan)), (one, []))[1].append(i)
    return list(groups.values())


def _mounts(experiments: Experiments, members: list[int], separate: bool) -> tuple[list[int], list[Crystal]]:
    """The mount of each of a lattice's experiments, one for each crystal or each crystal's scan; and their crystals."""
    held = [(key_of(experiments[i].crystal), key_of(experiments[i].scan) if separate else None) for i in members]
    number: dict[tuple[Key | None, Key | None], int] = {}
    crystals: list[Crystal] = []
    for i, h in zip(members, held):
        if h not in number:
            number[h] = len(crystals)
            crystals.append(experiments[i].needed_crystal)
    return [number[h] for h in held], crystals


def _crystal_blocks(
    experiments: Experiments, groups: list, options: FitOptions
) -> tuple[list[CrystalBlock], np.ndarray]:
    """A block for each lattice, and the mount of each experiment."""
    blocks, mount_of = [], np.zeros(len(experiments), np.intp)
    turn, strain = np.deg2rad(options.priors.crystal_turn), options.priors.strain
    for _, members in groups:
        mount_of[members], crystals = _mounts(experiments, members, options.separate_mounts)
        block = CrystalBlock.of(crystals, frozenset(options.crystal_fixed), turn, strain)
        varying = options.scan_varying and block.n_local
        scan = experiments[members[0]].needed_scan
        along = (options.interval, options.stiffness, options.block_width)
        blocks.append(block.varying(scan, *along) if varying else block)
    return blocks, mount_of


def model_of(experiments: Experiments, options: FitOptions) -> Model:
    """The parameters of ``experiments`` under ``options``; models shared by identity have one block."""
    beams, detectors = _beam_groups(experiments, options), experiments.groups_sharing("detector")
    crystals = _crystal_groups(experiments, options)
    users = [experiments[members[0]] for _, members in beams]
    crystal_blocks, mount_of = _crystal_blocks(experiments, crystals, options)
    modules = [ModuleBlock(grids, options.priors.module_shift) if grids else None for grids in options.modules]
    modules += [None] * (len(detectors) - len(modules))
    beam_blocks = tuple(
        BeamBlock.of(beam, e.needed_goniometer.lab_axis, options, e.scan) for (beam, _), e in zip(beams, users)
    )
    detector_blocks = tuple(DetectorBlock.of(one, options, block) for (one, _), block in zip(detectors, modules))
    return Model(
        experiments,
        beam_blocks,
        detector_blocks,
        tuple(crystal_blocks),
        _users(experiments, beams),
        _users(experiments, detectors),
        _users(experiments, crystals),
        mount_of,
        tuple(_paths(experiments, options)),
        tuple(_circles(experiments, options)),
        tuple(_rigid_places(beam_blocks, detector_blocks)[list(options.held)].tolist()),
        options.restraints,
    )


def _rigid_places(beams: tuple[BeamBlock, ...], detectors: tuple[DetectorBlock, ...]) -> np.ndarray:
    """Where the parameters of beams and of detectors' bodies lie among all: those of modules stand between."""
    rigid = [np.ones(len(beam.sigma), bool) for beam in beams]
    rigid += [np.arange(len(detector.sigma)) < detector.n_rigid for detector in detectors]
    return np.flatnonzero(np.concatenate(rigid))


def _circles(experiments: Experiments, options: FitOptions) -> list[CircleBlock]:
    """How each experiment's crystal goes round the spindle; none where all are to be on it."""
    if not options.circles:
        return []
    return [CircleBlock.of(e.needed_goniometer, e.needed_scan, options.priors.centring) for e in experiments]


def _paths(experiments: Experiments, options: FitOptions) -> list[PathBlock | None]:
    """How each experiment's crystal goes along its scan, none where it stands still or is not to go on."""
    if not options.along_path:
        return [None] * len(experiments)
    steps = options.wander or (None,) * len(experiments)
    return [PathBlock.of(e.needed_crystal, e.needed_scan, step) for e, step in zip(experiments, steps, strict=True)]
