"""cosym on real insulin, cut into pseudo-crystals of which some are indexed k, h, -l."""

from dataclasses import replace

import numpy as np
import pytest

from gnomon.io.unmerged import read_data_set
from gnomon.maths.crystal.change_of_basis import parse_change_of_basis
from gnomon.maths.crystal.symmetry import rotations
from gnomon.models.experiment import Experiments
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym

SWAP = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])  # k, h, -l
PARTS = 9


@pytest.fixture
def insulin(shared):
    """The experiment and the table of the unmerged MTZ."""
    experiments, table = read_data_set(shared / "unmerged" / "insulin_dials_scaled_unmerged.mtz")
    return experiments[0], table


def cut(insulin, seed, whole=False):
    """Pseudo-crystals of 5 batches each, and which of them are reindexed; the first never is."""
    experiment, table = insulin
    batch = np.floor(table["xyzobs.px.value"][:, 2]).astype(int)
    part = np.clip((batch - batch.min()) // 5, 0, PARTS - 1)
    swapped = np.zeros(PARTS, bool)
    swapped[1 + np.random.default_rng(seed).permutation(PARTS - 1)[: PARTS // 2]] = True
    hkl = np.where(swapped[part][:, None], table["miller_index"] @ SWAP, table["miller_index"])
    crystals = [experiment.crystal.reindexed(SWAP) if swap else experiment.crystal for swap in swapped]
    items = [
        replace(experiment, crystal=crystal, identifier=f"part-{i}", images=None) for i, crystal in enumerate(crystals)
    ]
    names = {i: e.identifier for i, e in enumerate(items)}
    return Experiments.of(items), table.with_columns({"id": part, "miller_index": hkl}).with_identifiers(names), swapped


def true_changes(result, swapped):
    """h as measured -> h as cosym leaves it, of each part."""
    Q = [parse_change_of_basis(text) for text in result.summary.changes]
    return [(SWAP if swap else np.eye(3)) @ P for swap, P in zip(swapped, Q)]


def one_setting(changes):
    """Whether all of them are the same but for the rotations of I 2 3."""
    return all(any(np.allclose(P, W @ changes[0]) for W in rotations("I 2 3")) for P in changes)


@pytest.mark.real
@pytest.mark.parametrize("seeds", [range(7), pytest.param(range(7, 20), marks=pytest.mark.slow)], ids=["7", "13 more"])
def test_nine_parts_come_to_one_setting_in_twenty_seeds(insulin, seeds):
    wrong = []
    for seed in seeds:
        experiments, table, swapped = cut(insulin, seed)
        result = cosym(experiments, table, CosymParams())
        assert result.summary.laue_group == "I m -3"
        assert len(result.experiments) == PARTS
        if not one_setting(true_changes(result, swapped)):
            wrong.append(seed)
    assert wrong == []


@pytest.mark.real
@pytest.mark.parametrize("model", ["2bn3.pdb", "3i40.pdb"])
def test_a_model_fixes_the_absolute_setting(insulin, shared, model):
    found = []
    for seed in range(3):
        experiments, table, swapped = cut(insulin, seed)
        experiments, table = other_way(experiments, table) if seed == 2 else (experiments, table)
        result = cosym(experiments, table, CosymParams(reference=str(shared / "models" / model)))
        assert result.summary.space_group == "I 21 3"
        assert result.summary.reference_cc > 0.4 > 0.2 > result.summary.reference_next_cc
        changes = true_changes(result, ~swapped if seed == 2 else swapped)
        assert one_setting(changes)
        found.append(changes[0])
    assert one_setting(found)


def other_way(experiments, table):
    """All of it reindexed k, h, -l."""
    hkl = table["miller_index"] @ SWAP
    swapped = experiments.map(lambda e: e.replace(crystal=e.crystal.reindexed(SWAP)))
    return swapped, table.with_columns({"miller_index": hkl})
