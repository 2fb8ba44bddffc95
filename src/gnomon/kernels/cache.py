"""Compiled kernels on disk: a file each, which no other program, version or accident can make wrong.

A file's name is the hash of all that its machine code follows from: the source of every kernel, the versions, the
processor, the types of the arguments. So nothing is ever out of date, two processes that compile the same kernel write
the same file, and it does not matter who is last. Its content begins with its own hash: what is damaged is compiled
again. Where nothing can be written, each run compiles for itself (docs/decisions/2026-11-30-kernel-cache.md).
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import config
from numba.core.compiler import CompileResult
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from gnomon.kernels import on_unkept

HERE = Path(__file__).parent
ENDING = ".kernel"
KEPT_VERSIONS = 8
"""Sets of kernels that stay in a folder, of other versions and checkouts; one takes some 10 MB."""
_DIGEST = hashlib.sha256().digest_size


class KernelCache:
    """The compiled forms of one function, one for each set of argument types; what numba asks of a cache."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
        self._source = Path(function.__code__.co_filename)
        self._enabled = True

    @property
    def cache_path(self) -> str:
        """The folder that is looked at first; empty where there is none."""
        return str(next(folders(), ""))

    def enable(self) -> None:
        """Load and save again."""
        self._enabled = True

    def disable(self) -> None:
        """Neither load nor save."""
        self._enabled = False

    def flush(self) -> None:
        """Forget all compiled forms."""
        for folder in folders():
            for path in folder.glob(f"{self._name}-*{ENDING}"):
                path.unlink(missing_ok=True)

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """The compiled kernel, or None where none is kept, or what is kept is damaged.

        numba's own method first refreshes its registries of functions and types, which takes 0.4 s.
        """
        if not self._enabled:
            return None
        rtsys.initialize(target_context)  # what kernels need to allocate arrays
        name = self._file_name(signature, target_context.codegen())
        for folder in folders():
            with suppress(OSError):  # not kept there
                digest, content = _parted((folder / name).read_bytes())
                if hashlib.sha256(content).digest() == digest:
                    return CompileResult._rebuild(target_context, *pickle.loads(content))
        return None

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep the compiled kernel in the first folder that takes it; else say that this was not possible."""
        if not self._enabled:
            return
        content = dumps(compiled._reduce())
        name, reason = self._file_name(signature, compiled.library.codegen), "no folder for it"
        for folder in folders():
            try:
                _write(folder / name, hashlib.sha256(content).digest() + content)
                return
            except OSError as error:
                reason = f"{folder}: {(error.strerror or str(error)).lower()}"
        while on_unkept:
            on_unkept.pop()(reason)

    def _file_name(self, signature: Any, codegen: Any) -> str:
        own = b"" if self._source.parent == HERE else _hash_of(self._source)  # of a plug-in's kernel
        key = repr((signature, codegen.magic_tuple(), own)).encode()
        return f"{self._name}-{hashlib.sha256(key).hexdigest()[:32]}{ENDING}"


@functools.cache
def version() -> str:
    """A hash of the source of all kernels, of the compiler and of how it is set."""
    flags = [(name, getattr(config, name)) for name in ("BOUNDSCHECK", "OPT")]
    about = (numba.__version__, llvmlite.__version__, sys.implementation.cache_tag, flags)
    sources = [(path.name, _hash_of(path)) for path in sorted(HERE.glob("*.py"))]
    return hashlib.sha256(repr((about, sources)).encode()).hexdigest()[:16]


@functools.cache
def _hash_of(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def folders() -> Iterator[Path]:
    """Where kernels of this version may lie, the best first: NUMBA_CACHE_DIR where it is set, else beside the source,
    then in the user's cache; at last among temporary files, where a user may have neither.

    The last is left out where others may write to it: what lies there would be run.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    user = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    places = [Path(chosen)] if chosen else [HERE / "__pycache__", Path(user) / "gnomon"]
    yield from (place / f"kernels-{version()}" for place in places if place.is_absolute() or chosen)
    try:
        shared = Path(tempfile.gettempdir()) / f"gnomon-{os.geteuid()}"
    except OSError:  # a full disk has no room for temporary files either
        return
    if _is_ours(shared):
        yield shared / f"kernels-{version()}"


def _is_ours(folder: Path) -> bool:
    """Whether only this user may write to the folder, or it is not there yet."""
    try:
        found = os.lstat(folder)
    except OSError:
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _parted(kept: bytes) -> tuple[bytes, bytes]:
    return kept[:_DIGEST], kept[_DIGEST:]


def _write(path: Path, content: bytes) -> None:
    """Write the file, whole or not at all. Raises OSError."""
    if not path.parent.is_dir():
        path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(exist_ok=True)
        _forget_others(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


def _forget_others(folder: Path) -> None:
    """Remove the oldest sets of kernels beside ``folder``."""
    with suppress(OSError):  # another process may be doing the same
        others = sorted(folder.parent.glob("kernels-*"), key=lambda other: other.stat().st_mtime)
        for old in others[:-KEPT_VERSIONS]:
            shutil.rmtree(old, ignore_errors=True)
