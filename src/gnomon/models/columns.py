"""The registry of reflection columns: each is declared once, here.

It validates tables, drives the reading and writing of ``.refl``, and is the documentation page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Column:
    """Name, the type word of the ``.refl`` file, unit and meaning; between which limits its numbers can lie."""

    name: str
    type: str
    unit: str
    meaning: str
    least: float = float("-inf")
    most: float = float("inf")


TYPES: dict[str, tuple[np.dtype, tuple[int, ...]]] = {
    "bool": (np.dtype("?"), ()),
    "int": (np.dtype("<i4"), ()),
    "std::size_t": (np.dtype("<u8"), ()),
    "double": (np.dtype("<f8"), ()),
    "vec2<double>": (np.dtype("<f8"), (2,)),
    "vec3<double>": (np.dtype("<f8"), (3,)),
    "mat3<double>": (np.dtype("<f8"), (3, 3)),
    "int6": (np.dtype("<i4"), (6,)),
    "cctbx::miller::index<>": (np.dtype("<i4"), (3,)),
}
"""Type word of the file: numpy dtype and shape of one row."""

_INT, _SIZE, _DOUBLE, _BOOL = "int", "std::size_t", "double", "bool"
_VEC2, _VEC3, _HKL = "vec2<double>", "vec3<double>", "cctbx::miller::index<>"

COLUMNS: dict[str, Column] = {
    c.name: c
    for c in (
        Column("id", _INT, "", "number of the experiment; -1 where none"),
        Column("imageset_id", _INT, "", "number of the image set"),
        Column("panel", _SIZE, "", "detector panel"),
        Column("flags", _SIZE, "", "bits, see gnomon.models.flags.Flag"),
        Column("bbox", "int6", "px, px, image", "shoebox x0, x1, y0, y1, z0, z1, half-open"),
        Column("n_signal", _INT, "px", "strong pixels in the spot"),
        Column("shoebox", "Shoebox<>", "count", "pixels of the spot, with mask and background"),
        Column(
            "valid_images",
            _VEC2,
            "image",
            "first and last image of the stretch that counts and holds the spot; else 0, 0",
        ),
        Column("xyzobs.px.value", _VEC3, "px, px, image", "observed centroid"),
        Column("xyzobs.px.variance", _VEC3, "px², px², image²", "its variance"),
        Column("xyzobs.mm.value", _VEC3, "mm, mm, rad", "observed centroid under the geometry of that moment"),
        Column("xyzobs.mm.variance", _VEC3, "mm², mm², rad²", "its variance"),
        Column("xyzobs.mm.weights", _VEC3, "1/mm², 1/mm², 1/rad²", "weights in refinement"),
        Column("xyzcal.px", _VEC3, "px, px, image", "predicted centroid"),
        Column("xyzcal.mm", _VEC3, "mm, mm, rad", "predicted centroid"),
        Column("miller_index", _HKL, "", "h, k, l; 0 0 0 where not indexed"),
        Column("entering", _BOOL, "", "whether the point enters the Ewald sphere"),
        Column("s1", _VEC3, "1/Å", "diffracted wave vector: observed after indexing, predicted after integration"),
        Column("rlp", _VEC3, "1/Å", "observed reciprocal lattice point at phi = 0"),
        Column("d", _DOUBLE, "Å", "resolution", 0.0),
        Column("delpsical.rad", _DOUBLE, "rad", "rotation that would bring the point onto the sphere"),
        Column("delpsical.weights", _DOUBLE, "1/rad²", "weight of that rotation"),
        Column("x_resid", _DOUBLE, "mm", "calculated minus observed"),
        Column("y_resid", _DOUBLE, "mm", "calculated minus observed"),
        Column("phi_resid", _DOUBLE, "rad", "calculated minus observed"),
        Column("intensity.sum.value", _DOUBLE, "count", "summed intensity"),
        Column("intensity.sum.variance", _DOUBLE, "count²", "its variance"),
        Column("intensity.prf.value", _DOUBLE, "count", "profile-fitted intensity"),
        Column("intensity.prf.variance", _DOUBLE, "count²", "its variance"),
        Column("intensity.scale.value", _DOUBLE, "", "the intensity that was scaled, before the inverse scale"),
        Column("intensity.scale.variance", _DOUBLE, "", "its variance"),
        Column("inverse_scale_factor", _DOUBLE, "", "g: I / g is on the common scale"),
        Column("inverse_scale_factor_variance", _DOUBLE, "", "its variance"),
        Column("background.mean", _DOUBLE, "count/px", "mean background"),
        Column("background.sum.value", _DOUBLE, "count", "background under the foreground"),
        Column("background.sum.variance", _DOUBLE, "count²", "its variance"),
        Column("background.dispersion", _DOUBLE, "", "variance over mean of background pixels"),
        Column("background.mse", _DOUBLE, "count²", "mean square error of the background model"),
        Column("partiality", _DOUBLE, "", "fraction of the reflection that the scan recorded", 0.0, 1.0),
        Column("partial_id", _SIZE, "", "number of the whole reflection that a part belongs to"),
        Column("zeta", _DOUBLE, "", "m2 . e1, the Lorentz-like factor of Kabsch"),
        Column("lp", _DOUBLE, "", "Lorentz over polarisation: the correction, L/P", 0.0),
        Column("qe", _DOUBLE, "", "quantum efficiency of the sensor along the ray", 0.0, 1.0),
        Column("dqe", _DOUBLE, "", "the older name of qe"),
        Column("num_pixels.valid", _INT, "px", "valid pixels in the shoebox"),
        Column("num_pixels.background", _INT, "px", "background pixels"),
        Column("num_pixels.background_used", _INT, "px", "background pixels used"),
        Column("num_pixels.foreground", _INT, "px", "foreground pixels"),
        Column("profile.correlation", _DOUBLE, "", "correlation of pixels with the reference profile"),
        Column("profile.rmsd", _DOUBLE, "", "r.m.s. difference from the reference profile"),
    )
}


def type_of(name: str, array: np.ndarray) -> str:
    """The type word for a column: as declared, or inferred from dtype and shape for names not declared.

    Raises TypeError when the array fits no type.
    """
    if name in COLUMNS:
        return COLUMNS[name].type
    for word, (dtype, shape) in TYPES.items():
        if array.dtype.kind == dtype.kind and array.shape[1:] == shape and array.dtype.itemsize == dtype.itemsize:
            return word
    raise TypeError(f"column {name}: no .refl type for dtype {array.dtype} and shape {array.shape[1:]}")
