"""The free set depends on index, lattice and seed alone; a reference is brought over whole, or refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import hall_symbol, is_absent, rotations, space_group, to_asu
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.free_set import FreeSet, free_label, free_value, in_a_known_convention
from gnomon.models.merged import Measured, MergedData
from gnomon.steps.merge.free_set import drawn_set, extended_set, free_flags, scrambled
from gnomon.steps.merge.lattice_orbits import representatives

HKL = np.stack(np.unravel_index(np.arange(20_000), (20, 25, 40)), 1)


def test_sets_are_even_and_the_seed_chooses() -> None:
    flags = free_flags(HKL, 0.05)
    counts = np.bincount(flags)
    assert len(counts) == 20
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(950)
    other = free_flags(HKL, 0.05, seed=1)
    assert abs(int(((flags == 0) & (other == 0)).sum()) - 50) < 40


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 1000))
def test_order_does_not_matter(shuffle: int, seed: int) -> None:
    order = np.random.default_rng(shuffle).permutation(500)
    np.testing.assert_array_equal(free_flags(HKL[order], 0.1, seed), free_flags(HKL[:500], 0.1, seed)[order])
    spread = scrambled(HKL[:500], seed)
    assert ((spread >= 0) & (spread < 1)).all()


CELL = (50.0, 50.0, 61.0, 90.0, 90.0, 90.0)


def merged_in(
    name: str, cell: tuple[float, ...] = CELL, d_min: float = 4.0, turn: np.ndarray | None = None
) -> MergedData:
    """Unique reflections of a group, their intensities the same function of hkl in every group and setting.

    turn: (3, 3) from the basis of the data to that in which the intensities are meant.
    """
    hall = hall_symbol(space_group(name))
    hkl = possible_indices(np.array(cell), hall, d_min)
    hkl = hkl[~is_absent(hkl, hall)]
    meant = hkl if turn is None else np.rint(hkl @ turn).astype(int)
    intensity = -np.log(1 - scrambled(representatives(meant, rotations(hall)), 99))
    n = len(hkl)
    return MergedData(hkl, np.array(cell), hall, 1.0, Measured(intensity, np.ones(n), np.ones(n, int)))


def as_reference(data: MergedData, flag: np.ndarray, intensities: bool = False) -> FreeSet:
    return FreeSet(data.hkl, flag, data.cell, data.hall_symbol, data.mean.intensity if intensities else None, "ref.mtz")


def by_index(data: MergedData, flag: np.ndarray) -> dict[tuple[int, ...], int]:
    return {tuple(h): f for h, f in zip(data.hkl.tolist(), flag.tolist())}


@pytest.mark.parametrize(
    ("low", "high"), [("P 43", "P 43 21 2"), ("P 31", "P 31 2 1"), ("P 31", "P 6/m m m"), ("I 2 3", "I 4 3 2")]
)
def test_twin_mates_and_a_higher_group_share_the_set(low: str, high: str) -> None:
    """A set drawn in P 43 was another than that of P 43 21 2, and free reflections had working twin mates."""
    cell = {"P 4": CELL, "P 3": (50, 50, 61, 90, 90, 120), "I 2": (78, 78, 78, 90, 90, 90)}[low[:3]]
    lower, higher = merged_in(low, cell), merged_in(high, cell)
    flag, wanted = drawn_set(lower, 0.05, 3).flag, drawn_set(higher, 0.05, 3).flag
    assert (wanted == 0).mean() == pytest.approx(0.05, abs=0.025)
    table = by_index(higher, wanted)
    mates = to_asu(lower.hkl, higher.hall_symbol)[0]
    pairs = [(f, table.get(tuple(h))) for h, f in zip(mates.tolist(), flag.tolist())]
    known = [(f, g) for f, g in pairs if g is not None]
    assert len(known) > 0.5 * len(pairs)
    assert all(f == g for f, g in known)


def test_a_reference_is_kept_and_extended_in_its_proportions() -> None:
    data = merged_in("P 2 2 2", (40.0, 50.0, 61.0, 90, 90, 90), 1.7)
    known = np.arange(len(data)) % 3 > 0
    flag = (np.arange(known.sum()) % 10 == 0).astype(int)  # 1 is free, as X-PLOR has it
    reference = FreeSet(data.hkl[known] * [-1, -1, 1], flag, data.cell, data.hall_symbol)
    found, notes = extended_set(data, reference, 0)
    np.testing.assert_array_equal(found[known], flag)
    assert found[~known].mean() == pytest.approx(0.1, abs=0.015)
    assert (free_value(found), free_label(found)) == (1, "R-free-flags")
    assert f"{known.sum()} flags from the reference, 0 from twin mates there, {(~known).sum()} drawn" in notes[-1]


def test_conventions_are_told_apart() -> None:
    ccp4 = free_flags(HKL, 0.05)
    assert (free_value(ccp4), free_label(ccp4)) == (0, "FreeR_flag")
    zero_is_free = (ccp4 != 0).astype(int)
    assert (free_value(zero_is_free), free_label(zero_is_free)) == (0, "FreeR_flag")
    shelx = np.where(ccp4 == 0, -1, 1)
    np.testing.assert_array_equal(in_a_known_convention(shelx), ccp4 == 0)


def test_a_reference_in_a_higher_group_gives_its_flag_to_all_it_joins() -> None:
    higher, lower = merged_in("P 43 21 2"), merged_in("P 43")
    flag = np.random.default_rng(1).integers(0, 20, len(higher))
    found, _ = extended_set(lower, as_reference(higher, flag), 0)
    table = by_index(higher, flag)
    wanted = [table.get(tuple(h)) for h in to_asu(lower.hkl, higher.hall_symbol)[0].tolist()]
    assert sum(w is not None for w in wanted) > 0.9 * len(wanted)
    assert all(w is None or w == f for w, f in zip(wanted, found.tolist()))


def test_a_set_of_a_lower_group_that_splits_equivalents_is_refused() -> None:
    higher, lower = merged_in("P 43 21 2"), merged_in("P 43")
    flag = np.random.default_rng(1).integers(0, 20, len(lower))
    with pytest.raises(InputError, match=r"ref.mtz has different flags for \d+ of \d+ .* drawn in P 43 without"):
        extended_set(higher, as_reference(lower, flag), 0)
    well_drawn = drawn_set(lower, 0.05, 0).flag
    found, _ = extended_set(higher, as_reference(lower, well_drawn), 0)
    np.testing.assert_array_equal(found, drawn_set(higher, 0.05, 0).flag)


def test_missing_flags_are_had_from_twin_mates() -> None:
    data = merged_in("P 43")
    flag = drawn_set(data, 0.05, 7).flag
    kept = np.random.default_rng(2).random(len(data)) < 0.7
    reference = FreeSet(data.hkl[kept], flag[kept], data.cell, data.hall_symbol)
    found, notes = extended_set(data, reference, 0)
    np.testing.assert_array_equal(found[kept], flag[kept])
    assert (found == flag)[~kept].mean() > 0.6
    assert int(notes[-1].split(" from twin mates")[0].split()[-1]) > 0.5 * (~kept).sum()


def test_a_set_is_brought_over_from_another_setting() -> None:
    """I 2 1 and C 2 1 of one crystal: a' = a + c."""
    old = merged_in("C 1 2 1", (60.0, 45.0, 50.0, 90, 110, 90))
    P = np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 1]])
    cell = cell_from_a_matrix(b_matrix(old.cell) @ np.linalg.inv(P).T)
    new = merged_in("I 1 2 1", tuple(cell), turn=np.linalg.inv(P))
    flag = np.random.default_rng(4).integers(0, 20, len(old))
    found, notes = extended_set(new, as_reference(old, flag), 0)
    assert notes[0].startswith("brought over from C 1 2 1 by the change of axes")
    table = by_index(old, flag)
    back = to_asu(np.rint(new.hkl @ np.linalg.inv(P)).astype(int), old.hall_symbol)[0]
    assert [table[tuple(h)] for h in back.tolist()] == found.tolist()


