"""The conda recipe tells what pyproject.toml tells."""

import contextlib
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from gnomon.cli.main import main

ROOT = Path(__file__).parents[1]
ON_CONDA = {"isal": "python-isal", "msgpack": "msgpack-python"}
"""Packages that conda-forge has under another name."""


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def recipe():
    """The recipe, what stands for the values of ``context`` replaced by them."""
    text = (ROOT / "conda" / "recipe.yaml").read_text()
    context = yaml.safe_load(text)["context"]
    filled = re.sub(r"\$\{\{ *(\w+) *\}\}", lambda found: f'"{context[found[1]]}"', text)
    return yaml.safe_load(filled)


def on_conda(requirements):
    """Name and bounds of each requirement of pyproject.toml, under the name that conda-forge has for it."""
    parsed = map(Requirement, requirements)
    return sorted((ON_CONDA.get(one.name, one.name), one.specifier) for one in parsed)


def required(requirements):
    """Name and bounds of each requirement of the recipe."""
    return sorted((one.name, one.specifier) for one in map(Requirement, requirements))


def test_sections_are_those_of_the_first_schema(recipe):
    assert recipe.pop("schema_version") == 1
    assert set(recipe) == {"context", "package", "source", "build", "requirements", "tests", "about"}
    assert set(recipe["requirements"]) == {"host", "run", "run_constraints"}


def test_it_is_the_same_package(recipe, project):
    told = project["project"]
    assert recipe["package"] == {"name": told["name"], "version": told["version"]}
    assert recipe["build"]["python"]["entry_points"] == [f"{n} = {to}" for n, to in told["scripts"].items()]
    about = recipe["about"]
    assert (about["summary"], about["license"]) == (told["description"], told["license"])
    assert about["homepage"] == told["urls"]["Homepage"]
    licences = sorted(str(path.relative_to(ROOT)) for glob in told["license-files"] for path in ROOT.glob(glob))
    assert sorted(about["license_file"]) == licences


def test_what_runs_needs_the_same_in_the_same_versions(recipe, project):
    told = project["project"]
    python = f"python{told['requires-python']}"
    assert required(recipe["requirements"]["run"]) == on_conda([python, *told["dependencies"]])
    extras = told["optional-dependencies"]
    assert required(recipe["requirements"]["run_constraints"]) == on_conda([*extras["cluster"], *extras["view"]])


def test_it_is_built_by_the_same(recipe, project):
    host = required(recipe["requirements"]["host"])
    python = f"python{project['project']['requires-python']}"
    assert host == on_conda(["pip", python, *project["build-system"]["requires"]])


def test_its_source_is_this_folder(recipe):
    assert (ROOT / "conda" / recipe["source"]["path"]).resolve() == ROOT


def test_its_own_tests_pass(recipe, tmp_path, capsys):
    imported, commands = recipe["tests"]
    for module in imported["python"]["imports"]:
        __import__(module)
    with contextlib.chdir(tmp_path):
        for line in commands["script"]:
            program, *words = shlex.split(line)
            assert program == "gnomon"
            main(words)
    assert (tmp_path / "imported.expt").is_file()
    assert f"gnomon {recipe['package']['version']}" in capsys.readouterr().out
