"""Files of parameters: what PHIL and TOML set, and that what ``-c`` prints is read again as it was."""

import pytest

from gnomon.cli.main import main
from gnomon.cli.parameter_files import read_parameters
from gnomon.cli.phil import Definition, definitions
from gnomon.cli.registry import commands
from gnomon.errors import InputError

FULL = """
# comment { with = marks }
refinement
  .help = "a text that goes on"
          "in a second string; with = and }"
{
  parameterisation.scan_varying = True  # comment
  beam { fix = all in_spindle_plane *wavelength }
  crystal {
    unit_cell = 58 58 150 \\
                90 90 90
      .type = floats(size=6)
    !fix = cell
    name = "P 4"; other = 'it''s'
  }
}
!refinement { left = out }
exclude_images = 1,5
exclude_images = None
text = "two words" three
"""


def nothing(name, by):
    raise AssertionError((name, by))


def test_scopes_comments_attributes_and_quotes():
    found = [(d.name, d.text) for d in definitions(FULL, "x.phil", nothing)]
    assert found == [
        ("refinement.parameterisation.scan_varying", "True"),
        ("refinement.beam.fix", "all in_spindle_plane *wavelength"),
        ("refinement.crystal.unit_cell", "58 58 150 90 90 90"),
        ("refinement.crystal.name", "P 4"),
        ("refinement.crystal.other", "it s"),
        ("exclude_images", "1,5"),
        ("exclude_images", "None"),
        ("text", '"two words" three'),
    ]
    assert definitions("a.b = 1", "x", nothing) == [Definition("a.b", "1", "x", 1)]


def test_files_are_included_from_beside_the_one_that_names_them(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "mine.phil").write_text('a { include file "more/beam.phil"; z = 1 }\n!include file none.phil\nb = 2\n')
    (tmp_path / "more/beam.phil").write_text("fix = all\ninclude file last.phil\n")
    (tmp_path / "more/last.phil").write_text("\nx = 3\n")
    found = read_parameters(str(tmp_path / "mine.phil"))
    assert [(given.name, given.text) for given in found] == [("a.fix", "all"), ("a.x", "3"), ("a.z", "1"), ("b", "2")]
    assert found[1].where == f"{tmp_path}/more/last.phil, line 2"


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("include file mine.phil", "mine.phil, which includes it"),
        ("include scope dials.command_line.refine.phil_scope", "line 1: include scope; only include file NAME"),
        ("include file none.phil", "none.phil, which is no file"),
        ("include file", "line 1: include file; only"),
    ],
)
def test_what_cannot_be_included_is_told(tmp_path, last, message):
    (tmp_path / "mine.phil").write_text("include file last.phil")
    (tmp_path / "last.phil").write_text(last)
    with pytest.raises(InputError, match=message):
        read_parameters(str(tmp_path / "mine.phil"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a {\n b = 1", "x.phil, line 1: a { that is not closed"),
        ("a = 1\n}", "x.phil, line 2: a } that closes no scope"),
        ("a = 'x", "line 1: .*a quote that is not closed"),
        ("a\nb = 1", "line 1: a has no value"),
        ("a =\nb = 1", "line 1: a has no value"),
    ],
)
def test_what_is_no_phil_is_named_by_its_line(content, message):
    with pytest.raises(InputError, match=message):
        definitions(content, "x.phil", nothing)


def shown(capsys, *words: str) -> str:
    capsys.readouterr()
    main([*words, "-c"])
    return capsys.readouterr().out


PHIL = """spotfinder { filter { d_min = 2
 ice_rings.filter = True }
 filter.untrusted.circle = 1,2,3
 filter.untrusted.circle = 4 5 6
 threshold.algorithm = dispersion_extended *dispersion radial_profile
 threshold.dispersion.gain = Auto
}"""
TOML = """
[spotfinder.filter]
d_min = 2
ice_rings.filter = true
untrusted.circle = [[1, 2, 3], [4, 5, 6]]
[spotfinder.threshold]
algorithm = "dispersion"
"""
TYPED = ["d_min=2", "ice_rings.filter=true", "circle=1,2,3", "circle=4 5 6", "threshold.algorithm=dispersion"]


@pytest.mark.parametrize(("ending", "content"), [("phil", PHIL), ("eff", PHIL), ("toml", TOML)])
def test_a_file_sets_what_words_set(ending, content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"mine.{ending}").write_text(content)
    assert shown(capsys, "find_spots", f"mine.{ending}") == shown(capsys, "find_spots", *TYPED)
    later = shown(capsys, "find_spots", f"mine.{ending}", "d_min=3")
    assert later == shown(capsys, "find_spots", *TYPED, "d_min=3")


@pytest.mark.parametrize("name", [c.name for c in commands()])
@pytest.mark.parametrize("level", ["-a0", "-a2"])
def test_what_is_shown_is_read_again(name, level, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = shown(capsys, name, level)
    (tmp_path / "all.phil").write_text(text)
    assert shown(capsys, name, level, "all.phil") == text
    assert [p.name for p in tmp_path.iterdir()] == ["all.phil"]


CHANGED = [
    "find_spots a.expt kernel_size=4,5 algorithm=radial_profile exclude_images=0:1:5,0:7:9 blur=wide nproc=2",
    "refine a.expt a.refl beam.fix='all in_spindle_plane out_spindle_plane *wavelength' detector.fix=distance",
    "index a.expt a.refl space_group='P 4' unit_cell='58 58 150 90 90 90' joint=False output.prefix=x",
    "scale a.expt a.refl 'exclude_datasets=2 5' use_datasets='\"1 2\",x' exclude_images=2:1:5 d_min=1.2",
    "export a.expt a.refl output.file=None log='a b.log' format=shelx",
]


@pytest.mark.parametrize("line", CHANGED, ids=lambda line: line.split()[0])
def test_what_was_changed_is_read_again(line, tmp_path, monkeypatch, capsys):
    import shlex

    monkeypatch.chdir(tmp_path)
    text = shown(capsys, *shlex.split(line))
    (tmp_path / "all.phil").write_text(text)
    assert shown(capsys, line.split()[0], "all.phil") == text
    assert text != shown(capsys, line.split()[0], "a.expt", "a.refl")


@pytest.mark.parametrize(
    ("name", "content", "message", "code"),
    [
        ("a.phil", "spotfinder {\n d_mni = 3 }", "a.phil, line 2: unknown parameter 'spotfinder.d_mni'", 2),
        ("a.phil", "spotfinder {", "a.phil, line 1: a { that is not closed", 1),
        ("a.toml", "a = [", "a.toml is no TOML", 1),
        ("a.phil", b"\xff\xfe", "a.phil is no text", 1),
        ("b.phil", "", "a.phil: no such file", 1),
    ],
)
def test_a_bad_file_is_one_line(name, content, message, code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SystemExit) as ended:
        main(["find_spots", "a.toml" if name == "a.toml" else "a.phil", "-c"])
    said = capsys.readouterr()
    assert ended.value.code == code
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
