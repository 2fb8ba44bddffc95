"""Many data sets as ``integrate`` would leave them, without images: of several species, in settings of their own."""

from __future__ import annotations

from dataclasses import dataclass

import gemmi
import numpy as np
from scipy.ndimage import uniform_filter1d

from gnomon.maths.change_of_basis import matched, reindexed_table, to_primitive
from gnomon.maths.lattice import b_matrix
from gnomon.maths.symmetry import hall_symbol, rotations
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.profile import GaussianProfile
from gnomon.models.reflections import Reflections
from gnomon.simulate.background import background_rate
from gnomon.simulate.effects import orientation
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.integrated import integrated_wedge
from gnomon.simulate.population import LONGEST, NOISE, Member, population, spoilers
from gnomon.simulate.pseudo_protein import space_group_of
from gnomon.simulate.species import (
    Species,
    intensities_of,
    species_intensities,
    species_of,
    stretched,
    unique_indices,
)
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.structure_factors import TrueIntensities, sphere
from gnomon.simulate.true_models import InstrumentModels, true_experiments

SIGMA_B = 0.03
"""Width of a spot across, degrees, as the profile model of the experiments has it."""
_HOLOHEDRY = {
    "triclinic": "P1", "monoclinic": "P2", "orthorhombic": "P222", "tetragonal": "P422", "trigonal": "P622",
    "hexagonal": "P622", "cubic": "P432",
}  # fmt: skip
"""Rotations of the lattice by crystal system (trigonal: on hexagonal axes, without obverse and reverse)."""


@dataclass(frozen=True)
class WedgesTruth:
    """What is true of the data sets, in their order; the unique reflections are those of the species' true setting."""

    names: list[str]
    species: np.ndarray  # (n,) row of ``intensity``; -1 of noise
    setting: np.ndarray  # (n, 3, 3) P: true indices are h P (and A of the true setting A P^-T)
    cell: np.ndarray  # (n, 6) Å and degrees, of the conventional cell
    hkl: np.ndarray  # (M, 3) in the asymmetric unit
    intensity: np.ndarray  # (species, M) photons
    crystal_intensity: np.ndarray  # (n, M) the same of each crystal, with its shifts, B and volume; nan of noise
    space_group: str


def integrated_wedges(params: WedgesParams) -> tuple[Experiments, Reflections, WedgesTruth]:
    """Experiments, one table of all reflections, and the truth; the same for the same ``params``.

    Data sets come in the order of :func:`population`, spoilers last. Lorentz, polarisation and efficiency are in the
    counts and in columns, as ever; volume, B, absorption and the unsteady beam only in the counts.
    """
    species = species_of(params)
    members = [*population(params, species), *spoilers(params, species)]
    maker = WedgeMaker.of(params, species[0])
    wedges = [maker.wedge(member, number) for number, member in enumerate(members)]
    true = maker.scale * species_intensities(params, species, maker.unique, maker.d_min)
    truth = WedgesTruth(
        [m.name for m in members],
        np.array([m.species for m in members]),
        np.array([w.setting for w in wedges]),
        np.array([m.crystal.cell.parameters for m in members]),
        maker.unique,
        true,
        np.array([w.unique_intensity for w in wedges]),
        maker.group.xhm(),
    )
    experiments = Experiments.of(w.experiment for w in wedges)
    table = Reflections.concatenate([w.reflections for w in wedges])
    table = table.with_columns({"partial_id": np.arange(len(table), dtype=np.uint64)})
    return experiments, table.with_identifiers({i: e.identifier for i, e in enumerate(experiments)}), truth


@dataclass(frozen=True)
class Wedge:
    """One data set, the change of basis to the true setting, and its true intensities."""

    experiment: Experiment
    reflections: Reflections
    setting: np.ndarray
    unique_intensity: np.ndarray


