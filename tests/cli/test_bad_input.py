"""Bad input, kind by kind: one clear line on standard error, exit 1, and nothing half-written."""

from __future__ import annotations

import ctypes
import gzip
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import write_reflections
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan

BLACK = np.zeros((120, 120), np.int32)


@pytest.fixture
def sweep(tmp_path, monkeypatch, write_cbf):
    """A folder of work with five dark images, imported."""
    monkeypatch.chdir(tmp_path)
    for n in range(1, 6):
        write_cbf(Path(f"a_{n}.cbf"), BLACK, Start_angle=f"{0.5 * n}", Beam_xy="(60, 60)", Detector_distance="0.1")
    main(["import", "a_#.cbf"])
    return tmp_path


def spots(xyz: np.ndarray, identifier: str) -> Reflections:
    """Strong spots with these centroids, (n, 3) pixels and images."""
    count = len(xyz)
    low = np.floor(xyz).astype(np.int32)
    return Reflections(
        {
            "id": np.zeros(count, int),
            "panel": np.zeros(count, int),
            "flags": np.full(count, int(Flag.STRONG)),
            "bbox": np.stack([low, low + 1], 2).reshape(count, 6),
            "n_signal": np.full(count, 5),
            "intensity.sum.value": np.full(count, 100.0),
            "intensity.sum.variance": np.full(count, 100.0),
            "xyzobs.px.value": xyz,
            "xyzobs.px.variance": np.full((count, 3), 0.1),
        },
        {0: identifier},
    )


def write_spots(count: int, identifier: str | None = None) -> None:
    """Spots anywhere."""
    known = read_experiments(Path("imported.expt"))[0].identifier
    xyz = np.random.default_rng(3).uniform((0, 0, 0), (120, 120, 5), (count, 3))
    write_reflections(Path("strong.refl"), spots(xyz, identifier or known))


def write_spots_of_a_crystal() -> None:
    """The spots of a cubic crystal of 70 Å, turned by 60 degrees."""
    (bare,) = read_experiments(Path("imported.expt"))
    bare = bare.replace(scan=Scan((1, 60), (0.0, 1.0)))
    crystal = Crystal(rotation_about(np.array([1.0, 2.0, 3.0]), 0.5) / 70.0)
    xyz = predict_scan(bare.replace(crystal=crystal), 0, 9.0)["xyzcal.px"]
    write_experiments(Path("imported.expt"), Experiments.of([bare]))
    write_reflections(Path("strong.refl"), spots(xyz, bare.identifier))


def cut(name: str, kept: float) -> None:
    whole = Path(name).read_bytes()
    Path(name).write_bytes(whole[: int(len(whole) * kept)])


def change_a_pixel(name: str) -> None:
    whole = bytearray(Path(name).read_bytes())
    whole[whole.index(b"\x0c\x1a\x04\xd5") + 500] ^= 1
    Path(name).write_bytes(whole)


def squeeze_and_cut(number: int) -> None:
    """The images as .gz, one of them cut short, and imported again."""
    for n in range(1, 6):
        Path(f"a_{n}.cbf.gz").write_bytes(gzip.compress(Path(f"a_{n}.cbf").read_bytes()))
    main(["import", "a_#.cbf.gz"])
    cut(f"a_{number}.cbf.gz", 0.8)


def other_detector(write_cbf) -> None:
    write_cbf(Path("b_1.cbf"), BLACK[:60], Beam_xy="(60, 30)")
    main(["import", "b_1.cbf", "output.experiments=other.expt"])


