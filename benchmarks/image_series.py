"""Series of images as detectors write them, simulated once in a folder, or repeated to any number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py  # noqa: TID251 - a virtual data set that repeats images is no file that gnomon writes

from gnomon.distribute.workers import Workers
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.models.experiment import Experiments
from gnomon.models.imageset import ImageSet
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams

_PILATUS = {"pixel_size": 0.172, "compress": True}
_EIGER = {"pixel_size": 0.075, "file_format": "nxmx"}
KINDS: dict[str, dict] = {
    "pilatus6m": {"image_size": (2463, 2527), "distance": 340.0, **_PILATUS},
    "eiger4m": {"image_size": (2070, 2167), "distance": 150.0, **_EIGER},
    "eiger16m": {"image_size": (4150, 4371), "distance": 280.0, **_EIGER},
    "pilatus300k": {"image_size": (487, 619), "distance": 90.0, **_PILATUS},
    "eiger1m": {"image_size": (1030, 1065), "distance": 90.0, **_EIGER},
}
"""Detectors, with their module gaps: Pilatus as .cbf.gz, Eiger as NXmx with bslz4 and 32 bits."""

CRYSTAL = SimulateParams(
    cell=(79.0, 79.0, 38.0, 90.0, 90.0, 90.0),
    width=0.1,
    d_min=1.5,
    mean_intensity=1500.0,
    background=12.0,
    solvent_ring=8.0,
)
"""A lysozyme; background of 0.5 to 1 count a pixel and image."""


def simulated(kind: str, folder: Path, images: int, nproc: int = 1, crystal: SimulateParams = CRYSTAL) -> list[str]:
    """What ``import`` is given: the images of ``kind`` in ``folder``, made there unless as many are there already."""
    made = folder / f"made-{images}"
    if not made.exists():
        simulate_dataset(crystal.changed(images=images, **KINDS[kind]), folder, workers=Workers(nproc))
        made.touch()
    if KINDS[kind].get("compress"):
        return [str(folder / f"sim_{i:04d}.cbf.gz") for i in range(1, images + 1)]
    return [str(folder / "sim.nxs")]


def stored_bytes(files: list[str]) -> int:
    """What the pixels take on disk, packed."""
    folder = Path(files[0]).parent
    packed = sorted(folder.glob("sim_data_*.h5")) if files[0].endswith(".nxs") else [Path(f) for f in files]
    return sum(path.stat().st_size for path in packed)


def repeated(imported: Path, folder: Path, images: int) -> Path:
    """An experiment list in ``folder`` with ``images`` images: those of ``imported`` over and over, without copies."""
    folder.mkdir(parents=True, exist_ok=True)
    experiment = read_experiments(imported)[0]
    first, last = experiment.scan.image_range
    template = experiment.images.template
    if "#" in template:
        name = folder / Path(template).name.replace("####", "######")
        whole = ImageSet(template=str(name))
        for i in range(images):
            link = Path(whole.path_of(first + i))
            link.unlink(missing_ok=True)
            link.symlink_to(experiment.images.path_of(first + i % (last - first + 1)))
    else:
        name = folder / Path(template).name
        whole = ImageSet(template=str(name), indices=tuple(range(images)))
        _repeat_hdf5(Path(template), name, images)
    scan = replace(experiment.scan, image_range=(first, first + images - 1), exposure_time=None, epochs=None)
    path = folder / "repeated.expt"
    write_experiments(path, Experiments.of([experiment.replace(images=whole, scan=scan)]))
    return path


def _repeat_hdf5(master: Path, copy: Path, images: int) -> None:
    """A copy of the master whose virtual data set shows the same images over and over."""
    copy.write_bytes(master.read_bytes())
    with h5py.File(copy, "r+") as file:
        data = file["entry/data/data"]
        (source,) = data.virtual_sources()
        whole = h5py.VirtualLayout((images, *data.shape[1:]), data.dtype)
        count = data.shape[0]
        origin = h5py.VirtualSource(str(master.with_name(source.file_name)), source.dset_name, data.shape)
        for start in range(0, images, count):
            n = min(count, images - start)
            whole[start : start + n] = origin[:n]
        del file["entry/data/data"]
        file["entry/data"].create_virtual_dataset("data", whole)
