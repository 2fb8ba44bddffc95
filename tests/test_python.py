"""gnomon from Python: signatures and help are those of the commands, errors are one line, objects show themselves."""

from __future__ import annotations

import inspect
import pydoc
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import gnomon
from gnomon.cli.main import main
from gnomon.html_table import html_table
from gnomon.io.unmerged import read_data_set
from gnomon.models.reflections import Reflections
from gnomon.pipeline import PARTS, STEPS
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def scaled():
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=4.0, basis="true"))
    return gnomon.scale(experiments, table, d_min=4.2)


@pytest.mark.parametrize("stage", [*STEPS.values(), *PARTS.values()], ids=lambda stage: stage.name)
def test_signature_and_help_tell_what_the_command_tells(stage, capsys):
    function = getattr(gnomon, stage.public_name)
    parameters = inspect.signature(function).parameters
    for key, info in stage.params_class.model_fields.items():
        assert parameters[key].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[key].default == info.get_default()
        assert parameters[key].annotation == info.annotation
    told = " ".join(pydoc.render_doc(function, renderer=pydoc.plaintext).split())
    main([stage.name, "--help"])
    command = " ".join(capsys.readouterr().out.split())
    assert f"{stage.public_name}({next(iter(parameters))}" in told
    for key, info in stage.params_class.model_fields.items():
        meaning = " ".join(info.description.split())
        unit = (info.json_schema_extra or {}).get("unit") or ""
        entry = f"{meaning} [{unit}"
        assert entry in told, key
        assert entry in command or key not in command, key


def test_the_whole_of_it_has_a_signature_too():
    assert list(inspect.signature(gnomon.process).parameters)[:3] == ["data", "reflections", "many"]
    assert inspect.signature(gnomon.process) == inspect.signature(gnomon.process_data)
    assert "deciding as an expert would" in pydoc.render_doc(gnomon.process_data)
    assert import_module("gnomon.process.run").process  # still the package


def test_the_stub_is_current_and_a_strict_type_checker_is_content(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "docs/reference/generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (ROOT / "src/gnomon/py.typed").is_file()
    mypy = shutil.which("mypy", path=str(Path(sys.executable).parent)) or shutil.which("mypy")
    if mypy is None:
        pytest.skip("mypy is not installed; pip install mypy")
    script = tmp_path / "script.py"
    script.write_text((ROOT / "tests/user_script.py").read_text())
    code, said = _checked(mypy, script)
    assert code == 0, said
    script.write_text('import gnomon\ngnomon.scale(gnomon.refine(None, d_mni=1.0), d_min="fine")\n')
    code, said = _checked(mypy, script)
    assert code == 1
    assert 'Unexpected keyword argument "d_mni" for "refine"' in said
    assert 'Argument "d_min" to "scale" has incompatible type "str"; expected "float | None"' in said


def _checked(mypy: str, script: Path) -> tuple[int, str]:
    command = [mypy, "--strict", "--cache-dir", str(script.parent / "cache"), "--config-file="]
    command += ["--follow-imports=silent", str(script)]  # as errors in an installed package are
    environment = {"MYPYPATH": str(ROOT / "src"), "PATH": str(Path(sys.executable).parent)}
    done = subprocess.run(command, env=environment, cwd=script.parent, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"d_mni": 2.0}, "unknown parameter 'd_mni'; did you mean d_min"),
        ({"d_min": -1.0}, "d_min=-1.0: input should be greater than 0"),
        ({"model": "best"}, "model=best: input should be 'auto'"),
    ],
)
def test_a_bad_parameter_is_an_error_of_our_own_in_one_line(given, message):
    with pytest.raises(gnomon.InputError, match=message) as caught:
        gnomon.scale(None, **given)
    assert "\n" not in str(caught.value)


def test_data_by_name_are_the_data(scaled):
    by_name = gnomon.estimate_resolution(experiments=scaled.experiments, reflections=scaled.reflections)
    assert repr(by_name.summary) == repr(gnomon.estimate_resolution(scaled).summary)


