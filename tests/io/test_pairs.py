"""An .expt file knows the .refl file of its run."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.pairs import Partner, check_pairs, mark_of, partner_of
from gnomon.io.refl import write_reflections
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections

BEFORE = "2026-01-01T00:00:00+00:00|gnomon.import|0.1.0"


def write_pair(folder, content, name="scaled"):
    """A pair, as a command leaves it; the paths."""
    folder.mkdir(exist_ok=True)
    expt, refl = folder / f"{name}.expt", folder / f"{name}.refl"
    write_reflections(refl, Reflections({"id": np.array(content)}))
    line = f"2026-01-01T00:00:00+00:00|gnomon.scale|0.1.0|{mark_of(refl)}"
    write_experiments(expt, Experiments.of((), (BEFORE, line)))
    return read_experiments(expt), str(refl)


def test_a_pair_is_one(tmp_path):
    experiments, refl = write_pair(tmp_path, [0, 0])
    name, checksum, program = partner_of(experiments)
    assert (name, program) == ("scaled.refl", "gnomon.scale")
    assert checksum != partner_of(write_pair(tmp_path / "other", [0, 1])[0]).checksum
    check_pairs([experiments], [refl])


def test_a_file_of_another_run_is_refused(tmp_path):
    experiments, refl = write_pair(tmp_path, [0, 0])
    write_pair(tmp_path, [0, 1])
    with pytest.raises(InputError, match=r"scaled.refl is not the one that gnomon.scale wrote .* another run"):
        check_pairs([experiments], [refl])


def test_the_reflections_of_another_step_may_be_used(tmp_path):
    """As in ``dials.refine refined.expt indexed.refl``."""
    experiments, _ = write_pair(tmp_path, [0, 0])
    _, indexed = write_pair(tmp_path, [0, 1], "indexed")
    check_pairs([experiments], [indexed])


def test_pairs_of_several_folders_in_any_order(tmp_path):
    (first, a), (second, b) = (write_pair(tmp_path / str(i), [0, i]) for i in range(2))
    check_pairs([first, second], [b, a])
    write_pair(tmp_path / "1", [5])
    with pytest.raises(InputError, match=r"1/scaled\.refl"):
        check_pairs([first, second], [b, a])


@pytest.mark.parametrize(
    "line", ["", BEFORE, f"{BEFORE}|", f"{BEFORE}|integrated", f"{BEFORE}|reflections=scaled.refl"]
)
def test_what_others_wrote_is_taken_as_it_is(line, tmp_path):
    assert partner_of(Experiments.of((), (line,))) is None
    _, refl = write_pair(tmp_path, [0])
    check_pairs([Experiments.of((), (line,))], [refl])


def test_names_may_hold_anything():
    line = f"{BEFORE}|reflections=a:b|c.refl:0123abcd"
    assert partner_of(Experiments.of((), (line,))) == Partner("a:b|c.refl", "0123abcd", "gnomon.import")


def test_devices_and_empty_files_have_a_mark_or_none(tmp_path):
    assert mark_of("/dev/null") == ""
    (tmp_path / "empty.refl").touch()
    assert mark_of(tmp_path / "empty.refl") == "reflections=empty.refl:00000000"
