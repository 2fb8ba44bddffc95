"""Area detectors: panels in space, pixel and millimetre coordinates, parallax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from gnomon.models.model import Model
from gnomon.models.offsets import Offsets

PARALLAX = "ParallaxCorrectedPxMmStrategy"
SIMPLE = "SimplePxMmStrategy"
PX_MM_STRATEGIES = (SIMPLE, PARALLAX, "OffsetPxMmStrategy", "OffsetParallaxCorrectedPxMmStrategy")
"""As DIALS names them; those with offsets read these from the image set."""
LONGEST_SIDE = 100_000
"""px, of a panel or an image; a longer side is a damaged number, and would overflow where 32 bits are kept."""
MOST_PIXELS = 100_000_000
"""Of a panel or an image: six times as many as the largest detectors have. They take 400 MB."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One sensor. Axes and origin (mm) are in the frame of its parent group; the laboratory's where there is none."""

    fast_axis: np.ndarray
    slow_axis: np.ndarray
    origin: np.ndarray
    image_size: tuple[int, int]  # fast, slow
    pixel_size: tuple[float, float]  # mm
    trusted_range: tuple[float, float] = (0.0, 65535.0)  # valid counts, both ends included
    name: str = "Panel"
    type: str = "SENSOR_PAD"
    thickness: float = 0.0  # mm
    material: str = ""
    mu: float = 0.0  # 1/mm
    gain: float = 1.0  # counts per photon
    pedestal: float = 0.0
    raw_image_offset: tuple[int, int] = (0, 0)
    identifier: str = ""
    mask: tuple[tuple[int, int, int, int], ...] = ()  # untrusted (f0, s0, f1, s1), half-open
    px_mm_strategy: str = SIMPLE
    offsets: Offsets | None = None  # of spots on its pixels; on disk they belong to the image set
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PanelGroup:
    """A node of the detector's hierarchy; children are groups or panel numbers."""

    fast_axis: np.ndarray
    slow_axis: np.ndarray
    origin: np.ndarray
    children: tuple[PanelGroup | int, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)


def _frame(node: Panel | PanelGroup) -> np.ndarray:
    """(4, 4): columns fast, slow, normal, origin, from the node's frame to its parent's."""
    frame = np.eye(4)
    frame[:3, 0], frame[:3, 1], frame[:3, 3] = node.fast_axis, node.slow_axis, node.origin
    frame[:3, 2] = np.cross(node.fast_axis, node.slow_axis)
    return frame


