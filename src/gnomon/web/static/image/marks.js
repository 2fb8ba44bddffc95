/** Reflections on the image: boxes, centroids, predictions, indices, by state and lattice; a click selects one. */

import { element, inked } from "../dom.js";
import { dot, inverseOfColumns } from "./geometry.js";

/** @typedef {import("../panes/image.js").ImagePane} ImagePane */
/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {import("./geometry.js").Vector} Vector */
/** @typedef {{ experiment: number, inverse: [Vector, Vector, Vector] }} Lattice */

/** For light and for dark themes; distinct for those who see no red or green, too (after Okabe & Ito). */
const LATTICES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5cc0", "#b58900", "#3a9bdc", "#8c564b"];
/** @type {Record<string, string>} */
const STATES = { strong: "#7a8699", unindexed: "#e69f00", outlier: "#c2187f", overloaded: "#e03131", "not integrated": "#8a8f98" };
const NEAR = 14; // CSS pixels within which a click means a reflection
const NEAR_ENOUGH = 2.5; // CSS pixels of a pixel from which a prediction is a circle, and a small cross before
const LABELS = 400; // most of them in sight
const SMALLEST_BOX = 22; // CSS pixels from corner to corner; smaller boxes are dots, which hide less
const DOTS = /** @type {const} */ ([1.1, 3.2]); // CSS pixels: radii where spots stand close, and where there is room
const OF_ROOM = 0.17; // of the distance between spots: the radius of a dot
const LARGE_BOX = 45; // CSS pixels from corner to corner; smaller ones that overlap are dots, too
const CROWDED = 1.3; // distances between spots, from corner to corner: boxes overlap

export class Marks {
  /** @param {ImagePane} pane */
  constructor(pane) {
    this.pane = pane;
    this.asked = 0;
    this.n = 0;
    /** @type {Record<string, import("../packed.js").Numbers>} */
    this.arrays = {};
    /** @type {string[]} */
    this.states = [];
    /** @type {string[]} */
    this.reasons = [];
    /** @type {Lattice[]} */
    this.lattices = [];
    this.legend = element("div", { class: "legend" });
    pane.app.state.declare({ "image.hidden": /** @type {string[]} */ ([]) });
  }

  /** Asks for what is on the image that is shown. */
  async load() {
    const asked = ++this.asked;
    const { api, state } = this.pane.app;
    const { head, arrays } = await api.arrays("image/marks", { ...this.pane.shown(), table: state.number("table") });
    if (asked !== this.asked) return;
    this.arrays = arrays;
    this.n = arrays.row?.length ?? 0;
    this.states = head.states;
    this.reasons = head.reasons;
    this.lattices = head.lattices.map((/** @type {{ experiment: number, A: Vector[] }} */ { experiment, A }) => ({
      experiment, inverse: inverseOfColumns(...columns(A)),
    }));
    this.listed();
    this.pane.root.dataset.marks = String(this.n);
    this.pane.overlay.redraw();
    this.pane.read();
  }

  /** Puts the states that are there, and how many, beside the picture. */
  listed() {
    const counts = this.states.map(() => 0);
    for (let i = 0; i < this.n; i++) counts[this.arrays.state[i]] += 1;
    const { state } = this.pane.app;
    this.legend.replaceChildren(...this.states.flatMap((name, i) => {
      if (!counts[i]) return [];
      const box = element("input", { type: "checkbox", onchange: () => {
        const rest = state.words("image.hidden").filter((other) => other !== name);
        state.set({ "image.hidden": box.checked ? rest : [...rest, name] });
      } });
      box.checked = !state.words("image.hidden").includes(name);
      const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.background = STATES[name] ?? inked(LATTICES[0]);
      return [element("label", { class: "tick" }, box, swatch, name, element("span", { class: "value" }, String(counts[i])))];
    }));
  }

  /** @param {number} i */
  colour(i) {
    const at = this.lattices.findIndex(({ experiment }) => experiment === this.arrays.lattice[i]);
    return STATES[this.states[this.arrays.state[i]]] ?? inked(LATTICES[Math.max(0, at) % LATTICES.length]);
  }

