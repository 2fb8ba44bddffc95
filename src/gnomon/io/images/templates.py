"""Names of image files: numbers, templates, and which files a user's words mean."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gnomon.errors import InputError
from gnomon.io.images.compressed import COMPRESSED
from gnomon.io.plain_files import require_file
from gnomon.models.imageset import ImageSet

MULTI_IMAGE = (".h5", ".hdf5", ".nxs", ".nexus", ".nx5")
"""Files of many images: a number in their name is no image's."""

_OWN_DIGITS = re.compile(r"\.(?:mar|pck)\d+$")
"""Ends of names whose digits are no number of an image: ``.mar2300``."""

_NUMBERED = re.compile(r"^(.*?)(\d+)(\D*)$")


@dataclass(frozen=True)
class ImageFiles:
    """Files of one template (hashes for the number), or one file whose name has no number."""

    template: str
    numbers: tuple[int, ...]

    @property
    def name(self) -> str:
        """The template without its folder."""
        return os.path.basename(self.template)

    def path(self, number: int) -> str:
        """The file of image ``number``."""
        return ImageSet(template=self.template).path_of(number)

    def within(self, image_range: tuple[int, int]) -> ImageFiles:
        """The files of these numbers, both ends included.

        Raises InputError where images of the range do not exist.
        """
        first, last = image_range
        kept = tuple(n for n in self.numbers if first <= n <= last)
        if not kept or kept[0] != first or kept[-1] != last:
            raise InputError(
                f"image_range={first},{last}: {self.name} has images {self.numbers[0]} to {self.numbers[-1]}; "
                "give a range within these"
            )
        return ImageFiles(self.template, kept)


def split_number(path: str) -> tuple[str, str, str]:
    """What stands before the last number of a file's name, its digits (none where there is no number), the rest."""
    folder, name = os.path.split(path)
    end = next((s for s in COMPRESSED if name.endswith(s)), "")
    own = _OWN_DIGITS.search(name.removesuffix(end))
    end = own.group() + end if own else end
    match = _NUMBERED.match(name.removesuffix(end))
    if not match:
        return path, "", ""
    before, digits, after = match.groups()
    return os.path.join(folder, before), digits, after + end


def files_of_words(words: Iterable[str]) -> list[str]:
    """The absolute paths that words mean: files, patterns, templates with #, folders (all their files); each once.

    Raises InputError where a word means nothing on disk.
    """
    return list(_parts_of_words(words))


def image_files(words: Iterable[str]) -> list[ImageFiles]:
    """The files that words mean by template, in the order of their names, whatever the order of the words.

    The number of an image is what the last # of a template word stand for, else the last number of its name. Raises
    InputError where a word means nothing on disk.
    """
    return sorted(grouped(_parts_of_words(words).values()), key=lambda files: _in_order(files.template))


def _in_order(template: str) -> tuple[str, list[tuple[int, str]]]:
    """What to sort by: the folder, then the name, in which numbers count as such (``run_2`` before ``run_10``)."""
    folder, name = os.path.split(template)
    return folder, [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _parts_of_words(words: Iterable[str]) -> dict[str, tuple[str, str, str]]:
    """What stands before the number, its digits and the rest, of each absolute path; a template's word is the last.

    Raises InputError where a # stands behind the number, for which the templates of image sets would take it.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for word in words:
        is_template = "#" in word and not os.path.exists(word)
        pattern = pattern_of(os.path.abspath(word)) if is_template else None
        for path in map(os.path.abspath, _files_of_word(word)):
            match = pattern.fullmatch(path) if pattern else None
            if match:
                start, end = match.span(match.lastindex or 0)
                found[path] = path[:start], path[start:end], path[end:]
            elif path not in found:
                found[path] = (path, "", "") if path.endswith(MULTI_IMAGE) else split_number(path)
                if not path.endswith(MULTI_IMAGE):
                    _refuse_sign(path, found[path])
    return found


def _refuse_sign(path: str, parts: tuple[str, str, str]) -> None:
    before, digits, after = parts
    if "#" in (after if digits else os.path.basename(before)):
        raise InputError(f"{path}: its # would be taken for the digits of a number; rename it without")


def _files_of_word(word: str) -> Sequence[str]:
    if not os.path.isdir(word):
        require_file(word)
    if os.path.isfile(word):
        return [word]
    if os.path.isdir(word):
        files = sorted(entry.path for entry in os.scandir(word) if entry.is_file() and not entry.name.startswith("."))
        if not files:
            raise InputError(f"{word}: the folder is empty; give one that holds images")
        return files
    if "#" in word:
        pattern = pattern_of(word)
        files = sorted(p for p in glob.glob("".join(_globbed(part) for part in _parts(word))) if pattern.fullmatch(p))
    else:
        files = sorted(p for p in glob.glob(word) if os.path.isfile(p))
    if not files:
        raise InputError(f"{word}: there is no such file; give image files, a folder, or a template with # for digits")
    return files


def pattern_of(template: str) -> re.Pattern[str]:
    """What matches the paths that a template means: a number for each group of # in its file name."""
    return re.compile("".join(_digits(part) if set(part) == {"#"} else re.escape(part) for part in _parts(template)))


def _parts(template: str) -> list[str]:
    """The template cut before and after each group of # in its file name."""
    folder, name = os.path.split(template)
    return [*([os.path.join(folder, "")] if folder else []), *re.findall("#+|[^#]+", name)]


def _digits(hashes: str) -> str:
    """A pattern of numbers written to that width: longer ones only where they need it."""
    return rf"(\d{{{len(hashes)}}}|[1-9]\d{{{len(hashes)},}})"


def _globbed(part: str) -> str:
    return "*" if set(part) == {"#"} else glob.escape(part)


def grouped(parts: Iterable[tuple[str, str, str]]) -> list[ImageFiles]:
    """The files by template; numbers ascend."""
    groups: dict[tuple[str, str], list[str]] = {}
    for before, digits, after in parts:
        groups.setdefault((before, after), []).append(digits)
    return [group for key, digits in groups.items() for group in _by_width(*key, digits)]


def _by_width(before: str, after: str, digits: list[str]) -> list[ImageFiles]:
    """One template where all numbers are written to one width (longer ones only where they need it)."""
    if digits == [""]:
        return [ImageFiles(before, (1,))]
    groups = []
    rest = sorted(digits, key=lambda d: (len(d), int(d)))
    while rest:
        width = len(rest[0])
        here = {d for d in rest if d == f"{int(d):0{width}d}"}
        groups.append(ImageFiles(f"{before}{'#' * width}{after}", tuple(sorted(map(int, here)))))
        rest = [d for d in rest if d not in here]
    return groups