@dataclass(frozen=True, eq=False)
class Detector(Model):
    """Panels and, where the file has one, their hierarchy."""

    panels: tuple[Panel, ...]
    hierarchy: PanelGroup | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.panels)

    @cached_property
    def _parents(self) -> np.ndarray:
        """(n, 4, 4): from each panel's parent frame to the laboratory."""
        parents = np.tile(np.eye(4), (len(self.panels), 1, 1))

        def walk(node: PanelGroup | int, above: np.ndarray) -> None:
            if isinstance(node, PanelGroup):
                here = above @ _frame(node)
                for child in node.children:
                    walk(child, here)
            else:
                parents[node] = above

        if self.hierarchy is not None:
            walk(self.hierarchy, np.eye(4))
        return parents

    @cached_property
    def frames(self) -> np.ndarray:
        """(n, 3, 3), columns fast, slow (unit vectors) and origin (mm) in the laboratory: the d matrices.

        A point (x, y) mm of panel i is at ``frames[i] @ (x, y, 1)``.
        """
        lab = np.stack([parent @ _frame(p) for parent, p in zip(self._parents, self.panels)])
        return np.ascontiguousarray(lab[:, :3][:, :, [0, 1, 3]])

    @cached_property
    def inverse_frames(self) -> np.ndarray:
        """(n, 3, 3), the D matrices: ``v = D @ s1`` gives the point (v0 / v2, v1 / v2) mm, on the panel if v2 > 0."""
        return np.ascontiguousarray(np.linalg.inv(self.frames))

    @cached_property
    def normals(self) -> np.ndarray:
        """(n, 3): fast x slow in the laboratory."""
        return np.cross(self.frames[:, :, 0], self.frames[:, :, 1])

    @cached_property
    def pixel_sizes(self) -> np.ndarray:
        """(n, 2), mm: fast, slow."""
        return np.array([p.pixel_size for p in self.panels], float)

    @cached_property
    def image_sizes(self) -> np.ndarray:
        """(n, 2), int32 pixels: fast, slow."""
        return np.array([p.image_size for p in self.panels], np.int32)

    @cached_property
    def parallax(self) -> np.ndarray:
        """(n, 2): mu (1/mm) and thickness (mm) where the panel is parallax-corrected, zeros where not."""
        rows = [(p.mu, p.thickness) if "Parallax" in p.px_mm_strategy else (0.0, 0.0) for p in self.panels]
        return np.array(rows, float)

    def with_frames(self, frames: np.ndarray) -> Detector:
        """The detector with its panels moved to these laboratory frames, (n, 3, 3); groups stay where they are."""
        panels = []
        for parent, panel, frame in zip(self._parents, self.panels, frames):
            inverse = np.linalg.inv(parent)
            axes = inverse[:3, :3] @ frame
            panels.append(
                replace(panel, fast_axis=axes[:, 0], slow_axis=axes[:, 1], origin=axes[:, 2] + inverse[:3, 3])
            )
        return replace(self, panels=tuple(panels))

    def moved(self, rotation: np.ndarray, translation: np.ndarray) -> Detector:
        """The whole detector rotated about the laboratory's origin, then translated (mm)."""
        frames = rotation @ self.frames
        frames[:, :, 2] += translation
        return self.with_frames(frames)

    def _parallax_offset(self, panel: np.ndarray, mm: np.ndarray) -> np.ndarray:
        """(N, 2) mm along fast and slow by which absorption in the sensor displaces a spot that enters at ``mm``.

        Along the ray of path t/cos the mean depth of the photons that stop is 1/mu - (t/cos) / (exp(mu t/cos) - 1):
        the integral of Winter et al. 2018 (Acta D74, 85, Appendix A) over the fraction that stops, which the
        paper leaves out (docs/decisions/2026-11-22-parallax.md).
        """
        mu, thickness = self.parallax[panel].T
        active = (mu > 0) & (thickness > 0)
        offset = np.zeros_like(mm)
        if not active.any():
            return offset
        frames = self.frames[panel[active]]
        ray = frames[:, :, 0] * mm[active, :1] + frames[:, :, 1] * mm[active, 1:] + frames[:, :, 2]
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        cosine = np.abs(np.einsum("ij,ij->i", ray, self.normals[panel[active]]))
        mu, path = mu[active], thickness[active] / cosine
        depth = 1 / mu - path / np.expm1(mu * path)
        offset[active, 0] = depth * np.einsum("ij,ij->i", ray, frames[:, :, 0])
        offset[active, 1] = depth * np.einsum("ij,ij->i", ray, frames[:, :, 1])
        return offset

    def with_offsets(self, offsets: Sequence[Offsets | None]) -> Detector:
        """The detector with these offsets of its panels."""
        panels = (replace(panel, offsets=one) for panel, one in zip(self.panels, offsets, strict=True))
        return replace(self, panels=tuple(panels))

    @cached_property
    def _with_offsets(self) -> tuple[int, ...]:
        """The numbers of the panels that have offsets."""
        return tuple(i for i, panel in enumerate(self.panels) if panel.offsets is not None)

    @cached_property
    def edge_offsets(self) -> np.ndarray:
        """(n,) px: the largest offset along the edges of each panel; by so much a ray may miss it and be seen."""
        found = np.zeros(len(self.panels))
        for i in self._with_offsets:
            offsets, (nx, ny) = self.panels[i].offsets, self.panels[i].image_size
            x, y = np.arange(nx) + 0.5, np.arange(ny) + 0.5
            edges = [(x, np.full(nx, end)) for end in (0.5, ny - 0.5)] + [
                (np.full(ny, end), y) for end in (0.5, nx - 0.5)
            ]
            if offsets is not None:
                found[i] = max(float(np.abs(offsets.at(np.column_stack(edge))).max()) for edge in edges)
        return found

    def _offsets(self, panel: np.ndarray, px: np.ndarray) -> np.ndarray | float:
        """(N, 2) px, those of the pixels that hold ``px`` (N, 2); 0 where no panel has any."""
        if not self._with_offsets:
            return 0.0
        found = np.zeros_like(px)
        for i in self._with_offsets:
            offsets, rows = self.panels[i].offsets, np.flatnonzero(panel == i)
            if offsets is not None and len(rows):
                found[rows] = offsets.at(px[rows])
        return found

    def pixel_to_mm(self, panel: Any, px: np.ndarray) -> np.ndarray:
        """(N, 2) mm on the panel's entrance face of the points ``px`` (N, 2) pixels.

        Corrected for offsets and parallax. panel: (N,) panel numbers, or one for all.
        """
        px = np.asarray(px, float)
        panel = np.broadcast_to(np.asarray(panel, np.intp), (len(px),))
        mm = (px - self._offsets(panel, px)) * self.pixel_sizes[panel]
        return mm - self._parallax_offset(panel, mm)

    def mm_to_pixel(self, panel: Any, mm: np.ndarray) -> np.ndarray:
        """(N, 2) pixels where rays that enter at ``mm`` (N, 2) are seen; the way back of :meth:`pixel_to_mm`.

        Exactly so where a ray meets no other module, and no pixel of a much other offset, than it is seen on.
        """
        mm = np.asarray(mm, float)
        panel = np.broadcast_to(np.asarray(panel, np.intp), (len(mm),))
        px = (mm + self._parallax_offset(panel, mm)) / self.pixel_sizes[panel]
        for i in self._with_offsets:
            offsets, rows = self.panels[i].offsets, np.flatnonzero(panel == i)
            if offsets is not None and len(rows):
                px[rows] = offsets.seen(px[rows])
        return px

    def lab_coordinates(self, panel: Any, mm: np.ndarray) -> np.ndarray:
        """(N, 3) laboratory positions (mm) of the points ``mm`` (N, 2)."""
        mm = np.asarray(mm, float)
        frames = self.frames[np.broadcast_to(np.asarray(panel, np.intp), (len(mm),))]
        return frames[:, :, 0] * mm[:, :1] + frames[:, :, 1] * mm[:, 1:] + frames[:, :, 2]

    def intersect(self, panel: Any, s1: np.ndarray) -> np.ndarray:
        """(N, 2) mm where rays along ``s1`` (N, 3) meet the plane of ``panel``; nan where they point away."""
        D = self.inverse_frames[np.broadcast_to(np.asarray(panel, np.intp), (len(s1),))]
        v = np.einsum("nij,nj->ni", D, s1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(v[:, 2:] > 0, v[:, :2] / v[:, 2:], np.nan)

    def find_panel(self, s1: np.ndarray) -> np.ndarray:
        """(N,) the panel each ray along ``s1`` (N, 3) hits (without parallax), -1 where it hits none."""
        hit = np.full(len(s1), -1)
        for i in range(len(self.panels)):
            mm = self.intersect(i, s1)
            limit = self.image_sizes[i] * self.pixel_sizes[i]
            with np.errstate(invalid="ignore"):
                on = ((mm >= 0) & (mm < limit)).all(axis=1) & (hit < 0)
            hit[on] = i
        return hit
