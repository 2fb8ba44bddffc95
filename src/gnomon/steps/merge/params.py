"""How scaled observations are merged."""

from __future__ import annotations

from gnomon.params import Params, param


class MergeParams(Params):
    """What is merged, how amplitudes are made, and which reflections are set aside."""

    anomalous: bool = param(True, "also merge I(+) and I(-) apart")
    truncate: bool = param(True, "make amplitudes by the method of French and Wilson")
    d_min: float | None = param(None, "high-resolution limit", unit="Å", gt=0)
    d_max: float | None = param(None, "low-resolution limit", unit="Å", gt=0)
    partiality_threshold: float = param(0.4, "least recorded fraction of a reflection", ge=0, le=1)
    use_internal_variance: bool = param(False, "raise sigmas to the scatter among equivalents where that is larger")
    wavelength_tolerance: float = param(1e-4, "spread of wavelengths taken as one", unit="Å", ge=0)
    min_reflections: int = param(
        200, "fewer unique reflections get a flat prior", name="french_wilson.min_reflections", ge=1
    )
    residues: float | None = param(
        None, "amino acids in the asymmetric unit, for the Wilson plot; from its volume if not given",
        name="n_residues", gt=0,
    )  # fmt: skip
    generate: bool = param(True, "set aside an R-free set", name="r_free_flags.generate")
    fraction: float = param(0.05, "of the reflections set aside", name="r_free_flags.fraction", gt=0, lt=0.5)
    seed: int = param(0, "another seed chooses another free set", name="r_free_flags.seed", ge=0)
    crystal_name: str = param("XTAL", "the crystal's name in the MTZ file", name="output.crystal_names", min_length=1)
    project_name: str = param("gnomon", "the project's name there", name="output.project_name", min_length=1)
    dataset_names: tuple[str, ...] = param(
        ("NATIVE",), "names of data sets there: one, or one for each wavelength, rising", name="output.dataset_names",
        min_length=1,
    )  # fmt: skip