def test_rows_of_a_table(scaled):
    table = scaled.reflections
    assert np.array_equal(table[10:20]["miller_index"], table["miller_index"][10:20])
    mask = table["d"] > 5.0
    assert 0 < len(table[mask]) < len(table)
    assert table[mask]["d"].min() > 5.0
    assert np.array_equal(table[[3, 1]]["d"], table["d"][[3, 1]])
    assert table[:0].identifiers == table.identifiers


def test_objects_show_themselves_in_a_line_and_in_a_table(scaled):
    shown = [scaled, scaled.experiments, scaled.experiments[0], scaled.reflections, scaled.summary]
    for thing in shown:
        assert "\n" not in repr(thing)
        assert thing._repr_html_().count("<table>") == thing._repr_html_().count("</table>") > 0
    n = len(scaled.experiments)
    assert repr(scaled.experiments) == f"Experiments({n}, {n} with a crystal)"
    assert repr(scaled.reflections).startswith(f"Reflections({len(scaled.reflections)} rows of {n} experiments, ")
    assert "<td>intensity.scale.value</td><td>double</td>" in scaled.reflections._repr_html_()
    assert len(repr(scaled)) < 300
    assert max(len(repr(thing)) for thing in shown) < 2000
    assert html_table("<b>", ("a",), [("<x>",)]).count("&lt;") == 2


def test_plots_are_plain_data_and_show_themselves(scaled):
    found = gnomon.plots(scaled)
    assert len(found) > 3
    for plot in found:
        plain = plot.to_dict()
        assert plain["layout"]["title"] == plot.title
        assert plain["data"]
        assert all(isinstance(trace, dict) for trace in plain["data"])
    html = found[0]._repr_html_()
    assert html.startswith("<iframe srcdoc=")
    assert found[0].title in html
    with pytest.raises(gnomon.InputError, match="nothing to plot"):
        gnomon.plots(gnomon.Result(scaled.experiments, scaled.reflections))


def test_merged_and_exported_data_are_objects_of_gemmi(scaled, tmp_path):
    merged = gnomon.merge(scaled, generate=False)
    mtz = gnomon.merged_mtz(merged.product)
    assert mtz.nreflections == len(merged.product)
    assert mtz.spacegroup.hall.strip() == scaled.experiments[0].crystal.hall_symbol.strip()
    np.testing.assert_allclose(mtz.column_with_label("IMEAN").array, merged.product.mean.intensity, rtol=1e-6)
    unmerged = gnomon.unmerged_mtz(gnomon.export(scaled).product)
    unmerged.write_to_file(str(tmp_path / "a.mtz"))
    assert unmerged.nreflections == len(read_data_set(tmp_path / "a.mtz")[1])


TABLE = Reflections(
    {"miller_index": np.arange(6).reshape(2, 3), "d": np.array([2.0, 3.0]), "id": np.array([0, 0])}, {0: "x"}
)


def test_a_table_as_a_data_frame():
    pandas = pytest.importorskip("pandas")
    frame = TABLE.to_pandas()
    assert list(frame.columns) == ["miller_index.0", "miller_index.1", "miller_index.2", "d", "id"]
    assert frame["miller_index.1"].tolist() == [1, 4]
    assert isinstance(frame, pandas.DataFrame)


def test_a_table_as_an_xarray_data_set():
    pytest.importorskip("xarray")
    data = TABLE.to_xarray()
    assert data["miller_index"].dims == ("reflection", "miller_index.component")
    assert data["d"].attrs["units"] == "Å"
    assert data.attrs["identifiers"] == ["0: x"]


@pytest.mark.parametrize("package", ["pandas", "xarray"])
def test_what_is_not_installed_is_asked_for_in_one_line(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(gnomon.InputError, match=f"^{package} is not installed, .*pip install {package}$"):
        getattr(TABLE, f"to_{package}")()
