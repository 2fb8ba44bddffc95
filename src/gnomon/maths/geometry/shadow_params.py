"""Whether shadows of the goniometer are left out: the parameters that import and apply_mask share. Needs no numpy."""

from __future__ import annotations

from gnomon.params import Params, param


class ShadowParams(Params):
    """What casts shadows on the detector."""

    shadow: str | None = param(
        None, "TOML file that describes the parts of the goniometer that cast shadows", name="lookup.shadow"
    )
    dynamic_shadowing: bool | None = param(
        None,
        "leave out of every image what the goniometer hides; none does where its parts are described",
        name="format.dynamic_shadowing",
    )
