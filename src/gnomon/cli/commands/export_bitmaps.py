"""``gnomon export_bitmaps``: a picture file for each image."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from gnomon.cli.step_command import step_command, tell
from gnomon.errors import InputError
from gnomon.params import Params, param
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.steps.export_bitmaps.step import Bitmaps

_ENDINGS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".tif": "tiff", ".tiff": "tiff"}


def _params() -> type[Params]:
    from gnomon.steps.export_bitmaps.params import ExportBitmapsParams

    class ExportBitmapFilesParams(ExportBitmapsParams):
        """Which images are drawn, how, and into which files."""

        format: Literal["png", "jpeg", "tiff"] = param("png", "of the files", name="output.format")
        directory: str | None = param(
            None, "folder of the files; the working folder if not given", name="output.directory"
        )
        file: str | None = param(
            None, "name of the file, where there is one picture; its ending tells the format", name="output.file"
        )
        compress_level: int = param(1, "0, none, to 9", name="png.compress_level", ge=0, le=9)
        quality: int = param(75, "1, the worst, to 95", name="jpeg.quality", ge=1, le=95)

    return ExportBitmapFilesParams


def run(session: Session) -> None:
    """Draw the pictures, and write each as it is drawn."""
    from gnomon.cli.outputs import check_images
    from gnomon.io.atomic import write_whole
    from gnomon.io.bitmap_file import encoded

    experiments = session.experiments()
    result = tell(STEPS["export_bitmaps"], session, experiments)
    pictures = result.product
    assert pictures is not None
    paths, format = _paths(session, pictures), _format(session)
    check_images(dict(enumerate(paths)), experiments)
    options = {"png": {"compress_level": session.params.compress_level}, "jpeg": {"quality": session.params.quality}}

    def made(i: int) -> bytes:
        return encoded(pictures[i], format, pictures.labels(i), **options.get(format, {}))

    if session.params.directory:
        os.makedirs(session.params.directory, exist_ok=True)
    for path, content in zip(paths, session.workers.map(made, range(len(pictures)))):
        write_whole(path, content)
        session.wrote(path)


def _format(session: Session) -> Literal["png", "jpeg", "tiff"]:
    """What the name of the one file says, or the parameter. Raises InputError for a name of another kind."""
    if session.params.file is None:
        found: Literal["png", "jpeg", "tiff"] = session.params.format
        return found
    ending = os.path.splitext(session.params.file)[1].lower()
    if ending not in _ENDINGS:
        raise InputError(f"output.file={session.params.file}: give a name that ends in {', '.join(_ENDINGS)}")
    return _ENDINGS[ending]  # type: ignore[return-value]


def _paths(session: Session, pictures: Bitmaps) -> list[str]:
    """A file for each picture: image0001.png, of several sets image_1_0001.png. Raises InputError."""
    folder = session.params.directory or ""
    if session.params.file is not None:
        if len(pictures) != 1:
            raise InputError(f"output.file names one file, there are {len(pictures)} pictures; give image_range=1,1")
        return [os.path.join(folder, session.params.file)]
    prefix = session.prefix or "image"
    stem = f"{prefix}image" if prefix.endswith("/") else prefix
    several = len({number for number, _ in pictures.images}) > 1
    ending = {"jpeg": "jpeg", "tiff": "tiff"}.get(_format(session), "png")
    names = (f"{stem}_{n + 1}_{i:04d}" if several else f"{stem}{i:04d}" for n, i in pictures.images)
    return [os.path.join(folder, f"{name}.{ending}") for name in names]


COMMAND = step_command("export_bitmaps", run, params=_params)