  /** Where a reflection is seen, or else predicted, in pixels; null where neither is known. @param {number} i @param {"seen" | "predicted"} [first] @returns {Point | null} */
  place(i, first = "seen") {
    for (const name of first === "seen" ? ["seen", "predicted"] : ["predicted", "seen"]) {
      const values = this.arrays[name];
      if (!Number.isNaN(values[3 * i]) && (values[3 * i] !== 0 || values[3 * i + 1] !== 0)) return [values[3 * i], values[3 * i + 1]];
    }
    return null;
  }

  draw() {
    const { pane } = this;
    const [spots, predictions, indices] = ["spots", "predictions", "indices"].map((name) => pane.layer(name));
    if (!this.n || !(spots || predictions || indices)) return;
    const hidden = new Set(pane.app.state.words("image.hidden"));
    const { pen } = pane.overlay;
    const { x: width, y: height } = pane.screen.size;
    const row = pane.app.state.number("row");
    let labels = 0;
    this.room = this.apart(width, height);
    pen.lineWidth = 1.25;
    pen.font = "11px system-ui, sans-serif";
    for (let i = 0; i < this.n; i++) {
      if (hidden.has(this.states[this.arrays.state[i]])) continue;
      const px = this.place(i);
      if (!px) continue;
      const [x, y] = pane.overlay.on(this.arrays.panel[i], px);
      const chosen = row >= 0 && this.arrays.row[i] === row;
      if (!chosen && (x < -40 || y < -40 || x > width + 40 || y > height + 40)) continue;
      pen.strokeStyle = pen.fillStyle = this.colour(i);
      if (spots) this.drawSpot(i, x, y);
      if (predictions) this.drawPrediction(i);
      if (indices && this.isIndexed(i) && labels++ < LABELS) label(pen, this.hkl(i), x + 9, y - 7);
      if (chosen) ring(pen, x, y);
    }
    pen.setLineDash([]);
  }

