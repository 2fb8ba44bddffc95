"""What other packages add to gnomon, through entry points of these groups.

====================== ================================================================================
``gnomon.steps``         a :class:`gnomon.declared.Step`: a command, a public name and a place in the chain
``gnomon.image_formats`` an object as :class:`gnomon.io.images.registry.ImageFormat` says, asked before gnomon's own
``gnomon.spot_finders``  an object as :class:`gnomon.steps.find_spots.given_finder.SpotFinder` says
``gnomon.backgrounds``    a class whose objects are as :class:`gnomon.steps.integrate.summation.BackgroundModel` says
``gnomon.profile_models`` a class whose objects are as :class:`gnomon.steps.integrate.profiles.ProfileModel` says
``gnomon.exporters``     an object as :class:`gnomon.io.exported.Exporter` says
====================== ================================================================================
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from gnomon.errors import InputError


@cache
def names_of_plugins(group: str) -> tuple[str, ...]:
    """The names of a group's entry points, none of which is loaded for that."""
    return tuple(sorted({entry.name for entry in entry_points(group=group)}))


@cache
def plugins(group: str) -> dict[str, Any]:
    """The objects of a group by the names of their entry points, in the order of these names.

    Raises InputError for one that cannot be loaded, and for two of one name.
    """
    found: dict[str, Any] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        if entry.name in found:
            raise InputError(f"two packages add {entry.name!r} to {group}; uninstall one ({_package(entry)})")
        try:
            found[entry.name] = entry.load()
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise InputError(
                f"the {group} plug-in {entry.name} ({entry.value}, of {_package(entry)}) cannot be loaded: {what}; "
                "mend or uninstall that package"
            ) from error
    return found


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "an unknown package"
