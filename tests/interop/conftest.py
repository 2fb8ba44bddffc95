"""How the tests run DIALS, and that they are skipped without it."""

import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def dials():
    """``dials(folder, "dials.refine", "indexed.expt", ...)`` runs a command of DIALS there and gives what it said."""
    if not shutil.which("dials.import"):
        pytest.skip("DIALS is not installed")

    def run(folder, *command):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
