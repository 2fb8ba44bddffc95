"""Many data sets as ``integrate`` would leave them, without images: of several species, in settings of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.crystal.change_of_basis import reindexed_table, to_primitive
from gnomon.maths.crystal.symmetry import hall_symbol, rotations
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.profile import GaussianProfile
from gnomon.models.reflections import Reflections
from gnomon.simulate.bijvoet import friedel_factors
from gnomon.simulate.integrated import integrated_wedge
from gnomon.simulate.population import Member, population, spoilers
from gnomon.simulate.series import Series
from gnomon.simulate.series_truth import SeriesTruth
from gnomon.simulate.species import species_of
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.structure_factors import with_screw_absences
from gnomon.simulate.true_models import true_experiments

SIGMA_B = 0.03
"""Width of a spot across, degrees, as the profile model of the experiments has it."""
_HOLOHEDRY = {
    "triclinic": "P1", "monoclinic": "P2", "orthorhombic": "P222", "tetragonal": "P422", "trigonal": "P622",
    "hexagonal": "P622", "cubic": "P432",
}  # fmt: skip
"""Rotations of the lattice by crystal system (trigonal: on hexagonal axes, without obverse and reverse)."""


@dataclass(frozen=True)
class WedgesTruth(SeriesTruth):
    """And how each data set is indexed: its true indices are h P, its A in the true setting A P^-T."""

    setting: np.ndarray  # (n, 3, 3) P
    row_intensity: np.ndarray  # (n_rows,) photons: the true intensity of each row's own crystal


@dataclass(frozen=True)
class _Wedge:
    """One data set, the change of basis to the true setting, and its crystal's unique intensities."""

    experiment: Experiment
    reflections: Reflections
    setting: np.ndarray
    intensity: np.ndarray
    row_intensity: np.ndarray


def integrated_wedges(params: WedgesParams) -> tuple[Experiments, Reflections, WedgesTruth]:
    """Experiments, one table of all reflections, and the truth; the same for the same ``params``.

    Data sets come in the order of :func:`population`, spoilers last. Lorentz, polarisation and efficiency are in the
    counts and in columns, as ever; volume, B, absorption and the unsteady beam only in the counts.
    """
    species = species_of(params)
    members = [*population(params, species), *spoilers(params, species)]
    series = Series.of(params, species)
    wedges = [_wedge(series, params, member, number) for number, member in enumerate(members)]
    experiments = Experiments.of(w.experiment for w in wedges)
    table = Reflections.concatenate([w.reflections for w in wedges])
    table = table.with_columns({"partial_id": np.arange(len(table), dtype=np.uint64)})
    table = table.with_identifiers({i: e.identifier for i, e in enumerate(experiments)})
    truth = series.truth(members, [w.intensity for w in wedges])
    settings, rows = np.array([w.setting for w in wedges]), np.concatenate([w.row_intensity for w in wedges])
    return experiments, table, WedgesTruth(**vars(truth), setting=settings, row_intensity=rows)


def _wedge(series: Series, params: WedgesParams, member: Member, number: int) -> _Wedge:
    """The data set of a crystal."""
    own, crystal = params.changed(seed=member.seed), series.intensities(member)
    predicted = with_screw_absences(crystal, series.d_min)
    setting = _setting(series, params, member)
    true = _true_experiment(series, params, member)
    unique = series.unique_intensities(member, crystal)
    bijvoet = friedel_factors(predicted.hkl, series.unique, series.group, params.anomalous, params.seed)
    predicted = replace(predicted, intensity=predicted.intensity * bijvoet)
    table, true_rows = integrated_wedge(own, series.instrument, true, predicted, series.background)
    P = np.linalg.inv(setting)
    table = table.with_columns({"miller_index": table["miller_index"] + np.array(member.offset, np.int32)})
    table, _ = reindexed_table(table, P, np.ones(len(table), bool))
    table = table.with_columns({name: np.full(len(table), number) for name in ("id", "imageset_id")})
    hall = " P 1" if params.basis == "primitive" else hall_symbol(series.group)
    found = true.replace(crystal=true.needed_crystal.reindexed(P, hall))
    return _Wedge(found, table, setting, unique, true_rows)


def _setting(series: Series, params: WedgesParams, member: Member) -> np.ndarray:
    """P (3, 3) from the setting in which a data set is indexed to the true one, as ``basis`` has it."""
    if params.basis == "true":
        return np.eye(3)
    lattice = rotations(_HOLOHEDRY[series.group.crystal_system_str()])
    turn = lattice[np.random.default_rng([member.seed, 15]).integers(len(lattice))].astype(float)
    return np.linalg.inv(to_primitive(series.group)) @ turn if params.basis == "primitive" else turn


def _true_experiment(series: Series, params: WedgesParams, member: Member) -> Experiment:
    """With the true geometry, in the true setting."""
    template = f"{member.name}_####.cbf.gz"
    (experiment,) = true_experiments(
        params, series.models, [series.setting_matrix(member)], series.group.hall, template
    )
    profile = GaussianProfile(SIGMA_B, params.mosaicity)
    return experiment.replace(profile=profile, identifier=identifier_for("wedge", member.name, member.seed))
