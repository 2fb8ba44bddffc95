"""Crystals of several species, measured one after the other on one instrument: what they have in common."""

from __future__ import annotations

from dataclasses import dataclass

import gemmi
import numpy as np
from scipy.ndimage import uniform_filter1d

from gnomon.maths.crystal.change_of_basis import matched
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.simulate.background import background_rate
from gnomon.simulate.dataset import instrument_numbers
from gnomon.simulate.effects import orientation
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.population import LONGEST, NOISE, Member
from gnomon.simulate.pseudo_protein import space_group_of
from gnomon.simulate.series_truth import SeriesTruth
from gnomon.simulate.species import Species, intensities_of, species_intensities, stretched, unique_indices
from gnomon.simulate.species_params import CrystalsParams
from gnomon.simulate.structure_factors import TrueIntensities, sphere
from gnomon.simulate.true_models import InstrumentModels
from gnomon.simulate.twin import twinned


@dataclass(frozen=True)
class Series:
    """The species, the instrument, and one scale from electrons squared to photons."""

    params: CrystalsParams
    species: list[Species]
    instrument: Instrument
    models: InstrumentModels
    background: np.ndarray  # (slow, fast) photons per pixel and degree
    group: gemmi.SpaceGroup
    d_min: float
    hkl: np.ndarray  # (N, 3) the sphere to d_min of the longest cell
    unique: np.ndarray  # (M, 3) in the asymmetric unit
    photons: float  # per electron squared

    @classmethod
    def of(cls, params: CrystalsParams, species: list[Species]) -> Series:
        """``mean_intensity`` is that of the first species."""
        instrument, group = Instrument.of(params), space_group_of(params)
        d_min = max(params.d_min or 0.0, instrument.corner_resolution)
        hkl = sphere(stretched(params.cell, LONGEST), group, d_min)
        photons = params.mean_intensity / intensities_of(species[0], params, hkl, d_min).mean()
        models, background = InstrumentModels.of(instrument), background_rate(params, instrument)
        unique = unique_indices(params, d_min)
        return cls(params, species, instrument, models, background, group, d_min, hkl, unique, photons)

    def intensities(self, member: Member) -> TrueIntensities:
        """All reflections of a crystal, in photons; of noise, unrelated ones that fall off alike."""
        cell = member.crystal.cell
        hkl = self.hkl[cell.calculate_1_d2_array(self.hkl) <= 1 / self.d_min**2]
        whole = intensities_of(member.crystal, self.params, hkl, self.d_min)
        intensity = self.photons * member.scale * twinned(self.params, hkl, whole)
        if member.random:
            order = np.argsort(cell.calculate_1_d2_array(hkl), kind="stable")
            smooth = np.empty(len(hkl))
            smooth[order] = uniform_filter1d(intensity[order], len(hkl) // 50)
            intensity = smooth * np.random.default_rng([member.seed, 14]).exponential(size=len(hkl))
        return TrueIntensities(hkl, intensity, cell, self.group)

    def setting_matrix(self, member: Member) -> np.ndarray:
        """(3, 3) A = U B of a crystal at angle zero, in the true setting."""
        own = self.params.changed(seed=member.seed)
        return orientation(own) @ b_matrix(np.array(member.crystal.cell.parameters))

    def setting_matrices(self, member: Member) -> list[np.ndarray]:
        """A (3, 3) of each crystal in the beam: of one, or of two of the same kind in unrelated orientations."""
        first = self.setting_matrix(member)
        if member.flaw != "two":
            return [first]
        other = self.params.changed(seed=member.seed + 1)
        return [first, orientation(other) @ b_matrix(np.array(member.crystal.cell.parameters))]

    def truth(self, members: list[Member], crystals: list[np.ndarray]) -> SeriesTruth:
        """What is true of the crystals; ``crystals`` holds the unique intensities (M,) of each."""
        return SeriesTruth(
            names=[m.name for m in members],
            species_names=[s.name for s in self.species],
            species=np.array([m.species for m in members]),
            cell=np.array([m.crystal.cell.parameters for m in members]),
            A=np.array([self.setting_matrix(m) for m in members]),
            hkl=self.unique,
            intensity=self.photons * species_intensities(self.params, self.species, self.unique, self.d_min),
            crystal_intensity=np.array(crystals),
            space_group=self.group.xhm(),
            numbers={
                "d_min": self.d_min,
                **instrument_numbers(self.params, self.instrument),
                "parameters": self.params.model_dump(mode="json"),
            },
        )

    def unique_intensities(self, member: Member, crystal: TrueIntensities) -> np.ndarray:
        """(M,) the crystal's intensities of the unique reflections; nan where it has none."""
        found = np.full(len(self.unique), np.nan)
        if member.species != NOISE:
            i, j = matched(self.unique, crystal.hkl)
            found[i] = crystal.intensity[j]
        return found
