/** How the detector stands: pixels, rays, resolutions and indices, in mm, 1/Å and the laboratory frame. */

/** @typedef {[number, number, number]} Vector */
/** @typedef {[number, number]} Point */
/** @typedef {{ name: string, frame: [Vector, Vector, Vector], pixel: Point, size: Point, trusted: Point, mu: number, thickness: number }} Panel */
/** @typedef {{ s0: Vector, wavelength: number, images: Point | null, files: string, oscillation: Vector | null, axis: Vector | null,
 *   levels: number[], tile: number, panels: Panel[] }} Instrument */

/** @param {number[]} a @param {number[]} b */
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** @param {number[]} a @param {number[]} b @returns {Vector} */
export const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** @param {number[]} a @param {number} k @returns {Vector} */
export const times = (a, k) => [a[0] * k, a[1] * k, a[2] * k];
/** @param {...number[]} all @returns {Vector} */
export const sum = (...all) => {
  /** @type {Vector} */
  const total = [0, 0, 0];
  for (const a of all) for (let i = 0; i < 3; i++) total[i] += a[i];
  return total;
};
/** @param {number[]} a */
export const length = (a) => Math.sqrt(dot(a, a));
/** @param {number[]} a @returns {Vector} */
export const unit = (a) => times(a, 1 / (length(a) || 1));

/**
 * The inverse of the matrix with these columns, as rows.
 * @param {number[]} a @param {number[]} b @param {number[]} c @returns {[Vector, Vector, Vector]}
 */
export function inverseOfColumns(a, b, c) {
  const volume = dot(a, cross(b, c));
  return [times(cross(b, c), 1 / volume), times(cross(c, a), 1 / volume), times(cross(a, b), 1 / volume)];
}

/** The displacement (mm) of a spot by the depth at which the sensor stops photons (docs/decisions/2026-11-22-parallax.md). @param {Panel} panel @param {Point} mm @returns {Point} */
function parallax(panel, mm) {
  if (!(panel.mu > 0 && panel.thickness > 0)) return [0, 0];
  const [fast, slow, origin] = panel.frame;
  const ray = unit(sum(times(fast, mm[0]), times(slow, mm[1]), origin));
  const path = panel.thickness / Math.abs(dot(ray, cross(fast, slow)));
  const depth = 1 / panel.mu - path / Math.expm1(panel.mu * path);
  return [depth * dot(ray, fast), depth * dot(ray, slow)];
}

export class Geometry {
  /** @param {Instrument} instrument */
  constructor(instrument) {
    this.panels = instrument.panels;
    this.wavelength = instrument.wavelength;
    this.beam = unit(instrument.s0);
    this.inverses = this.panels.map(({ frame }) => inverseOfColumns(...frame));
  }

  /** The unit vector towards a point (pixels) of a panel. @param {number} panel @param {Point} px */
  ray(panel, px) {
    const { frame, pixel } = this.panels[panel];
    const mm = /** @type {Point} */ ([px[0] * pixel[0], px[1] * pixel[1]]);
    const [dx, dy] = parallax(this.panels[panel], mm);
    return unit(sum(times(frame[0], mm[0] - dx), times(frame[1], mm[1] - dy), frame[2]));
  }

  /** Where a ray meets the plane of a panel, in pixels; null where it points away. @param {number} panel @param {Vector} ray @returns {Point | null} */
  meets(panel, ray) {
    const [a, b, c] = this.inverses[panel].map((row) => dot(row, ray));
    if (!(c > 1e-9)) return null;
    const mm = /** @type {Point} */ ([a / c, b / c]);
    const [dx, dy] = parallax(this.panels[panel], mm);
    const { pixel } = this.panels[panel];
    return [(mm[0] + dx) / pixel[0], (mm[1] + dy) / pixel[1]];
  }

  /** The scattering vector s1 - s0, 1/Å. @param {Vector} ray @returns {Vector} */
  scattering(ray) {
    return times(sum(ray, times(this.beam, -1)), 1 / this.wavelength);
  }

  /** Resolution in Å and the scattering angle in degrees. @param {Vector} ray */
  resolution(ray) {
    const d = 1 / length(this.scattering(ray));
    return { d, twoTheta: (2 * Math.asin(Math.min(1, this.wavelength / 2 / d)) * 180) / Math.PI };
  }

  /** The panel that the direct beam hits, or comes nearest to, and where (pixels); null where it goes past all. @returns {{ panel: number, px: Point } | null} */
  beamCentre() {
    const found = this.panels.map(({ size }, panel) => {
      const px = this.meets(panel, this.beam);
      const out = px ? Math.max(0, -px[0], px[0] - size[0], -px[1], px[1] - size[1]) : Infinity;
      return { panel, px: /** @type {Point} */ (px), out };
    });
    const best = found.reduce((a, b) => (b.out < a.out ? b : a));
    return Number.isFinite(best.out) ? best : null;
  }

  /**
   * The ring of a resolution (Å) as lines of pixels on panels.
   * @param {number} d @returns {{ panel: number, points: Point[] }[]}
   */
  ring(d) {
    const angle = 2 * Math.asin(Math.min(1, this.wavelength / 2 / d));
    const u = unit(cross(this.beam, Math.abs(this.beam[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]));
    const v = cross(this.beam, u);
    /** @type {{ panel: number, points: Point[] }[]} */
    const lines = [];
    this.panels.forEach(({ size }, panel) => {
      /** @type {Point[]} */
      let points = [];
      const end = () => { if (points.length > 1) lines.push({ panel, points }); points = []; };
      for (let i = 0; i <= RING_STEPS; i++) {
        const phi = (2 * Math.PI * i) / RING_STEPS;
        const ray = sum(times(this.beam, Math.cos(angle)), times(u, Math.sin(angle) * Math.cos(phi)), times(v, Math.sin(angle) * Math.sin(phi)));
        const px = this.meets(panel, ray);
        if (px && px[0] >= 0 && px[1] >= 0 && px[0] <= size[0] && px[1] <= size[1]) points.push(px);
        else end();
      }
      end();
    });
    return lines;
  }

  /** The highest and lowest resolution (Å) of the panels' corners and edges, and whether the beam hits one. */
  range() {
    let [least, most] = [Infinity, 0];
    this.panels.forEach(({ size: [nx, ny] }, panel) => {
      for (const px of /** @type {Point[]} */ ([[0, 0], [nx, 0], [0, ny], [nx, ny], [nx / 2, 0], [nx / 2, ny], [0, ny / 2], [nx, ny / 2]])) {
        const { d } = this.resolution(this.ray(panel, px));
        [least, most] = [Math.min(least, d), Math.max(most, d)];
      }
    });
    return { least, most };
  }
}

const RING_STEPS = 720; // half a degree: 2 px of a ring that fills a 4k detector