def test_intensities_tell_the_indexing_of_the_reference() -> None:
    """P 43 indexed the other way: the flags are those of the reflections with the same intensities."""
    turn = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, -1]])
    old, new = merged_in("P 43"), merged_in("P 43", turn=turn)
    flag = np.random.default_rng(4).integers(0, 20, len(old))
    found, notes = extended_set(new, as_reference(old, flag, intensities=True), 0)
    assert "change of axes" in notes[0]
    table = by_index(old, flag)
    meant = to_asu(np.rint(new.hkl @ turn).astype(int), old.hall_symbol)[0]
    assert [table[tuple(h)] for h in meant.tolist()] == found.tolist()


@pytest.mark.parametrize(
    ("name", "cell", "said"),
    [
        ("P 43", (50, 50, 68, 90, 90, 90), "its free set is of another crystal form"),
        ("P 2 2 2", CELL, None),
        ("C 2 2 2", (70.71068, 70.71068, 61, 90, 90, 90), None),  # its lattice is that of P 4
        ("P 1 1 2", CELL, None),
    ],
)
def test_a_set_of_another_cell_is_refused(name: str, cell: tuple[float, ...], said: str | None) -> None:
    reference = merged_in(name, cell)
    flags = as_reference(reference, drawn_set(reference, 0.05, 0).flag)
    data = merged_in("P 4 2 2")
    if said is None:
        assert len(extended_set(data, flags, 0).flag) == len(data)
        return
    with pytest.raises(InputError, match=said):
        extended_set(data, flags, 0)


def test_a_set_of_another_group_is_refused() -> None:
    reference = merged_in("P 2 2 2")
    with pytest.raises(InputError, match="neither has the symmetry of the other"):
        extended_set(merged_in("P 4"), as_reference(reference, drawn_set(reference, 0.05, 0).flag), 0)
