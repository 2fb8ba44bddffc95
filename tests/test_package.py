"""What is released: wheel and source archive, built, installed in an environment of its own, and started there."""

import hashlib
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from trove_classifiers import classifiers

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "gnomon"
ALONE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""Without a way back to this tree."""


def run(*words, folder):
    """What a command printed that ended well."""
    done = subprocess.run(list(map(str, words)), cwd=folder, env=ALONE, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def contents(archive):
    """SHA-256 of each file of a wheel, by its name in there."""
    with zipfile.ZipFile(archive) as opened:
        return {name: hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the source archive of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, folder=ROOT)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


@pytest.fixture(scope="module")
def metadata(built):
    """The wheel's METADATA: headers, and the README as its body."""
    with zipfile.ZipFile(built[0]) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(opened.read(name).decode())


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The folder of programs of an environment that holds the wheel, and sees the dependencies of this one."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    run(sys.executable, "-m", "venv", folder, folder=ROOT)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile", built[0], folder=folder)
    (place,) = (folder / "lib").glob("python*/site-packages")
    # searched last; its own .pth files are not read, such as that of gnomon installed from this tree
    (place / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_wheel_holds_the_package_and_nothing_else(built):
    files = [path for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    here = {f"gnomon/{path.relative_to(SOURCE)}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert {name: sha for name, sha in contents(built[0]).items() if ".dist-info/" not in name} == here
    assert {"gnomon/py.typed", "gnomon/web/static/index.html", "gnomon/web/static/vendor/three.js"} <= set(here)


def test_the_source_archive_makes_the_same_wheel(built, tmp_path):
    wheel, source = built
    with tarfile.open(source) as opened:
        opened.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "again", folder=unpacked)
    assert contents(tmp_path / "again" / wheel.name) == contents(wheel)
    assert (unpacked / "tests" / "conftest.py").is_file()


def test_it_starts_where_it_is_installed(installed, project, tmp_path):
    assert run(installed / "gnomon", "--version", folder=tmp_path) == f"gnomon {project['version']}\n"
    where = "import gnomon.web; print(gnomon.web.__path__[0])"
    page = Path(run(installed / "python", "-c", where, folder=tmp_path).strip())
    assert page.is_relative_to(installed.parent)
    assert (page / "static" / "index.html").read_bytes() == (SOURCE / "web" / "static" / "index.html").read_bytes()


def test_it_reads_data_where_it_is_installed(installed, cbf, tmp_path):
    run(installed / "gnomon", "import", cbf, folder=tmp_path)
    assert "wavelength: 0.9795" in run(installed / "gnomon", "show", "imported.expt", folder=tmp_path)


def test_licences_come_with_it(built):
    with zipfile.ZipFile(built[0]) as opened:
        licences = {Path(n).name: opened.read(n).decode() for n in opened.namelist() if "/licenses/" in n}
    assert set(licences) == {"LICENSE", "plotly-LICENSE.txt", "LICENSE.three.txt", "LICENSE.uplot.txt"}
    assert licences["LICENSE"] == (ROOT / "LICENSE").read_text()
    assert "Copyright" in licences["LICENSE.three.txt"]


def test_it_says_what_it_is(metadata, project):
    assert (metadata["Name"], metadata["Version"]) == ("gnomon-xtal", project["version"])
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload() == (ROOT / "README.md").read_text()
    assert {"crystallography", "X-ray diffraction"} <= set(metadata["Keywords"].split(","))
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL"))
    assert urls["Homepage"] == f"https://pypi.org/project/{metadata['Name']}/"
    assert all(url.startswith("https://") for url in urls.values())


def test_its_classifiers_are_known_ones(metadata):
    told = set(metadata.get_all("Classifier"))
    assert told <= classifiers
    assert {"Typing :: Typed", "Programming Language :: Python :: 3.11"} <= told
    assert not any(one.startswith("License ::") for one in told)  # License-Expression says it


def test_it_asks_for_its_dependencies(metadata, project):
    asked = {str(one) for one in map(Requirement, metadata.get_all("Requires-Dist")) if one.marker is None}
    assert asked == {str(Requirement(one)) for one in project["dependencies"]}
