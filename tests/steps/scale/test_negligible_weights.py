"""What weighs next to nothing beside its equivalents is not merged: the rule, and a wedge of 1/20 of the dose."""

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import space_group, to_asu
from gnomon.maths.intensities.merging import Groups
from gnomon.maths.intensities.normalised import observations
from gnomon.models.flags import Flag
from gnomon.models.subset import subset
from gnomon.report.scale import describe
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale.filtering import has_negligible_weight
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

WEDGES = {
    "species": ("cow",), "wedges": 6, "d_min": 3.0, "images": 10, "width": 1.0, "basis": "true", "seed": 3,
    "crystal_shift": 0.0, "crystal_cell": 0.0,
}  # fmt: skip
DIM, DOSE = 5, 0.05


def light_of(*weights, least=0.3):
    """Which of equivalents with these weights are light."""
    groups = Groups(np.zeros((1, 3), np.int32), np.zeros(len(weights), np.intp), np.zeros(1, bool))
    return has_negligible_weight(groups, 1 / np.array(weights), least)


def test_the_rule_on_few_equivalents():
    assert light_of(1, 1, 0.01, 1).tolist() == [False, False, True, False]
    assert light_of(1, 1, 0.31, 1).tolist() == [False] * 4
    assert light_of(1, 1, 0.29, 1).tolist() == [False, False, True, False]
    assert light_of(0.01, 1).tolist() == [True, False]
    assert light_of(0.2, 1).tolist() == [False, False]  # .15 of the weight is the most that may go
    assert light_of(0.01).tolist() == [False]
    assert light_of(1, 0.01, least=0.001).tolist() == [False, False]


def test_however_many_are_light_no_more_than_a_seventh_of_the_weight_goes():
    found = light_of(*[1.0] * 4, *[0.02] * 43)
    assert found.sum() == 36  # of .02, of 4.86 in all
    assert not found[:4].any()


def test_groups_are_judged_each_by_itself_and_in_any_order():
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(300), rng.integers(1, 12, 300))
    variance = np.exp(rng.normal(0, 1.5, len(label)))
    together = has_negligible_weight(Groups(np.zeros((300, 3), np.int32), label, np.zeros(300, bool)), variance, 0.3)
    apart = np.concatenate([light_of(*(1 / variance[label == k])) for k in range(300)])
    assert (together == apart).all()
    order = rng.permutation(len(label))
    shuffled = Groups(np.zeros((300, 3), np.int32), label[order], np.zeros(300, bool))
    assert (has_negligible_weight(shuffled, variance[order], 0.3) == together[order]).all()


@pytest.fixture(scope="module")
def dim():
    """Six wedges, the last with a twentieth of the photons: of Poisson counts so many are kept, each by chance."""
    experiments, table, truth = integrated_wedges(WedgesParams(**WEDGES))
    rows, rng = table["id"] == DIM, np.random.default_rng(5)
    thinned, chance = {}, rng.normal(size=rows.sum())  # the same counts are summed and fitted
    for kind in ("prf", "sum"):
        value, variance = (table[f"intensity.{kind}.{what}"].copy() for what in ("value", "variance"))
        noise = np.sqrt(np.maximum(DOSE * (1 - DOSE) * variance[rows], 0)) * chance
        value[rows] = DOSE * value[rows] + noise
        variance[rows] = np.where(variance[rows] > 0, DOSE * variance[rows], variance[rows])
        thinned |= {f"intensity.{kind}.value": value, f"intensity.{kind}.variance": variance}
    return experiments, table.with_columns(thinned), truth


@pytest.fixture(scope="module")
def three(dim):
    """Scaled with the dim one by default, with it and merged whole, and without it."""
    experiments, table, _ = dim
    merged = scale(experiments, table, ScaleParams())
    whole = scale(experiments, table, ScaleParams(least_weight=0))
    return merged, whole, scale(*subset(experiments, table, range(DIM)), ScaleParams())


def figure(result, name):
    return getattr(result.summary.overall, name)


def test_a_dim_wedge_spoils_no_figure_and_the_others_keep_theirs(three):
    merged, whole, alone = three
    assert figure(whole, "r_meas") > 1.12 * figure(alone, "r_meas")  # what is the matter
    for name in ("r_meas", "r_pim"):
        assert figure(merged, name) < 1.05 * figure(alone, name)
    assert figure(merged, "i_over_sigma") > 0.99 * figure(whole, "i_over_sigma")
    assert figure(merged, "i_over_sigma") > 0.99 * figure(alone, "i_over_sigma")
    assert figure(merged, "cc_half") > 0.999 * figure(alone, "cc_half")


