"""What a simulated data set is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from gnomon.params import Params, param, rows_of_length


class SweepParams(Params):
    """A crystal, the instrument, the exposure, and what goes wrong in a sweep of images."""

    # the crystal
    cell: tuple[float, float, float, float, float, float] = param(
        (79.0, 79.0, 38.0, 90.0, 90.0, 90.0), "unit cell a, b, c, alpha, beta, gamma", unit="Å, degree"
    )
    space_group: str = param("P43212", "space group, as a symbol or a number")
    wilson_b: float = param(22.0, "mean B factor of the pseudo-protein's atoms", unit="Å²", gt=0)
    ncs: str | None = param(
        None, "half of the atoms are the others moved by this, a symmetry that is not quite one: x,y,z+1/2 makes "
        "translational NCS, -x,-y,z a pseudo-twofold"
    )  # fmt: skip
    ncs_shift: float = param(0.4, "r.m.s. shift of an atom from where ``ncs`` puts it", unit="Å", ge=0)
    twin_law: str | None = param(None, "indices of the twin mate, such as k,h,-l; must be a symmetry of the lattice")
    twin_fraction: float = param(0.0, "share of the crystal that is the twin mate's", ge=0, le=0.5)
    orientation: tuple[float, float, float] | None = param(
        None, "rotations about X, then Y, then Z that turn the crystal; random where none", unit="degree"
    )
    mosaicity: float = param(0.15, "standard deviation of block rotations about each axis", unit="degree", ge=0)
    streak: float = param(
        0.0, "standard deviation of further block rotations about one random axis of the crystal", unit="degree", ge=0
    )
    domain_size: float | None = param(
        None, "of coherent blocks: spots broaden by 0.9/size (width at half height) about each lattice point; "
        "endless where none", unit="Å", gt=0
    )  # fmt: skip
    crystal_size: float = param(0.1, "extent of the crystal as it broadens the spots", unit="mm", ge=0)
    slippage: float = param(0.0, "rotation of the crystal on its mount during the scan", unit="degree", ge=0)
    jump: float = param(0.0, "sudden turn of the crystal in the middle of the scan", unit="degree", ge=0)
    split_angle: float = param(
        0.0, "of a split crystal: turn from one domain to the other, about a random axis", unit="degree", ge=0, lt=2
    )
    split_fraction: float = param(0.4, "share of the intensity that is the other domain's", ge=0, le=0.5)
    off_spindle: float = param(
        0.0,
        "distance of the crystal from the spindle, about which it goes round (sphere of confusion)",
        unit="mm",
        ge=0,
    )
    decay_b: float = param(0.0, "growth of the B factor during the scan (radiation damage)", unit="Å²", ge=0)
    absorption: float = param(0.0, "absorbance of the longest path through crystal and mount", ge=0)
    seed: int = param(1, "seed of everything that is random", ge=0)

    # the instrument
    wavelength: float = param(1.0, "wavelength", unit="Å", gt=0)
    bandwidth: float = param(2e-4, "standard deviation of the wavelength, relative", ge=0)
    divergence: float = param(0.01, "standard deviation of the beam's direction", unit="degree", ge=0)
    polarization: float = param(0.99, "fraction polarised in the horizontal plane (0.5: unpolarised)", ge=0, le=1)
    image_size: tuple[int, int] = param(
        (487, 619), "pixels along fast and slow; DIALS reads whole Pilatus modules only", unit="px"
    )
    pixel_size: float = param(0.172, "side of a pixel", unit="mm", gt=0)
    distance: float = param(90.0, "crystal to detector", unit="mm", gt=0)
    beam_centre: tuple[float, float] | None = param(
        None, "where the beam meets the detector; a little off the centre where none", unit="px"
    )
    thickness: float = param(0.32, "silicon sensor: interaction depth spreads spots (parallax)", unit="mm", gt=0)
    point_spread: float = param(0.4, "standard deviation of the sensor's point spread", unit="px", gt=0)
    gaps: bool = param(True, "module gaps as in a Pilatus, or in an Eiger where its modules fill the image")
    module_shift: float = param(0.0, "r.m.s. shift of each module along fast and along slow", unit="px", ge=0)
    module_turn: float = param(0.0, "r.m.s. turn of each module about its centre", unit="degree", ge=0)
    dead_pixels: int = param(20, "pixels that are flagged dead", ge=0)
    gain: float = param(1.0, "counts of one photon; headers do not tell it", unit="count", gt=0, le=1000)
    pedestal: float = param(0.0, "counts of a pixel that no photon hit; headers do not tell it", unit="count")
    read_noise: float = param(
        0.0, "standard deviation of a pixel's count when it is read, about its pedestal, below zero too", unit="count",
        ge=0,
    )  # fmt: skip
    hot_pixels: int = param(5, "pixels that count by themselves and are not flagged", ge=0)

    # the exposure
    images: int = param(60, "number of images", gt=0)
    start: float = param(0.0, "rotation angle at the start", unit="degree")
    width: float = param(1.0, "rotation during an image", unit="degree", gt=0)
    d_min: float | None = param(None, "diffraction ends here; at the detector's corner where none", unit="Å", gt=0)
    mean_intensity: float = param(400.0, "mean photons of a full reflection, before Lorentz and polarisation", gt=0)
    background: float = param(1.0, "air scatter at the beam centre per pixel and degree", unit="photon", ge=0)
    solvent_ring: float = param(0.6, "peak of the solvent ring at 3.3 Å per pixel and degree", unit="photon", ge=0)
    ice: float = param(0.0, "peak of the strongest ice ring per pixel and degree", unit="photon", ge=0)
    fluctuation: float = param(0.0, "standard deviation of the beam's intensity from image to image, relative", ge=0)

    shut: tuple[tuple[int, ...], ...] = param(
        (), "images taken with the shutter shut: first, last (may be repeated)", unit="image"
    )
    away: tuple[tuple[int, ...], ...] = param(
        (), "images while the crystal is out of the beam: first, last (may be repeated)", unit="image"
    )
    dimmed: tuple[tuple[float, ...], ...] = param(
        (),
        "images of a dimmed crystal: first, last, share of the intensity left (may be repeated)",
        unit="image",
    )
    beam_jump: tuple[float, float] = param(
        (0.0, 0.0), "by which all spots move on the detector, at once, in the middle of the scan", unit="px"
    )

    # the files
    beam_error: tuple[float, float] = param((0.0, 0.0), "error of the beam centre in the header", unit="px")
    distance_error: float = param(0.0, "error of the distance in the header", unit="mm")
    compress: bool = param(False, "write .cbf.gz")

    @field_validator("shut", "away")
    @classmethod
    def _stretches(cls, value: tuple) -> tuple:
        return rows_of_length(tuple(row[i : i + 2] for row in value for i in range(0, len(row), 2)), (2,))

    @field_validator("dimmed")
    @classmethod
    def _dimmed_stretches(cls, value: tuple) -> tuple:
        return rows_of_length(tuple(row[i : i + 3] for row in value for i in range(0, len(row), 3)), (3,))


class SimulateParams(SweepParams):
    """One crystal, and what only a single data set has."""

    model: str | None = param(None, "PDB or mmCIF file whose atoms, cell and space group are used instead")
    second_lattice: float = param(0.0, "intensity of a second lattice relative to the first", ge=0)
    second_lattice_angle: float = param(5.0, "its rotation from the first, about a random axis", unit="degree", ge=0)
    prefix: str = param("sim", "images are named prefix_0001.cbf and so on, HDF5 files prefix.nxs or prefix_master.h5")
    file_format: Literal["cbf", "nxmx", "eiger"] = param(
        "cbf", "a miniCBF file an image; NXmx; or HDF5 as DECTRIS wrote it before NXmx"
    )
    bit_depth: Literal[16, 32] = param(32, "bits of a pixel in HDF5 files", unit="bit")
