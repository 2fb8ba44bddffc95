"""symmetry and cosym without images that were left out by hand."""

import numpy as np
import pytest

from gnomon import cosym, symmetry
from gnomon.errors import InputError
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges


@pytest.fixture(scope="module")
def wedges():
    experiments, table, _ = integrated_wedges(
        WedgesParams(species=("cow",), wedges=4, d_min=4.0, basis="true", image_size=(487, 619))
    )
    return experiments, table


@pytest.mark.parametrize("step", [symmetry, cosym])
def test_their_observations_are_not_used(wedges, step):
    experiments, table = wedges
    first, last = experiments[1].scan.image_range
    middle = (first + last) // 2
    whole = step(experiments, table)
    part = step(experiments, table, exclude_images=((1, first, middle),))
    z = table["xyzobs.px.value"][:, 2]
    gone = (table["id"] == 1) & (z < middle)
    lost = whole.summary.n_observations - part.summary.n_observations
    assert 0.8 * gone.sum() < lost <= gone.sum()  # some had no usable intensity
    assert part.experiments[1].valid_ranges == ((middle + 1, last),)
    assert part.experiments[0].valid_ranges == ((first, last),)
    assert part.summary.space_group == whole.summary.space_group
    with pytest.raises(InputError, match="no image of experiment 2 is left"):
        step(experiments, table, exclude_images=((2, first, last),))


def test_bad_images_do_not_hide_the_symmetry(wedges):
    """Half of every sweep with the intensities of other reflections: which group it is, the other half tells."""
    experiments, table = wedges
    z, middle = table["xyzobs.px.value"][:, 2], {}
    bad = np.zeros(len(table), bool)
    for i, e in enumerate(experiments):
        low, high = e.scan.array_range
        middle[i] = (low + high) // 2
        bad |= (table["id"] == i) & (z < middle[i])
    mixed = np.arange(len(table))
    mixed[bad] = np.random.default_rng(1).permutation(np.flatnonzero(bad))
    names = [n for n in table if n.startswith("intensity.")]
    spoilt = table.with_columns({name: table[name][mixed] for name in names})
    right = symmetry(experiments, table).summary
    ranges = tuple((i, e.scan.image_range[0], middle[i]) for i, e in enumerate(experiments))
    found = symmetry(experiments, spoilt, exclude_images=ranges).summary
    assert found.laue_group == right.laue_group
    assert found.laue_confidence > symmetry(experiments, spoilt).summary.laue_confidence