  /** The mean distance between the reflections in sight, CSS pixels. @param {number} width @param {number} height */
  apart(width, height) {
    let [n, left, top, right, bottom] = [0, width, height, 0, 0];
    for (let i = 0; i < this.n; i++) {
      const px = this.place(i);
      if (!px) continue;
      const [x, y] = this.pane.overlay.on(this.arrays.panel[i], px);
      if (x < 0 || y < 0 || x > width || y > height) continue;
      n += 1;
      left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y);
    }
    return n > 1 ? Math.sqrt(((right - left) * (bottom - top)) / n) : Infinity;
  }

  room = Infinity;

  /** @param {number} i @param {number} x @param {number} y */
  drawSpot(i, x, y) {
    const { pen } = this.pane.overlay;
    const [x0, x1, y0, y1] = [0, 1, 2, 3].map((k) => this.arrays.box[6 * i + k]);
    if (x1 <= x0) return;
    const panel = this.arrays.panel[i];
    const corners = /** @type {Point[]} */ ([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]).map((p) => this.pane.overlay.on(panel, p));
    const diagonal = Math.hypot(corners[0][0] - corners[2][0], corners[0][1] - corners[2][1]);
    if (diagonal < SMALLEST_BOX || (diagonal < LARGE_BOX && diagonal > CROWDED * this.room)) {
      pen.beginPath();
      pen.arc(x, y, Math.min(DOTS[1], Math.max(DOTS[0], OF_ROOM * this.room)), 0, 2 * Math.PI);
      return pen.stroke();
    }
    pen.setLineDash(this.states[this.arrays.state[i]] === "partial" ? [3, 2] : []);
    pen.beginPath();
    for (const corner of corners) pen.lineTo(...corner);
    pen.closePath();
    pen.stroke();
    pen.setLineDash([]);
    if (Number.isNaN(this.arrays.seen[3 * i])) return;
    pen.beginPath();
    pen.moveTo(x - 3, y); pen.lineTo(x + 3, y); pen.moveTo(x, y - 3); pen.lineTo(x, y + 3);
    pen.stroke();
  }

  /** @param {number} i */
  drawPrediction(i) {
    const { predicted, panel } = this.arrays;
    if (Number.isNaN(predicted[3 * i]) || !this.isIndexed(i)) return;
    const { pen } = this.pane.overlay;
    const [x, y] = this.pane.overlay.on(panel[i], [predicted[3 * i], predicted[3 * i + 1]]);
    const near = this.pane.pixelSide() > NEAR_ENOUGH;
    pen.beginPath();
    if (near) pen.arc(x, y, 5, 0, 2 * Math.PI);
    else { pen.moveTo(x - 2, y - 2); pen.lineTo(x + 2, y + 2); pen.moveTo(x - 2, y + 2); pen.lineTo(x + 2, y - 2); }
    pen.stroke();
    if (near && this.states[this.arrays.state[i]] === "not integrated") {
      pen.beginPath();
      pen.moveTo(x - 4, y + 4); pen.lineTo(x + 4, y - 4);
      pen.stroke();
    }
  }

  /** @param {number} i */
  isIndexed(i) { return [0, 1, 2].some((k) => this.arrays.hkl[3 * i + k] !== 0); }
  /** @param {number} i */
  hkl(i) { return [0, 1, 2].map((k) => this.arrays.hkl[3 * i + k]).join(" "); }

  /** The reflection nearest to a point of the screen, if one is near. @param {Point} at @param {number} [within] CSS pixels */
  nearest(at, within = NEAR) {
    let [best, least] = [-1, within];
    for (let i = 0; i < this.n; i++) {
      for (const first of /** @type {const} */ (["seen", "predicted"])) {
        const px = this.place(i, first);
        if (!px) continue;
        const [x, y] = this.pane.overlay.on(this.arrays.panel[i], px);
        const far = Math.hypot(x - at[0], y - at[1]);
        if (far < least) [best, least] = [i, far];
      }
    }
    return best;
  }

  /** Whether a row of the table is on the image and in sight. @param {number} row */
  inSight(row) {
    const i = this.arrays.row?.indexOf(row) ?? -1;
    const px = i < 0 ? null : this.place(i);
    if (!px) return false;
    const [x, y] = this.pane.overlay.on(this.arrays.panel[i], px);
    return x >= 0 && y >= 0 && x < this.pane.screen.size.x && y < this.pane.screen.size.y;
  }

  /** Selects the reflection under a click; none where there is none. @param {Point} at */
  clicked(at) {
    const i = this.nearest(at);
    const { state } = this.pane.app;
    const row = i < 0 ? -1 : this.arrays.row[i];
    const known = row >= 0 && this.arrays.lattice[i] >= 0;
    state.set({ row, ...(known ? { experiment: this.arrays.lattice[i] } : {}) });
  }

  /** What is known of a point: indices by the crystal and the angle, and of the reflection that is near.
   * @param {Vector} q scattering vector, 1/Å @param {Point | null} at @returns {[string, string][]} */
  about(q, at) {
    const i = at ? this.nearest(at, 8) : -1;
    const lattice = this.lattices.find(({ experiment }) => experiment === this.pane.app.state.number("experiment")) ?? this.lattices[0];
    /** @type {[string, string][]} */
    const told = [];
    if (i >= 0 && this.isIndexed(i)) told.push(["hkl", this.hkl(i)]);
    if (lattice) told.push([told.length ? "by the crystal" : "hkl", lattice.inverse.map((row) => dot(row, q).toFixed(2)).join(" ")]);
    if (i >= 0) {
      const state = this.states[this.arrays.state[i]];
      told.push(["state", state === "not integrated" ? `${state}: ${this.reasons[this.arrays.reason[i]]}` : state]);
    }
    return told;
  }
}

/** @param {Vector[]} rows @returns {[Vector, Vector, Vector]} */
const columns = (rows) => /** @type {[Vector, Vector, Vector]} */ ([0, 1, 2].map((i) => rows.map((row) => row[i])));

/** @param {CanvasRenderingContext2D} pen @param {string} text @param {number} x @param {number} y */
export function label(pen, text, x, y) {
  const dark = document.documentElement.dataset.theme === "dark";
  const colour = pen.strokeStyle;
  pen.lineWidth = 3;
  pen.strokeStyle = dark ? "#14171ccc" : "#ffffffdd";
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.25;
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y */
function ring(pen, x, y) {
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.arc(x, y, 13, 0, 2 * Math.PI);
  pen.stroke();
  pen.lineWidth = 1.25;
}
