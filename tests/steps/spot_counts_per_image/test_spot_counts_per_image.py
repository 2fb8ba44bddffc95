"""Counts, reach and ice of planted spots."""

import numpy as np
import pytest
from diffract import instrument

from gnomon.errors import InputError
from gnomon.io.images.experiment_images import shadow_of
from gnomon.maths.crystal.ice import powder_rings
from gnomon.models.experiment import Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.report.spot_counts_per_image import describe
from gnomon.steps.spot_counts_per_image.counts import Judge
from gnomon.steps.spot_counts_per_image.ice import is_icy
from gnomon.steps.spot_counts_per_image.lit import lit_part
from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams
from gnomon.steps.spot_counts_per_image.reach import falling_density
from gnomon.steps.spot_counts_per_image.step import spot_counts_per_image
from gnomon.steps.spot_counts_per_image.volume import SHELLS, SweptVolume
from tests.plain_values import assert_plain

SIZE = (400, 400)


@pytest.fixture(scope="module")
def experiment():
    return instrument(distance=60.0, size=SIZE, n_images=4).replace(images=ImageSet(template="a_#.cbf"))


@pytest.fixture(scope="module")
def masks():
    return [np.ones(SIZE[::-1], bool)]


def evenly(volume, count, d_min, rng):
    """(count,) lengths that fill the swept volume evenly to ``d_min``."""
    u = np.linspace(0, 1, SHELLS + 1)
    end = np.interp(1 / d_min, volume.edges, u)
    return np.interp(rng.uniform(0, end, count), u, volume.edges)


def test_within_the_circle_that_fits_the_detector_volume_grows_as_one_over_d_cubed(experiment, masks):
    edges = SweptVolume.of(experiment, masks).edges
    half_width = np.arctan(200 * 0.172 / 60.0)
    inside = edges[1:][edges[1:] < 2 * np.sin(half_width / 2) / experiment.beam.wavelength]
    assert len(inside) > 0.4 * SHELLS
    cubes = inside**3 / np.arange(1, len(inside) + 1)
    np.testing.assert_allclose(cubes[10:] / cubes[-1], 1.0, atol=0.01)


def test_a_mask_leaves_its_volume_out(experiment, masks):
    whole = SweptVolume.of(experiment, masks)
    y, x = np.mgrid[:400, :400]
    seen = np.hypot(x - 200, y - 200) < 100
    assert 1 / SweptVolume.of(experiment, [seen]).edges[-1] > 1.5 / whole.edges[-1]


def test_a_pixel_counts_for_the_part_of_the_scan_in_which_it_is_not_in_shadow(experiment, masks):
    x, y = (-20.0, 20.0), (10.0, 40.0)  # mm at 60 mm: the upper part of the detector, as the crystal stands now
    bar = {"part": [{"axis": "scan", "points": [[a, b, -60.0] for a in x for b in y]}]}
    shadowed = experiment.replace(images=ImageSet(template="a_#.cbf", params={"shadow": bar}))
    (part,), shadow = lit_part(shadowed), shadow_of(shadowed)
    start, end = experiment.scan.oscillation_range
    moments = np.mean([shadow.on(phi, phi)[0] for phi in np.linspace(start, end, 201)], axis=0)
    assert np.abs(part - (1 - moments)).max() < 0.05
    assert 0 < part.mean() < 1
    assert lit_part(experiment)[0].dtype == bool
    lost = SweptVolume.of(experiment, [np.ones(SIZE[::-1], np.float32) * 0.25])
    np.testing.assert_allclose(lost.edges, SweptVolume.of(experiment, masks).edges)
    assert not np.allclose(SweptVolume.of(shadowed, [part]).edges, lost.edges)


def test_a_falling_density_pools_what_rises():
    np.testing.assert_allclose(falling_density(np.array([4, 2, 6, 1, 0, 1])), [4, 4, 4, 1, 0.5, 0.5])


