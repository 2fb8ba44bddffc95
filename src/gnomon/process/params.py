"""Parameters of process."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from gnomon.errors import UsageError
from gnomon.params import Params, made, param
from gnomon.pipeline import STAGES
from gnomon.process.asked import STEPS_ASKED


class ProcessParams(Params):
    """What a user may know beforehand; everything else is decided from the data."""

    many: bool | None = param(
        None, "sweeps are of different crystals, to be compared and grouped; found from the data if not given"
    )
    space_group: str | None = param(None, "the space group; found from the data if not given")
    unit_cell: tuple[float, float, float, float, float, float] | None = param(
        None, "a, b, c, alpha, beta, gamma; found from the data if not given", unit="Å, degrees"
    )
    reference: str | None = param(
        None, "merged MTZ, mmCIF or PDB file whose setting crystals are to have, where several are equivalent"
    )
    d_min: float | None = param(None, "resolution limit; chosen from CC1/2 if not given", unit="Å", gt=0)
    anomalous: bool = param(False, "keep Friedel mates apart when scaling")
    max_lattices: int | None = param(
        None, "look for up to this many lattices; one, of many crystals two where spots are left over", ge=1
    )
    small_molecule: bool = param(
        False, "a small molecule: glide planes and centres of symmetry are looked for, and .hkl and .ins for SHELX and "
        "a .p4p are written too",
    )  # fmt: skip
    composition: str = param("CHNO", "elements of a small molecule for its .ins: C3H7NO2S, or C H N O S")
    steps: dict[str, dict[str, Any]] = param(
        {}, "parameters of single steps go by their full names, scale.d_min=2 refine.scan_varying=false "
        "import.distance=200, and before what is decided here",
    )  # fmt: skip
    restart: bool = param(
        False, "do everything again; else what an earlier run here made of the same data and parameters is taken"
    )

    @field_validator("steps")
    @classmethod
    def _known(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Each step's values as that step takes them."""
        found = {}
        for step, given in value.items():
            if step not in STEPS_ASKED:
                raise ValueError(f"there is no step {step} in process; there are {', '.join(STEPS_ASKED)}")
            try:
                whole = made(STAGES[step].params_class, given)
            except UsageError as error:
                raise ValueError(f"of {step}: {error}") from None
            found[step] = {key: getattr(whole, key) for key in given}
        return found

    @property
    def asked(self) -> dict[str, dict[str, Any]]:
        """What single steps are told: by their full names, or since it is a small molecule."""
        if not self.small_molecule:
            return self.steps
        return {**self.steps, "symmetry": {"small_molecule": True, **self.steps.get("symmetry", {})}}
