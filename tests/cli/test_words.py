"""The words that every command knows: -c, -q, -v, help, exit codes, what was changed, prefixes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from gnomon.cli import main as cli
from gnomon.cli.main import main
from gnomon.cli.patterns import expanded
from gnomon.cli.progress import progress_lines
from gnomon.errors import ClusterError, InputError, UsageError
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections


@pytest.fixture
def images(tmp_path, write_cbf, monkeypatch) -> Path:
    """A folder to work in, with three images of one spot."""
    monkeypatch.chdir(tmp_path)
    for number in range(1, 4):
        pixels = np.random.default_rng(number).poisson(3.0, (60, 80)).astype(np.int32)
        pixels[20:23, 30:33] = 300
        write_cbf(tmp_path / f"a_{number}.cbf", pixels, Start_angle=f"{0.5 * number} deg.")
    return tmp_path


def test_c_reads_nothing_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for flag in ("-c", "--show-config", "--show_config"):
        main(["find_spots", "not_there.expt", "d_min=2", flag, "-e2", "-a", "1"])
        said = capsys.readouterr()
        assert '\n    d_min = 2.0\n      .help = "high-resolution limit [Å]"\n' in said.out
        assert "experiments = not_there.expt" in said.out
        assert said.err == ""
    main(["find_spots", "-c", "-e", "2", "-a0"])
    assert ".help" not in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_help_of_a_command_by_the_word_help(capsys):
    main(["help", "find_spots"])
    by_word = capsys.readouterr().out
    main(["find_spots", "--help"])
    assert capsys.readouterr().out == by_word != ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), 1),
        (ClusterError("x"), 1),
        (OSError(28, "no space left on device"), 1),
        (UsageError("x"), 2),
        (ZeroDivisionError("x"), 70),
        (KeyboardInterrupt(), 130),
    ],
    ids=repr,
)
def test_exit_codes(error, code, monkeypatch, capsys):
    def fail(*_):
        raise error

    monkeypatch.setattr(cli, "_parse_and_run", fail)
    with pytest.raises(SystemExit) as ended:
        main(["show"])
    assert ended.value.code == code
    assert capsys.readouterr().err.count("\n") == 1


def test_what_was_changed_is_said_under_full_names(images, capsys):
    main(["import", "a_1.cbf", "a_2.cbf", "a_3.cbf", "distance=250"])
    said = capsys.readouterr().out
    assert said.startswith(
        "The following parameters have been modified:\n\n"
        "# input: a_1.cbf a_2.cbf a_3.cbf\ngeometry.detector.distance = 250.0\n\n"
    )
    main(["find_spots", "imported.expt", "algorithm=dispersion", "mp.nproc=1"])
    said = capsys.readouterr().out
    assert "\ninput.experiments = imported.expt\n" in said
    assert (
        "\nspotfinder.threshold.algorithm = None dispersion_extended *dispersion radial_profile\nmp.nproc = 1\n" in said
    )


def test_quiet_is_quiet_and_the_log_is_not(images, capsys):
    main(["import", "a_#.cbf", "-q"])
    main(["find_spots", "imported.expt", "nproc=1", "--quiet"])
    said = capsys.readouterr()
    assert said.out + said.err == ""
    log = Path("gnomon.find_spots.log").read_text()
    assert "wrote strong.refl" in log


def test_times_stand_in_the_log_and_with_v_on_the_screen(images, capsys):
    main(["import", "a_#.cbf", "-v"])
    assert re.search(r"(?m)^\d\d:\d\d:\d\d wrote imported.expt", capsys.readouterr().out)
    log = Path("gnomon.import.log").read_text()
    assert re.match(r"gnomon \S+ import.*\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n", log)
    assert re.search(r"(?m)^\d\d:\d\d:\d\d import took \d+\.\d s, \d+\.\d s of CPU$", log)
    assert re.search(r"\d\d:\d\d:\d\d ended after \d+\.\d s, \d+\.\d s of CPU\n$", log)
    main(["find_spots", "imported.expt", "nproc=1"])
    assert not re.search(r"(?m)^\d\d:\d\d:\d\d", capsys.readouterr().out)


@pytest.mark.parametrize(("prefix", "start"), [("run1", "run1_"), ("run1-", "run1-"), ("out/", "out/")])
def test_a_prefix_is_that_of_every_file(prefix, start, images):
    (images / "out").mkdir()
    main(["import", "a_#.cbf"])
    before = set(images.rglob("*"))
    main(["find_spots", "imported.expt", "nproc=1", f"output.prefix={prefix}"])
    new = {str(path.relative_to(images)) for path in set(images.rglob("*")) - before}
    assert new == {start + "strong.refl", *(f"{start}gnomon.find_spots.{ending}" for ending in ("log", "json", "html"))}
    main(
        ["find_spots", "imported.expt", "nproc=1", f"output.prefix={prefix}", "output.reflections=x.refl", "log=x.log"]
    )
    assert {"x.refl", "x.log", "x.json"} <= {path.name for path in images.iterdir()}


def test_inputs_by_their_names(images, capsys):
    main(["import", "a_#.cbf"])
    for name in ("experiments", "input.experiments"):
        main(["find_spots", f"{name}=imported.expt", "nproc=1", "output.reflections=named.refl"])
    assert len(read_reflections("named.refl")) == 1
    main(["show", "reflections=named.refl"])
    assert "input.reflections = named.refl" in capsys.readouterr().out


def test_images_are_imported_first_where_experiments_are_needed(images, capsys):
    main(["find_spots", "a_1.cbf", "a_2.cbf", "a_3.cbf", "nproc=1"])
    assert "images are given where experiments are needed: they are imported first" in capsys.readouterr().out
    by_itself = read_experiments("imported.expt")
    table = read_reflections("strong.refl")
    main(["import", "a_#.cbf", "output.experiments=other.expt"])
    main(["find_spots", "other.expt", "nproc=1", "output.reflections=other.refl"])
    other = read_reflections("other.refl")
    assert [e.identifier for e in by_itself] == [e.identifier for e in read_experiments("other.expt")]
    assert np.array_equal(table["xyzobs.px.value"], other["xyzobs.px.value"])
    main(["show", "imported.expt", "strong.refl"])  # they are a pair


def test_an_image_is_shown_and_nothing_is_written_of_it(images, capsys):
    before = {path.name for path in images.iterdir()}
    main(["show", "a_1.cbf"])
    said = capsys.readouterr().out
    assert "imported first" in said
    assert "    wavelength: 0.9795\n" in said
    assert {path.name for path in images.iterdir()} - before == {"gnomon.show.log", "gnomon.show.json"}


def test_images_where_reflections_are_needed_too_lack_these(images, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["index", "a_1.cbf", "a_2.cbf"])
    assert ended.value.code == 2
    assert "index needs a reflection file" in capsys.readouterr().err


def test_patterns_that_the_shell_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.expt", "a.refl", "b.expt", "{x,y}.expt"):
        Path(name).touch()
    assert expanded(["?.expt", "c.{expt,refl}", "{x,y}.expt", "s_{9..11}/a.expt", "{b,a}.*"]) == [
        "a.expt", "b.expt", "c.expt", "c.refl", "{x,y}.expt", "s_9/a.expt", "s_10/a.expt", "s_11/a.expt",
        "b.expt", "a.expt", "a.refl",
    ]  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main(["show", "none_*.expt"])
    assert ended.value.code == 1


def test_plain_lines_of_progress_come_every_ten_seconds(monkeypatch, capsys):
    clock = iter([0.0, 5.0, 11.0, 12.0, 21.5, 22.0])
    monkeypatch.setattr("gnomon.cli.progress.time.monotonic", lambda: next(clock))
    for done in (1, 2, 3, 4, 5, 6):
        progress_lines("find_spots", done, 6)
    assert capsys.readouterr().err.splitlines() == [
        "find_spots: 3 of 6 (50 %)", "find_spots: 5 of 6 (83 %)", "find_spots: 6 of 6 (100 %)",
    ]  # fmt: skip


def test_what_is_soon_done_says_nothing(monkeypatch, capsys):
    clock = iter([100.0, 101.0])
    monkeypatch.setattr("gnomon.cli.progress.time.monotonic", lambda: next(clock))
    for done in (1, 2):
        progress_lines("refine", done, 2)
    assert capsys.readouterr().err == ""
