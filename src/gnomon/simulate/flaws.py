"""What goes wrong with some wedges of every mesh scan."""

from __future__ import annotations

from dataclasses import replace

from gnomon.simulate.population import Member
from gnomon.simulate.species import stretched
from gnomon.simulate.species_params import CrystalsParams

SECOND_CRYSTAL = 0.7
"""Intensity of another crystal in the beam, relative to the first."""
_ICE = 20.0  # photons a pixel and degree at the peak of the strongest ring, for each of air scatter
_STAYS = 0.4  # of the wedge, before the crystal leaves the beam
_LONGER = 0.02  # by which the cell of a stranger is longer
_MOSAIC, _DOSE = 5.0, 0.05  # factors on mosaicity and on the photons
_DAMAGE = 30.0  # Å², growth of B


def flawed_params(params: CrystalsParams, member: Member) -> CrystalsParams:
    """The parameters of the wedge of a crystal, with what its flaw does to the images."""
    own, flaw = params.changed(seed=member.seed), member.flaw
    if flaw == "ice":
        return own.changed(ice=_ICE * params.background)
    if flaw == "empty":
        return own.changed(away=((1, params.images),))
    if flaw == "leaves":
        return own.changed(away=((round(_STAYS * params.images) + 1, params.images),))
    if flaw == "mosaic":
        return own.changed(mosaicity=_MOSAIC * params.mosaicity)
    if flaw == "damaged":
        return own.changed(decay_b=_DAMAGE)
    return own


def flawed_member(member: Member) -> Member:
    """The crystal with what its flaw does to its cell and to the photons it scatters."""
    if member.flaw == "cell":
        crystal = replace(member.crystal, cell=stretched(member.crystal.cell.parameters, _LONGER))
        return replace(member, crystal=crystal)
    return replace(member, scale=member.scale * _DOSE) if member.flaw == "dim" else member
