"""The scaling model of each sweep: g = C(phi) exp(B(phi) / 2d^2) [1 + sum P_lm Y_lm].

Which components a sweep gets, their values and derivatives at observations, and where their parameters lie in the one
vector of all sweeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from gnomon.maths.geometry.centroids import rotate_back
from gnomon.maths.intensities.merging import Groups
from gnomon.maths.numerics.smoother import Smoother
from gnomon.maths.numerics.spherical_harmonics import real_harmonics
from gnomon.models.by_experiment import rows_of_each
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.scan import Scan
from gnomon.steps.scale.array_model import OBSERVATIONS_PER_NODE, RESTRAINT, Grids, angles, on_first_panel
from gnomon.steps.scale.observations import Observations
from gnomon.steps.scale.params import ScaleParams

_INTERVALS = ((5.0, 1.0, 1.5), (10.0, 2.0, 3.0), (25.0, 4.0, 5.0), (90.0, 8.0, 10.0), (np.inf, 15.0, 20.0))
"""Sweeps narrower than the first (degrees): spacing of scale and of decay."""
_ABSORPTION_WIDTH = 20.0  # degrees; the restraint finds its own strength, so narrow sweeps do no harm
_LEVELS = {"low": 4, "medium": 6, "high": 6}  # of absorption: the highest order (Beilsten-Edmands et al. 2020)
SURFACE_WEIGHT = 5e5
"""The restraint of absorption parameters before their size is known (Beilsten-Edmands et al. 2020)."""
NULL = {"scale": 1.0, "decay": 0.0, "dose": 0.0, "absorption": 0.0, "grid": 1.0, "modulation": 1.0}
"""The parameters of each component with which a scale is 1."""
OBSERVATIONS_PER_PARAMETER = 500
"""Observations that a sweep has a share in choosing, for each of its parameters: the scale is then good to 1 %."""


@dataclass(frozen=True, eq=False)
class Component:
    """One factor: ``offset + X p``, or ``exp(X p)`` when ``exponential``; X is (N, P), p the parameters (P,)."""

    name: str
    design: np.ndarray
    null: float
    restraint: float | np.ndarray = 0.0  # weight of (p - null)^2 in the target, for all or (P,)
    offset: float = 0.0
    exponential: bool = False
    n_alike: int = 1  # of a scale: the nodes of resolution, which change fastest; all sweeps may change alike in each

    @property
    def n_parameters(self) -> int:
        """P."""
        return self.design.shape[1]

    def factor(self, parameters: np.ndarray) -> np.ndarray:
        """(N,) the factor."""
        linear = self.design @ parameters
        return np.exp(np.clip(linear, -50, 50)) if self.exponential else self.offset + linear

    def relative_derivatives(self, factor: np.ndarray) -> np.ndarray:
        """(N, P): d ln(factor) / dp, for the factor (N,) at the present parameters."""
        return self.design if self.exponential else self.design / factor[:, None]


@dataclass(frozen=True, eq=False)
class SweepScale:
    """The components of one experiment at its own observations."""

    rows: np.ndarray  # (n,) which observations
    components: tuple[Component, ...]
    held: bool = False  # its parameters stay as they are

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """The names of the components, with the numbers of their parameters."""
        return tuple((c.name, c.n_parameters) for c in self.components)

    @property
    def n_parameters(self) -> int:
        """Parameters of all components."""
        return sum(c.n_parameters for c in self.components)

    @property
    def null(self) -> np.ndarray:
        """(P,) the parameters of a scale of 1."""
        return np.concatenate([np.full(c.n_parameters, c.null) for c in self.components])

    def at_scale(self, k: float) -> np.ndarray:
        """(P,) the parameters of a scale of ``k`` everywhere."""
        parts = [np.full(c.n_parameters, k if c.name == "scale" else c.null) for c in self.components]
        return np.concatenate(parts)

    @property
    def n_alike(self) -> int:
        """The nodes of resolution of its scale."""
        return self.components[0].n_alike

    @property
    def restraints(self) -> np.ndarray:
        """(P,) restraint weights."""
        return np.concatenate([np.full(c.n_parameters, c.restraint) for c in self.components])

    def split(self, parameters: np.ndarray) -> list[np.ndarray]:
        """The parameters of each component."""
        return np.split(parameters, np.cumsum([c.n_parameters for c in self.components])[:-1])

    def scale(self, parameters: np.ndarray) -> np.ndarray:
        """(n,) the inverse scale g."""
        parts = zip(self.components, self.split(parameters))
        return np.prod([c.factor(p) for c, p in parts], axis=0)

    def relative_derivatives(self, parameters: np.ndarray) -> np.ndarray:
        """(n, P): d ln g / dp."""
        parts = zip(self.components, self.split(parameters))
        return np.hstack([c.relative_derivatives(c.factor(p)) for c, p in parts])


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """The kind of model of one experiment; smoothers in images from the start of the scan, None where left out."""

    kind: str  # physical, KB, array or dose_decay
    scale: Smoother | None = None
    decay: Smoother | None = None
    lmax: int = 0  # 0: no absorption
    surface_weights: tuple[float, ...] = ()  # restraint of absorption, for l = 1..lmax
    decay_restraint: float = 0.1
    has_decay: bool = True
    held: bool = False  # the scale is one: nothing tells another
    dose: Literal["quadratic", "linear"] | None = None  # how the fall with the angle turned goes with 1/d; or none
    sharers: int = 1  # sweeps that have one absorption
    grids: Grids | None = None  # of an array model

    @property
    def name(self) -> str:
        """In words."""
        if self.held:
            return "unscaled"
        if self.grids is not None:
            return "array" if self.grids.is_plain else "array with absorption"
        if self.is_smooth:
            kind = "dose decay" if self.kind == "dose_decay" else "physical"
            return f"{kind} with absorption" if self.lmax else kind
        return "KB" if self.has_decay else "K"

    @property
    def is_smooth(self) -> bool:
        """Whether the scale changes within the sweep."""
        return self.kind != "KB"

    @property
    def simpler(self) -> SweepPlan | None:
        """The next plan with fewer parameters: no absorption, one scale and B, one scale, none."""
        if self.grids is not None and not self.grids.is_plain:
            return replace(self, grids=replace(self.grids, absorption=None, modulation=None))
        if self.is_smooth and self.lmax:
            return replace(self, lmax=0)
        if self.is_smooth:
            return SweepPlan("KB", decay_restraint=self.decay_restraint, has_decay=self.has_decay)
        if self.has_decay:
            return replace(self, has_decay=False)
        return None if self.held else replace(self, held=True)

    def configuration(self, scan: Scan | None) -> dict[str, Any]:
        """What ``.expt`` files say of the model beside its parameters, under the names of DIALS."""
        found: dict[str, Any] = {"corrections": [written_name(self, name) for name, _ in component_sizes(self)]}
        if not self.is_smooth or scan is None or self.scale is None:
            return found
        width = abs(scan.oscillation[1])
        found["valid_osc_range"] = list(scan.oscillation_range)
        found["valid_image_range"] = list(scan.image_range)
        if self.grids is not None:
            return found | self.grids.configuration(self.scale, self.scale.spacing * width)
        found["s_norm_fac"] = 0.999 / self.scale.spacing
        found["scale_rot_interval"] = self.scale.spacing * width
        if self.decay is not None:
            found["d_norm_fac"] = 0.999 / self.decay.spacing
            found["decay_rot_interval"] = self.decay.spacing * width
        if self.dose is not None:
            found["resolution_dependence"] = self.dose
        if self.lmax:
            found["lmax"] = self.lmax
            found["abs_surface_weight"] = float(np.median(self.surface_weights))
        return found


def plan_sweep(
    experiment: Experiment, params: ScaleParams, oriented: bool = True, grids: Grids | None = None
) -> SweepPlan:
    """The model for one experiment: KB for stills and below one degree, physical above, unless ``params`` name one.

    Absorption needs the orientation of the crystal (``oriented``), which files of other programs may lack. An array
    model needs ``grids``.
    Intervals follow the width of the sweep; Beilsten-Edmands et al. 2020, Acta Cryst. D76, 385.
    """
    scan = None if experiment.is_still else experiment.scan
    width = 0.0 if scan is None else abs(scan.oscillation[1]) * scan.n_images
    kind = params.model if params.model != "auto" else ("KB" if width < 1.0 else "physical")
    if kind == "KB" or scan is None:
        return SweepPlan("KB", decay_restraint=params.decay_restraint, has_decay=params.decay_correction)
    if kind == "array":
        return SweepPlan("array", angles(scan, params), decay_restraint=params.decay_restraint, grids=grids)
    if kind == "dose_decay":
        return _plan_with_dose(scan, params, oriented)
    scale, decay = next((s, b) for limit, s, b in _INTERVALS if width < limit)
    image = abs(scan.oscillation[1])
    n = scan.n_images
    lmax = _order_of_absorption(params, width) if oriented else 0
    return SweepPlan(
        "physical",
        Smoother.over(0.0, n, (params.scale_interval or scale) / image),
        Smoother.over(0.0, n, (params.decay_interval or decay) / image) if params.decay_correction else None,
        lmax,
        (params.surface_weight or SURFACE_WEIGHT,) * lmax,
        params.decay_restraint,
        params.decay_correction,
    )


def _plan_with_dose(scan: Scan, params: ScaleParams, oriented: bool) -> SweepPlan:
    """A smooth scale, a B that stays, and a fall that grows with the angle turned."""
    lmax = params.lmax if params.dose_absorption and oriented else 0
    return SweepPlan(
        "dose_decay",
        Smoother.over(0.0, scan.n_images, params.dose_scale_interval / abs(scan.oscillation[1])),
        lmax=lmax,
        surface_weights=(params.surface_weight or SURFACE_WEIGHT,) * lmax,
        decay_restraint=params.decay_restraint,
        has_decay=params.dose_relative_b,
        dose=params.dose_dependence if params.dose_correction else None,
    )


def written_name(plan: SweepPlan, component: str) -> str:
    """What files call the component: the B of a sweep beside a dose relative, the dose and the grid in angle decay."""
    if plan.kind == "array":
        return {"scale": "decay", "grid": "absorption"}.get(component, component)
    if plan.kind == "dose_decay":
        return {"decay": "relative_B", "dose": "decay"}.get(component, component)
    return component


def _order_of_absorption(params: ScaleParams, width: float) -> int:
    """The highest order of a sweep ``width`` degrees wide, 0 where absorption is not refined."""
    asked = params.absorption_correction
    if asked is None:
        asked = params.absorption_level is not None or width > _ABSORPTION_WIDTH
    if not asked:
        return 0
    return params.lmax if params.absorption_level is None else _LEVELS[params.absorption_level]


def component_sizes(plan: SweepPlan) -> tuple[tuple[str, int], ...]:
    """The components of the plan in their order, with the numbers of their parameters."""
    if not plan.is_smooth:
        return (("scale", 1), ("decay", 1)) if plan.has_decay else (("scale", 1),)
    if plan.grids is not None and plan.scale is not None:
        return tuple(plan.grids.sizes(plan.scale))
    smooth = [(name, s.n_parameters) for name, s in (("scale", plan.scale), ("decay", plan.decay)) if s is not None]
    if plan.kind == "dose_decay":
        smooth += [("decay", 1)] * plan.has_decay + [("dose", 1)] * (plan.dose is not None)
    return (*smooth, ("absorption", plan.lmax * (plan.lmax + 2))) if plan.lmax else tuple(smooth)


def n_parameters(plan: SweepPlan) -> int:
    """Parameters of the plan; those held do not count."""
    return 0 if plan.held else sum(n for _, n in component_sizes(plan))


def observations_needed(plan: SweepPlan) -> int:
    """Observations that are to have a share in choosing the scales of a sweep."""
    return n_parameters(plan) * (OBSERVATIONS_PER_PARAMETER if plan.grids is None else OBSERVATIONS_PER_NODE)


def consecutive(sizes: Sequence[int]) -> list[slice]:
    """Slices of these sizes, one after the other."""
    ends = np.cumsum(sizes).tolist()
    return [slice(end - size, end) for size, end in zip(sizes, ends)]


@dataclass(frozen=True, eq=False)
class ParameterLayout:
    """Where the parameters of each component of each sweep lie in the one vector (P,) of all: sweep after sweep."""

    sizes: Sequence[Sequence[tuple[str, int]]]  # of each sweep: names of its components, with numbers of parameters

    @cached_property
    def sweeps(self) -> list[slice]:
        """The parameters of each sweep."""
        return consecutive([sum(n for _, n in sizes) for sizes in self.sizes])

    def components(self, i: int) -> dict[str, slice]:
        """The parameters of the components of sweep ``i`` by their names."""
        start, sizes = self.sweeps[i].start, self.sizes[i]
        places = consecutive([n for _, n in sizes])
        return {name: slice(start + p.start, start + p.stop) for (name, _), p in zip(sizes, places)}

    def is_of(self, name: str) -> np.ndarray:
        """(P,) bool: the parameters of the components of this name."""
        return np.concatenate([np.repeat(own == name, n) for sizes in self.sizes for own, n in sizes])

    @property
    def sweep(self) -> np.ndarray:
        """(P,) the number of the sweep that each parameter is of."""
        return np.repeat(np.arange(len(self.sizes)), [part.stop - part.start for part in self.sweeps])

    def differences(self, shared: Sequence[str]) -> list[np.ndarray]:
        """Orthogonal vectors (P,) along which sweeps would come to differ in components that they share.

        Of S sweeps S - 1 for each parameter: the mean of the first k against that of the next (Helmert).
        """
        found = []
        for name in shared:
            places = [own[name] for own in map(self.components, range(len(self.sizes))) if name in own]
            for k in range(1, len(places)):
                for j in range(places[0].stop - places[0].start):
                    direction = np.zeros(self.sweeps[-1].stop)
                    direction[[place.start + j for place in places[:k]]] = 1.0
                    direction[places[k].start + j] = -float(k)
                    found.append(direction)
        return found

    def constant(self, scales: np.ndarray) -> np.ndarray:
        """(P,) the parameters of scales (S,) that do not change within a sweep."""
        return np.where(self.is_of("scale"), scales[self.sweep], 0.0)


def build_sweep(
    plan: SweepPlan, experiment: Experiment, observations: Observations, rows: np.ndarray, s1: np.ndarray
) -> SweepScale:
    """The components at observations ``rows`` (n,) of this experiment; s1: (n, 3) their diffracted vectors, 1/Å."""
    inverse = 0.5 / observations.d[rows, None] ** 2
    if not plan.is_smooth:
        one = np.ones((len(rows), 1))
        parts = [Component("scale", one, NULL["scale"])]
        if plan.has_decay:
            parts.append(Component("decay", inverse, NULL["decay"], plan.decay_restraint, exponential=True))
        return SweepScale(rows, tuple(parts), plan.held)
    z = observations.z[rows]
    from_start = z - experiment.needed_scan.array_range[0]
    if plan.grids is not None and plan.scale is not None:
        place = on_first_panel(experiment, s1)
        designs = plan.grids.designs(plan.scale, from_start, 2 * inverse[:, 0], place)
        return SweepScale(rows, tuple(_grid(plan.grids, name, design) for name, design in designs.items()))
    parts = [Component("scale", plan.scale.design(from_start), NULL["scale"])]  # type: ignore[union-attr]
    if plan.decay is not None:
        design = plan.decay.design(from_start) * inverse
        parts.append(Component("decay", design, NULL["decay"], plan.decay_restraint, exponential=True))
    if plan.kind == "dose_decay":
        parts += _dose_components(plan, inverse, from_start * abs(experiment.needed_scan.oscillation[1]))
    if plan.lmax:
        restraint = np.repeat(np.array(plan.surface_weights) / plan.sharers, 2 * np.arange(1, plan.lmax + 1) + 1)
        design = _paths(experiment, z, s1, plan.lmax)
        parts.append(Component("absorption", design, NULL["absorption"], restraint, offset=1.0))
    return SweepScale(rows, tuple(parts))


def _grid(grids: Grids, name: str, design: np.ndarray) -> Component:
    """A grid of an array model; that of angle and resolution holds the scale, the others are about 1."""
    if name == "scale":
        return Component(name, design, NULL[name], n_alike=grids.n_resolution)
    return Component(name, design, NULL[name], RESTRAINT)


def _dose_components(plan: SweepPlan, inverse: np.ndarray, turned: np.ndarray) -> list[Component]:
    """B of the sweep, and the fall with the angle ``turned`` (N,) degrees; inverse: (N, 1) 1 / 2 d^2."""
    parts = []
    if plan.has_decay:
        parts.append(Component("decay", inverse, NULL["decay"], plan.decay_restraint, exponential=True))
    if plan.dose is not None:
        along = inverse if plan.dose == "quadratic" else np.sqrt(2 * inverse)
        parts.append(Component("dose", turned[:, None] * along, NULL["dose"], exponential=True))
    return parts


def _paths(experiment: Experiment, z: np.ndarray, s1: np.ndarray, lmax: int) -> np.ndarray:
    """(n, lmax (lmax + 2)): [Y_lm(s1) + Y_lm(-s0)] / 2 in the frame of the crystal at phi = 0 (Blessing 1995)."""
    phi = np.deg2rad(experiment.needed_scan.phi_at(z))
    out = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    back = np.broadcast_to(experiment.beam.direction, s1.shape)  # -s0
    return (
        real_harmonics(rotate_back(experiment, out, phi), lmax)
        + real_harmonics(rotate_back(experiment, back, phi), lmax)
    ) / 2


@dataclass(frozen=True, eq=False)
class Setup:
    """What does not change: the data, the plan of each sweep, and the observations that determine the scales."""

    experiments: Experiments
    observations: Observations
    s1: np.ndarray  # (N, 3)
    plans: Sequence[SweepPlan]
    chosen: np.ndarray  # (n,) observations
    params: ScaleParams
    comparisons: int  # independent ones, among equivalents of any strength
    target: np.ndarray | None = None  # intensities of the groups that the scales are to lead to, nan where not known

    def target_of(self, rows: np.ndarray) -> np.ndarray | None:
        """Of the groups that hold observations ``rows`` (n,), in their order; None where there is no target."""
        return None if self.target is None else self.target[np.unique(self.observations.groups.label[rows])]

    @cached_property
    def layout(self) -> ParameterLayout:
        """Where the parameters of each sweep lie."""
        return ParameterLayout([component_sizes(plan) for plan in self.plans])

    @cached_property
    def error_groups(self) -> np.ndarray | None:
        """(N,) which error model each observation has, numbers from 0; None where all have one."""
        if self.params.error_grouping == "combined" or self.params.error_model == "none":
            return None
        sweeps = range(len(self.experiments))
        given = self.params.error_model_group if self.params.error_grouping == "grouped" else [(i,) for i in sweeps]
        number = [next((k for k, own in enumerate(given) if i in own), len(given)) for i in sweeps]
        return np.unique(number, return_inverse=True)[1].reshape(-1)[self.observations.experiment]

    @property
    def shared(self) -> tuple[str, ...]:
        """Components of which all sweeps have one."""
        dose = self.params.share_dose and self.params.model == "dose_decay"
        return ("absorption",) * self.params.share_absorption + ("dose",) * dose


def choose_observations(
    groups: Groups, experiment: np.ndarray, needs: np.ndarray, most: int, seed: int, telling: np.ndarray | None = None
) -> np.ndarray:
    """(n,) rows of all groups that are ``telling`` (M,) bool, those with two observations or more, or random ones.

    About ``most`` rows, and more where experiments (N,) would else have fewer than they need: needs (S,) rows each.
    """
    telling = groups.counts > 1 if telling is None else telling
    rank = np.full(len(groups), len(groups))  # of each group in a random order
    order = np.random.default_rng(seed).permutation(np.flatnonzero(telling))
    rank[order] = np.arange(len(order))
    taken = rank < np.searchsorted(np.cumsum(groups.counts[order]), most) + 1
    of_row = rank[groups.label]
    rows = np.lexsort((of_row, experiment))
    rows = rows[of_row[rows] < len(groups)]
    first = np.searchsorted(experiment[rows], np.arange(len(needs)))
    place = np.arange(len(rows)) - first[experiment[rows]]
    taken[groups.label[rows[place < needs[experiment[rows]]]]] = True
    return np.flatnonzero((taken & telling)[groups.label])


def build(setup: Setup, i: int, rows: np.ndarray) -> SweepScale:
    """The components of sweep ``i`` at its observations ``rows`` (n,)."""
    return build_sweep(setup.plans[i], setup.experiments[i], setup.observations, rows, setup.s1[rows])


def sweeps_at(setup: Setup, rows: np.ndarray) -> list[SweepScale]:
    """The components of every sweep at some observations; their rows count within ``rows``."""
    which = setup.observations.experiment[rows]
    places = rows_of_each(which, len(setup.experiments))
    return [replace(build(setup, i, rows[place]), rows=place) for i, place in enumerate(places)]
