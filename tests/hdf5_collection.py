"""A data collection into HDF5 files as beamlines write them, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from gnomon.io.images.hdf5.write import MasterHeader, Turn, filters, write_eiger, write_nxmx
from gnomon.models.beam import Beam
from gnomon.models.detector import Panel

STYLES = ("grown", "preallocated", "files", "virtual", "interleaved")
PER_FILE = 4
WRITERS = 3  # of interleaved files


def told(shape: tuple[int, int], n_images: int) -> MasterHeader:
    """A detector with the beam at its centre, 60 mm away."""
    ny, nx = shape
    pixel = 0.172
    panel = Panel(
        np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-nx * pixel / 2, ny * pixel / 2, -60.0]), (nx, ny),
        (pixel, pixel), trusted_range=(-1.0, 60_000.0), thickness=0.45, material="Si",
    )  # fmt: skip
    omega = Turn("omega", np.array([1.0, 0.0, 0.0]), 0.5 * np.arange(n_images), 0.5)
    return MasterHeader(Beam(wavelength=0.98), panel, (omega,), 0.05, np.zeros(shape, int), n_images, 16)


class Collection:
    """Images into files of one of STYLES, as they come; all but ``lost`` (numbers from 1) are written."""

    def __init__(self, style: str, master: Path, images: np.ndarray, lost: tuple[int, ...] = ()) -> None:
        self.style, self.master, self.images, self.lost = style, master, images, lost
        self.n, self.shape = len(images), images.shape[1:]
        self.files = WRITERS if style == "interleaved" else -(-self.n // PER_FILE)

    def data_file(self, i: int) -> Path:
        """The path of data file ``i``, from 0."""
        return self.master.with_name(f"{self.master.stem.removesuffix('_master')}_data_{i + 1:06d}.h5")

    def data_set(self, file: h5py.File, count: int, most: int | None) -> h5py.Dataset:
        """Where images go: ``count`` at first, ``most`` in the end."""
        sizes = {"shape": (count, *self.shape), "maxshape": (most, *self.shape), "chunks": (1, *self.shape)}
        return file.create_dataset("entry/data/data", dtype="u2", **sizes, **filters("bslz4"))

    def write(self, wait: Callable[[int], None]) -> None:
        """All images; ``wait(i)`` is called before image ``i``, from 0."""
        {"files": self._files, "virtual": self._sources, "interleaved": self._sources}.get(self.style, self._single)(
            wait
        )

    def _single(self, wait: Callable[[int], None]) -> None:
        with h5py.File(self.master, "w", libver="latest") as file:
            write_nxmx(file, told(self.shape, self.n))
            grown = self.style == "grown"
            data = self.data_set(file, 0 if grown else self.n, None if grown else self.n)
            file.swmr_mode = True
            for i in range(self.n):
                wait(i)
                if grown:
                    data.resize(i + 1, axis=0)
                if i + 1 not in self.lost:
                    data[i] = self.images[i]
                data.flush()

    def _files(self, wait: Callable[[int], None]) -> None:
        """As DECTRIS FileWriter: the master first, then files that arrive whole, but are copied in two pieces."""
        with h5py.File(self.master, "w") as file:
            write_eiger(file, told(self.shape, self.n))
            for i in range(self.files):
                file[f"entry/data/data_{i + 1:06d}"] = h5py.ExternalLink(self.data_file(i).name, "entry/data/data")
        for i, first in enumerate(range(0, self.n, PER_FILE)):
            count = min(PER_FILE, self.n - first)
            for j in range(count):
                wait(first + j)
            if i + 1 in self.lost:
                continue
            source = self.data_file(i).with_suffix(".part")
            with h5py.File(source, "w") as file:
                data = self.data_set(file, count, None)
                data.attrs["image_nr_low"], data.attrs["image_nr_high"] = first + 1, first + count
                data[:] = self.images[first : first + count]
            whole = source.read_bytes()
            with self.data_file(i).open("wb") as file:
                file.write(whole[: len(whole) // 2])
                file.flush()
                time.sleep(0.2)
                file.write(whole[len(whole) // 2 :])

    def _sources(self, wait: Callable[[int], None]) -> None:
        """The virtual data set first, over files which do not exist yet and grow once they do."""
        spread = self.style == "interleaved"
        places = [list(range(i, self.n, self.files)) for i in range(self.files)]
        if not spread:
            places = [list(range(self.n)[i * PER_FILE :][:PER_FILE]) for i in range(self.files)]
        with h5py.File(self.master, "w") as file:
            write_nxmx(file, told(self.shape, self.n))
            whole = h5py.VirtualLayout((self.n, *self.shape), "u2")
            for i, taken in enumerate(places):
                source = h5py.VirtualSource(self.data_file(i).name, "entry/data/data", (len(taken), *self.shape))
                whole[taken[0] : taken[-1] + 1 : self.files if spread else 1] = source
            file.create_virtual_dataset("entry/data/data", whole)
        opened: dict[int, h5py.Dataset] = {}
        for i in range(self.n):
            wait(i)
            k = next(k for k, taken in enumerate(places) if i in taken)
            if k not in opened:
                file = h5py.File(self.data_file(k), "w", libver="latest")
                opened[k] = self.data_set(file, len(places[k]), len(places[k]))
                file.swmr_mode = True
            if i + 1 not in self.lost:
                opened[k][places[k].index(i)] = self.images[i]
                opened[k].flush()
        for data in opened.values():
            data.file.close()


@contextmanager
def written_in_another_process(
    style: str, master: Path, images: np.ndarray, rate: float, lost: tuple[int, ...] = ()
) -> Iterator[None]:
    """While it lasts ``images`` are written at ``rate`` Hz; it ends when all are. Fails where the writer did."""
    np.save(source := master.with_suffix(".npy"), images)
    words = [style, str(master), str(source), str(rate), *map(str, lost)]
    with subprocess.Popen([sys.executable, __file__, *words], stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()  # it is about to begin
        yield
    assert writer.returncode == 0


def _main(style: str, master: str, source: str, rate: str, *lost: str) -> None:
    images = np.load(source)
    print("begins", flush=True)
    start = time.time() + 0.5

    def wait(i: int) -> None:
        time.sleep(max(start + i / float(rate) - time.time(), 0))

    Collection(style, Path(master), images, tuple(map(int, lost))).write(wait)


if __name__ == "__main__":
    _main(*sys.argv[1:])
