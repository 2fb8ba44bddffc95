"""Absorption of sensors against what DIALS 3.12.1 writes, and against the tables' own figures."""

from __future__ import annotations

import pytest

from gnomon.maths.geometry.attenuation import HC, attenuation

DIALS = {
    "Si": {0.2: 0.0716960562, 0.35: 0.2211389697, 0.6: 0.9492945332, 1.0: 4.2079858756, 1.3: 9.0579206234,
           1.7: 19.6231849739, 2.1: 35.8341848430, 3.5: 146.0910934372, 6.0: 594.8883177567, 7.5: 96.0064865335},
    "CdTe": {0.2: 3.7151069983, 0.35: 16.3901188034, 0.6: 12.1732251528, 1.0: 48.1146384010, 1.3: 97.0548810881,
             1.7: 196.7647837278, 2.1: 341.4096069309, 3.5: 480.9820316383, 6.0: 952.1380664822, 7.5: 1620.5008346104},
}  # fmt: skip


@pytest.mark.parametrize(("material", "wavelength"), [(m, w) for m, values in DIALS.items() for w in values])
def test_mu_as_dials_has_it(material, wavelength):
    assert attenuation(material, wavelength) == pytest.approx(DIALS[material][wavelength], rel=1e-6)


def test_at_a_tabulated_energy_the_table_comes_back():
    assert attenuation("Si", HC / 10_000) == pytest.approx(33.89 * 2.33 / 10)


def test_the_k_edge_of_cadmium():
    below, above = attenuation("CdTe", HC / 26_710), attenuation("CdTe", HC / 26_712)
    assert above / below == pytest.approx(29.43 / 9.834, rel=1e-3)


def test_outside_the_table_is_refused():
    with pytest.raises(ValueError, match="outside"):
        attenuation("Si", 20.0)