BAD = {
    "truncated CBF": (lambda w: cut("a_1.cbf", 0.9), "import a_#.cbf", "a_1.cbf: cut short"),
    "truncated CBF later": (lambda w: cut("a_4.cbf", 0.5), "find_spots imported.expt", "a_4.cbf: cut short"),
    "truncated gz": (lambda w: squeeze_and_cut(3), "find_spots imported.expt", "a_3.cbf.gz: the compressed file is"),
    "wrong checksum": (lambda w: change_a_pixel("a_1.cbf"), "import a_#.cbf", "a_1.cbf: the pixels do not match"),
    "wrong checksum later": (lambda w: change_a_pixel("a_5.cbf"), "find_spots imported.expt", "a_5.cbf: the pixels"),
    "missing frame": (lambda w: Path("a_3.cbf").unlink(), "find_spots imported.expt", "a_3.cbf: there is no such"),
    "images moved away": (
        lambda w: [p.unlink() for p in Path().glob("a_?.cbf")], "find_spots imported.expt", "a_#.cbf: no such"
    ),
    "text file": (lambda w: Path("notes.txt").write_text("hello"), "import notes.txt", "notes.txt: not an image"),
    "empty image": (lambda w: Path("a_1.cbf").write_bytes(b""), "import a_#.cbf", "an empty file"),
    "empty folder": (lambda w: Path("nothing").mkdir(), "import nothing", "nothing: the folder is empty"),
    "no images named": (None, "import", "import needs images"),
    "missing file": (None, "import none_###.cbf", "none_###.cbf: there is no such file"),
    "image range beyond the images": (None, "import a_#.cbf image_range=2,9", "a_#.cbf has images 1 to 5"),
    "header without wavelength": (
        lambda w: w(Path("b_1.cbf"), BLACK, Wavelength=""), "import b_1.cbf", "b_1.cbf: the header does not tell the ge"
    ),
    "mixed detectors": (other_detector, "import a_#.cbf other.expt", "of 120x60 pixels, the images 1 panel of 120x120"),
    "pickled mask": (
        lambda w: Path("pixels.mask").write_bytes(pickle.dumps(())), "import a_#.cbf mask=pixels.mask", "pixels.mask"
    ),
    "missing .expt": (None, "find_spots gone.expt", "gone.expt"),
    "corrupt .expt": (lambda w: cut("imported.expt", 0.6), "find_spots imported.expt", "imported.expt"),
    ".expt of something else": (lambda w: Path("x.expt").write_text('{"a": 1}'), "find_spots x.expt", "x.expt"),
    "empty spot list": (lambda w: write_spots(0), "index imported.expt strong.refl", "spots"),
    "no spots on the images": (
        lambda w: main(["find_spots", "imported.expt"]), "index imported.expt strong.refl", "spots"
    ),
    "no lattice": (lambda w: write_spots(400), "index imported.expt strong.refl", "lattice"),
    "wrong cell": (
        lambda w: write_spots_of_a_crystal(), "index imported.expt strong.refl unit_cell=40,50,60,90,90,90",
        "no lattice found that agrees with the known cell",
    ),
    "corrupt .refl": (
        lambda w: (write_spots(50), cut("strong.refl", 0.7)), "index imported.expt strong.refl", "strong.refl"
    ),
    "pickled .refl": (
        lambda w: Path("strong.refl").write_bytes(pickle.dumps({}, 2)), "index imported.expt strong.refl", "strong.refl"
    ),
    ".refl of another .expt": (
        lambda w: write_spots(50, "somebody-else"), "index imported.expt strong.refl", "belongs to other experiments"
    ),
    "steps out of order": (lambda w: write_spots(50), "scale imported.expt strong.refl", "needs"),
    "unknown command": (None, "find_sopts", "did you mean find_spots?"),
    "unknown parameter": (None, "find_spots imported.expt sigma_stong=3", "sigma_stong"),
    "value out of bounds": (None, "find_spots imported.expt sigma_strong=-1", "greater than"),
    "value of another type": (None, "find_spots imported.expt sigma_strong=high", "number"),
}  # fmt: skip


OF_USAGE = {"unknown command", "unknown parameter", "value out of bounds", "value of another type"}


@pytest.mark.parametrize("kind", BAD)
def test_one_line_its_exit_code_nothing_half_written(kind, sweep, write_cbf, capsys):
    prepare, command, words = BAD[kind]
    if prepare:
        prepare(write_cbf)
    before = files(sweep)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    line = capsys.readouterr().err
    assert ended.value.code == (2 if kind in OF_USAGE else 1)
    assert_one_line(line, words)
    assert files(sweep) - before <= {f"gnomon.{command.split()[0]}.log"}


def files(folder: Path) -> set[str]:
    """Every file with its size and time, hidden ones too, logs by name alone."""
    return {
        p.name if p.suffix == ".log" else f"{p.name} {p.stat().st_size} {p.stat().st_mtime_ns}"
        for p in folder.iterdir()
    }


def assert_one_line(line: str, words: str) -> None:
    assert line.startswith("gnomon: ")
    assert line.count("\n") == 1
    assert "internal error" not in line
    assert words in line


PROGRAM = ("-m", "gnomon")
HANGING = (
    "-c",
    "import gnomon.io.plain_files as files; files.require_file = lambda path: None\n"
    "from gnomon.__main__ import run; run()",
)
"""The program where pipes are read as files: a file system that does not answer."""


