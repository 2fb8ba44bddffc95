"""What commands import before they look at data: seconds vary from machine to machine, modules do not."""

import json
import subprocess
import sys

import pytest

from gnomon.cli.registry import commands
from gnomon.pipeline import STEPS

HEAVY = ("numpy", "scipy", "numba", "gemmi", "h5py", "rich")
NEVER = ("scipy.stats", "scipy.interpolate", "scipy.signal", "numba.cuda", "matplotlib", "pandas")
WITH_KERNELS = ("find_spots", "index", "integrate", "correlation_matrix", "cosym", "damage_analysis", "find_bad_pixels")


def modules_after(code: str) -> set[str]:
    """The names of all modules that a fresh interpreter has loaded after ``code``."""
    ask = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_waits_for_no_science():
    names = [command.name for command in commands()]
    code = "from gnomon.cli.main import main\nmain(['--help'])\n" + "".join(f"main([{n!r}, '--help'])\n" for n in names)
    loaded = modules_after(code)
    assert "gnomon.steps.integrate.params" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_loads_nothing_slow_that_it_does_not_need(step):
    loaded = modules_after(f"import gnomon.pipeline\ngnomon.pipeline.STEPS[{step!r}].function")
    assert f"gnomon.steps.{STEPS[step].folder}.step" in loaded
    assert loaded.isdisjoint(NEVER)
    assert "numba" not in loaded or step in WITH_KERNELS


CALL = """
import numpy as np
from gnomon.kernels.background import middle_of
assert middle_of(np.array([1.0, 3.0, 2.0])) == 2.0
"""


def test_a_kernel_from_the_cache_loads_no_compiler_passes_for_numpy(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert "numba.np.arraymath" in modules_after(CALL)
    assert "numba.np.arraymath" not in modules_after(CALL)