def test_no_reflection_is_lost(three):
    merged, whole, alone = three
    assert figure(merged, "n_unique") == figure(whole, "n_unique") > figure(alone, "n_unique")


def merged_and_true(result, truth):
    """(M,) merged and true intensities of the truth's reflections, nan where nothing is merged."""
    table = result.reflections
    use = table.has(Flag.SCALED) & ~table.has(Flag.BAD_FOR_SCALING)
    group = space_group(truth.space_group)
    index = {tuple(h): i for i, h in enumerate(to_asu(truth.hkl, group)[0].tolist())}
    which = np.array([index.get(tuple(h), -1) for h in to_asu(table["miller_index"][use], group)[0].tolist()])
    g = table["inverse_scale_factor"][use]
    value, weight = table["intensity.scale.value"][use] / g, g**2 / table["intensity.scale.variance"][use]
    total = np.bincount(which[which >= 0], weight[which >= 0], len(index))
    mean = np.bincount(which[which >= 0], (weight * value)[which >= 0], len(index))
    return np.where(total > 0, mean / np.where(total > 0, total, 1), np.nan), truth.intensity[0]


def in_shells(mean, true, d, common):
    """The means on the scale of the truth in ten shells: scales and B that are common to all are no error."""
    edges = np.quantile(d[common], np.linspace(0, 1, 11)[1:-1])
    shell = np.searchsorted(edges, d)
    scale_of = [true[common & (shell == k)].sum() / mean[common & (shell == k)].sum() for k in range(10)]
    return mean * np.array(scale_of)[shell]


def test_merged_intensities_are_as_near_to_the_truth_and_unbiased(three, dim):
    means, true = zip(*(merged_and_true(r, dim[2]) for r in three))
    true, d = true[0], d_spacing(dim[2].hkl, dim[2].cell[0])
    common = np.isfinite(means[2]) & np.isfinite(true)
    scaled = [in_shells(mean, true, d, common) for mean in means]
    merged, whole, alone = (np.abs(mean - true)[common].sum() / true[common].sum() for mean in scaled)
    assert merged < 1.025 * min(whole, alone)  # what is light has at most .3 / 6 of the information: 2.5 % of R
    weak = common & (true < np.quantile(true[common], 1 / 3))
    assert scaled[0][weak].sum() / true[weak].sum() == pytest.approx(1, abs=0.02)


def test_what_is_not_merged_is_told_and_flagged(three, dim):
    merged, whole, _ = three
    light = merged.reflections.has(Flag.EXCLUDED_FOR_SCALING) & merged.reflections.has(Flag.SCALED)
    assert light.sum() == merged.summary.n_light > 0
    told = describe(merged.summary)
    of_dim = (light & (merged.reflections["id"] == DIM)).sum()
    assert f"{dim[2].names[DIM]}: {of_dim} of its " in told
    assert f"{light.sum()} observations" in told
    assert "weighting.least_weight=0 merges them" in told
    assert whole.summary.n_light == 0
    assert "not merged" not in describe(whole.summary)
    assert "too light" not in describe(whole.summary)
    assert f"; {light.sum()} too light beside equivalents to be merged" in told
    others = light & (merged.reflections["id"] != DIM)
    assert others.sum() < 0.05 * (merged.reflections["id"] != DIM).sum()


def test_sigmas_as_integrated_follow_counts_and_choose_nothing(dim):
    result = scale(dim[0], dim[1], ScaleParams(error_model="none"))
    assert result.summary.n_light == 0


def test_data_sets_are_compared_by_all_that_they_have(three):
    """Else a dim one would be lost among those that it is to be compared with."""
    merged, whole, _ = three
    number = [len(observations("test", r.experiments, r.reflections, 0.4).row) for r in (merged, whole)]
    assert number[0] == number[1]


def test_scaled_again_everything_takes_part(three):
    merged, whole, _ = three
    again = scale(merged.experiments, merged.reflections, ScaleParams(least_weight=0))
    assert again.summary.overall.r_meas == pytest.approx(whole.summary.overall.r_meas, rel=1e-6)
    assert not again.reflections.has(Flag.EXCLUDED_FOR_SCALING)[again.reflections.has(Flag.SCALED)].any()