def start(*words: str, folder: Path, program=PROGRAM, **options) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, *program, *words],
        cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def give_up_root() -> None:
    """Let file modes bind root too: drop CAP_DAC_OVERRIDE for the program that starts next."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def test_a_read_only_folder(sweep):
    folder = sweep / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    process = start("import", "../a_#.cbf", folder=folder, preexec_fn=give_up_root)
    _, line = process.communicate(timeout=100)
    assert process.returncode == 1
    assert_one_line(line, "permission denied")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("room", [0, 1500])
def test_a_full_disk(sweep, room):
    """No file may grow beyond ``room`` bytes: the log, or the output, cannot be written."""
    (sweep / "imported.expt").unlink()
    before = files(sweep)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    process = start("import", "a_#.cbf", folder=sweep, preexec_fn=limit)
    _, line = process.communicate(timeout=100)
    assert process.returncode == 1
    assert_one_line(line, "cannot write imported.expt: file too large")
    assert files(sweep) - before <= {"gnomon.import.log"}


@pytest.mark.parametrize("nproc", [1, 2])
def test_ctrl_c_in_the_middle(sweep, nproc):
    """The third image is a pipe that nobody fills: there the program waits until it is interrupted."""
    (sweep / "a_3.cbf").unlink()
    os.mkfifo(sweep / "a_3.cbf")
    before = files(sweep)
    process = start("find_spots", "imported.expt", f"nproc={nproc}", folder=sweep, program=HANGING)
    with open(sweep / "a_3.cbf", "wb"):  # returns when the program has opened the other end
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, line = process.communicate(timeout=100)
    assert process.returncode == 128 + signal.SIGINT
    assert_one_line(line, "interrupted")
    assert files(sweep) - before <= {"gnomon.find_spots.log"}


ENDED_WHILE_LOADING = """
import contextlib
import gnomon.cli.main as program
from gnomon.__main__ import run

def served():
    with contextlib.suppress(KeyboardInterrupt):
        exec("raise KeyboardInterrupt")

program.main = served
run()
"""


def test_ctrl_c_that_ends_a_server_while_a_data_class_is_made_is_no_failure():
    """Python would end by the signal then, though the interrupt was answered."""
    assert subprocess.run([sys.executable, "-c", ENDED_WHILE_LOADING], timeout=100).returncode == 0


def test_ctrl_c_twice_ends_at_once(sweep):
    """However often, and while the program is busy to end after the first."""
    (sweep / "a_3.cbf").unlink()
    os.mkfifo(sweep / "a_3.cbf")
    process = start("find_spots", "imported.expt", "nproc=2", folder=sweep, program=HANGING)
    with open(sweep / "a_3.cbf", "wb"):
        for pause in (0.2, 0.01, 0.0):
            time.sleep(pause)
            process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, said = process.communicate(timeout=60)
    assert process.returncode in (128 + signal.SIGINT, -signal.SIGINT)
    assert "Traceback" not in said
    assert time.monotonic() - begun < 30  # s; a loaded machine


@pytest.mark.parametrize("name", ["imported.expt", "strong.refl", "a_3.cbf", "x.mtz", "XDS_ASCII.HKL", "a.h5"])
def test_a_pipe_is_no_file(sweep, capsys, name):
    """Nothing waits for somebody to fill it."""
    write_spots(20)
    Path(name).unlink(missing_ok=True)
    os.mkfifo(name)
    words = {"a_3.cbf": ["find_spots", "imported.expt", "nproc=1"], "a.h5": ["import", name]}
    words |= {"strong.refl": ["index", "imported.expt", "strong.refl"]}
    with pytest.raises(SystemExit):
        main(words.get(name, ["show", name]))
    assert_one_line(capsys.readouterr().err, f"{name} is a named pipe, needed a file")


def test_the_crystal_of_the_wrong_cell_does_index(sweep, capsys):
    write_spots_of_a_crystal()
    main(["index", "imported.expt", "strong.refl"])
    (indexed,) = read_experiments(sweep / "indexed.expt")
    assert indexed.crystal.cell == pytest.approx([70, 70, 70, 90, 90, 90], rel=1e-3)


def test_process_stops_with_one_line_and_whole_files(sweep, capsys):
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["process", "a_#.cbf"])
    assert ended.value.code == 1
    assert_one_line(capsys.readouterr().err, "spots")
    assert len(read_experiments(sweep / "imported.expt")) == 1
    assert not list(sweep.glob(".*.part"))