@pytest.mark.parametrize("d_min", [2.0, 2.5, 4.0])
@pytest.mark.parametrize("noise", [0, 15])
def test_the_limit_is_where_spots_end_amid_noise(experiment, masks, d_min, noise):
    rng = np.random.default_rng(7)
    volume, judge = SweptVolume.of(experiment, masks), Judge(experiment, masks, SpotCountsPerImageParams())
    told = []
    for _ in range(20):
        s = evenly(volume, 150, d_min, rng)
        s = np.concatenate([s, evenly(volume, noise, 1 / volume.edges[-1], rng)])
        told.append(judge(1 / s, np.ones(len(s))).d_min)
    assert np.median(told) == pytest.approx(d_min, rel=0.03)
    assert np.std(told) < 0.08 * d_min


def test_spots_to_the_corner_reach_to_the_corner(experiment, masks):
    volume = SweptVolume.of(experiment, masks)
    s = evenly(volume, 300, 1 / volume.edges[-1], np.random.default_rng(1))
    found = Judge(experiment, masks, SpotCountsPerImageParams())(1 / s, np.ones(300))
    assert found.d_min == pytest.approx(1 / volume.edges[-1], rel=0.02)


def test_few_spots_tell_no_limit(experiment, masks):
    found = Judge(experiment, masks, SpotCountsPerImageParams())(np.full(5, 5.0), np.full(5, 7.0))
    assert (found.n_spots, found.n_spots_no_ice, found.total_intensity, found.d_min, found.ice) == (
        5, 5, 35.0, None, False,
    )  # fmt: skip
    none = Judge(experiment, masks, SpotCountsPerImageParams())(np.zeros(0), np.zeros(0))
    assert (none.n_spots, none.d_min, none.ice) == (0, None, False)


@pytest.mark.parametrize("seed", range(5))
def test_ice_is_told_from_spots_of_a_crystal(experiment, masks, seed):
    rng = np.random.default_rng(seed)
    rings = powder_rings(1.6)
    s = evenly(SweptVolume.of(experiment, masks), 300, 2.0, rng)
    assert not is_icy(s, rings, 0.004)
    ring = np.sqrt(rings[:3].repeat(20) + rng.normal(0, 0.0007, 60))
    assert is_icy(np.concatenate([s, ring]), rings, 0.004)
    assert not is_icy(s, rings[:0], 0.004)


def table(image, xy):
    """Spots at pixels ``xy`` (n, 2), centred on the images of these numbers."""
    xyz = np.column_stack([xy, np.asarray(image) - 0.5])
    n = len(xyz)
    return Reflections(
        {
            "id": np.zeros(n, np.int32),
            "panel": np.zeros(n, np.int32),
            "intensity.sum.value": np.arange(1.0, n + 1),
            "xyzobs.px.value": xyz,
        }
    )


def test_every_image_of_the_scan_has_its_numbers(experiment):
    xy = [[250, 200], [260, 210], [200, 280]]
    result = spot_counts_per_image(
        Experiments.of([experiment]), table([2, 4, 2], xy), SpotCountsPerImageParams(ice_width=1e-9)
    )
    sweep = result.summary.sweeps[0]
    assert sweep.image == (1, 2, 3, 4)
    assert sweep.n_spots == (0, 2, 0, 1)
    assert sweep.total_intensity == (0.0, 4.0, 0.0, 2.0)
    assert sweep.d_min == (None,) * 4
    assert_plain(result.summary)
    shown = describe(result.summary)
    assert "4 images, 3 spots" in shown
    assert "too few to tell d_min; no ice" in shown


def test_sweeps_with_one_detector_are_told_apart(experiment):
    other = experiment.replace(images=ImageSet(template="b_#.cbf"))
    spots = table([1, 1, 3], [[250, 200], [260, 210], [200, 280]]).with_columns({"id": np.array([0, 1, 1])})
    summary = spot_counts_per_image(Experiments.of([experiment, other]), spots, SpotCountsPerImageParams()).summary
    assert [sweep.n_spots for sweep in summary.sweeps] == [(1, 0, 0, 0), (1, 0, 1, 0)]
    assert "Sweep 1" in describe(summary)


def test_no_spots_is_one_clear_line(experiment):
    with pytest.raises(InputError, match="no spots"):
        spot_counts_per_image(Experiments.of([experiment]), table([], np.zeros((0, 2))), SpotCountsPerImageParams())
