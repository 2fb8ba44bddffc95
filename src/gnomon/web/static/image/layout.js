/** Where panels lie on the screen: the laboratory projected on the detector's plane, or unrolled where it bends. */

import { cross, dot, length, sum, times, unit } from "./geometry.js";

/** @typedef {import("./geometry.js").Vector} Vector */
/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {import("./geometry.js").Panel} Panel */

const STEEP = 0.6; // cosine to the plane below which a panel, projected, would be too narrow to look at

/** A panel on the plane: its corner, and what a pixel along fast and along slow is there, in mm. */
export class Place {
  /** @param {Point} origin @param {Point} fast @param {Point} slow @param {Point} size */
  constructor(origin, fast, slow, size) {
    this.origin = origin; this.fast = fast; this.slow = slow; this.size = size;
    this.area = fast[0] * slow[1] - fast[1] * slow[0];
  }

  /** From pixels to the plane. @param {number} x @param {number} y @returns {Point} */
  at(x, y) {
    return [this.origin[0] + x * this.fast[0] + y * this.slow[0], this.origin[1] + x * this.fast[1] + y * this.slow[1]];
  }

  /** From the plane to pixels. @param {Point} point @returns {Point} */
  px([a, b]) {
    const [u, v] = [a - this.origin[0], b - this.origin[1]];
    return [(u * this.slow[1] - v * this.slow[0]) / this.area, (v * this.fast[0] - u * this.fast[1]) / this.area];
  }

  /** Whether a point in pixels lies on the panel. @param {Point} px */
  holds([x, y]) { return x >= 0 && y >= 0 && x < this.size[0] && y < this.size[1]; }
}

/** The mean of the panels' normals, and the axes right and down on the plane across it. @param {Panel[]} panels */
function plane(panels) {
  const normal = unit(sum(...panels.map(({ frame }) => cross(frame[0], frame[1]))));
  const parallel = panels.every(({ frame }) => dot(frame[0], panels[0].frame[0]) > 0.99);
  const along = parallel ? panels[0].frame[0] : Math.abs(normal[0]) < 0.9 ? /** @type {Vector} */ ([1, 0, 0]) : /** @type {Vector} */ ([0, 0, 1]);
  const right = unit(sum(along, times(normal, -dot(along, normal))));
  const other = cross(normal, right);
  const down = parallel ? other : other[1] > 0 ? times(other, -1) : other; // the laboratory's y is up
  return { normal, right, down };
}

/** @param {Panel} panel @param {Vector} right @param {Vector} down @param {Point} [origin] */
function projected({ frame, pixel, size }, right, down, origin) {
  const on = (/** @type {Vector} */ v) => /** @type {Point} */ ([dot(v, right), dot(v, down)]);
  const [fast, slow] = [on(frame[0]), on(frame[1])];
  return new Place(origin ?? on(frame[2]), [fast[0] * pixel[0], fast[1] * pixel[0]], [slow[0] * pixel[1], slow[1] * pixel[1]], size);
}

/** @param {Panel} panel */
function middle({ frame, pixel, size }) {
  return sum(frame[2], times(frame[0], (pixel[0] * size[0]) / 2), times(frame[1], (pixel[1] * size[1]) / 2));
}

/** Panels of a cylinder about their common fast (k = 0) or slow (k = 1) axis, side by side at their true distances. @param {Panel[]} panels @param {0 | 1} k */
function unrolled(panels, k) {
  const axis = panels[0].frame[k];
  const across = /** @type {0 | 1} */ (1 - k);
  const rows = panels.map((panel, i) => {
    const half = (panel.pixel[across] * panel.size[across]) / 2;
    const side = times(panel.frame[across], half);
    const centre = middle(panel);
    return { panel, i, along: dot(panel.frame[2], axis), half, near: sum(centre, times(side, -1)), far: sum(centre, side), centre };
  });
  const start = rows.reduce((a, b) => (b.panel.frame[2][2] < a.panel.frame[2][2] ? a : b));
  const [e0, e1] = [unit(sum(start.centre, times(axis, -dot(start.centre, axis)))), start.panel.frame[across]];
  const angle = (/** @type {Vector} */ v) => Math.atan2(dot(v, e1), dot(v, e0));
  rows.sort((a, b) => angle(a.centre) - angle(b.centre));
  /** @type {Place[]} */
  const places = new Array(panels.length);
  let [at, last] = [0, /** @type {typeof rows[0] | null} */ (null)];
  for (const row of rows) {
    const same = last !== null && length(sum(row.centre, times(last.centre, -1))) - Math.abs(row.along - last.along) < last.half / 4;
    if (last && !same) at += 2 * last.half + Math.max(0, flatGap(last.far, row.near, axis));
    if (!same) last = row;
    const { pixel, size } = row.panel;
    places[row.i] = k === 0
      ? new Place([row.along, at], [pixel[0], 0], [0, pixel[1]], size)
      : new Place([at, row.along], [0, pixel[0]], [pixel[1], 0], size);
  }
  return places;
}

/** @param {Vector} a @param {Vector} b @param {Vector} axis */
function flatGap(a, b, axis) {
  const apart = sum(b, times(a, -1));
  return length(sum(apart, times(axis, -dot(apart, axis))));
}

/**
 * A place for each panel. Flat and tilted detectors are projected along the mean normal; cylinders are unrolled.
 * @param {Panel[]} panels
 */
export function layout(panels) {
  const { normal, right, down } = plane(panels);
  const steep = panels.some(({ frame }) => Math.abs(dot(cross(frame[0], frame[1]), normal)) < STEEP);
  const k = /** @type {(0 | 1)[]} */ ([0, 1]).find((axis) => panels.every(({ frame }) => dot(frame[axis], panels[0].frame[axis]) > 0.999));
  if (steep && k !== undefined) return unrolled(panels, k);
  return panels.map((panel) => projected(panel, right, down));
}

/** The corners of the rectangle that holds all panels. @param {Place[]} places @returns {[number, number, number, number]} left, top, right, bottom */
export function bounds(places) {
  const corners = places.flatMap((p) => [p.at(0, 0), p.at(p.size[0], 0), p.at(0, p.size[1]), p.at(...p.size)]);
  const [x, y] = [corners.map((c) => c[0]), corners.map((c) => c[1])];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}