@dataclass(frozen=True)
class WedgeMaker:
    """What all wedges have in common."""

    params: WedgesParams
    instrument: Instrument
    models: InstrumentModels
    background: np.ndarray
    group: gemmi.SpaceGroup
    d_min: float
    scale: float  # photons per electron squared
    hkl: np.ndarray  # (N, 3) the sphere to d_min of the longest cell
    unique: np.ndarray  # (M, 3)

    @classmethod
    def of(cls, params: WedgesParams, first: Species) -> WedgeMaker:
        """``mean_intensity`` is that of the ``first`` species."""
        instrument, group = Instrument.of(params), space_group_of(params)
        d_min = max(params.d_min or 0.0, instrument.corner_resolution)
        hkl = sphere(stretched(params.cell, LONGEST), group, d_min)
        mean = intensities_of(first, params, hkl, d_min).mean()
        models, background = InstrumentModels.of(instrument), background_rate(params, instrument)
        unique = unique_indices(params, d_min)
        return cls(params, instrument, models, background, group, d_min, params.mean_intensity / mean, hkl, unique)

    def wedge(self, member: Member, number: int) -> Wedge:
        """The data set of a crystal, in a setting of its own."""
        params = self.params.changed(seed=member.seed)
        crystal = self._intensities(member)
        setting = self._setting(member.seed)
        A = orientation(params) @ b_matrix(np.array(crystal.cell.parameters))
        experiment = self._experiment(member, A)
        table = integrated_wedge(params, self.instrument, experiment, crystal, self.background)
        P = np.linalg.inv(setting)
        table, _ = reindexed_table(table, P, np.ones(len(table), bool))
        table = table.with_columns({"id": np.full(len(table), number), "imageset_id": np.full(len(table), number)})
        hall = " P 1" if self.params.basis == "primitive" else hall_symbol(self.group)
        experiment = experiment.replace(crystal=experiment.crystal.reindexed(P, hall))
        return Wedge(experiment, table, setting, self._unique(member, crystal))

    def _intensities(self, member: Member) -> TrueIntensities:
        """All reflections of a crystal, in photons; of noise, unrelated ones that fall off alike."""
        cell = member.crystal.cell
        hkl = self.hkl[cell.calculate_1_d2_array(self.hkl) <= 1 / self.d_min**2]
        intensity = self.scale * member.scale * intensities_of(member.crystal, self.params, hkl, self.d_min)
        if member.species == NOISE:
            order = np.argsort(cell.calculate_1_d2_array(hkl), kind="stable")
            smooth = np.empty(len(hkl))
            smooth[order] = uniform_filter1d(intensity[order], len(hkl) // 50)
            intensity = smooth * np.random.default_rng([member.seed, 14]).exponential(size=len(hkl))
        return TrueIntensities(hkl, intensity, cell, self.group)

    def _setting(self, seed: int) -> np.ndarray:
        """P (3, 3) from the setting in which a data set is indexed to the true one, as ``basis`` has it."""
        if self.params.basis == "true":
            return np.eye(3)
        lattice = rotations(_HOLOHEDRY[self.group.crystal_system_str()])
        turn = lattice[np.random.default_rng([seed, 15]).integers(len(lattice))].astype(float)
        return np.linalg.inv(to_primitive(self.group)) @ turn if self.params.basis == "primitive" else turn

    def _experiment(self, member: Member, A: np.ndarray) -> Experiment:
        """With the true geometry; in the true setting as yet."""
        template = f"{member.name}_####.cbf.gz"
        (experiment,) = true_experiments(self.params, self.models, [A], self.group.hall, template)
        profile = GaussianProfile(SIGMA_B, self.params.mosaicity)
        return experiment.replace(profile=profile, identifier=identifier_for("wedge", member.name, member.seed))

    def _unique(self, member: Member, crystal: TrueIntensities) -> np.ndarray:
        """(M,) the crystal's intensities of the unique reflections; nan where it has none."""
        found = np.full(len(self.unique), np.nan)
        if member.species != NOISE:
            i, j = matched(self.unique, crystal.hkl)
            found[i] = crystal.intensity[j]
        return found
