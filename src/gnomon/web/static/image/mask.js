/** Masks drawn over panels: rectangles, circles, polygons, rings; what generate_mask makes of them, and its line. */

import { element, figure } from "../dom.js";
import { button, commandLine, group, number, row } from "./controls.js";

/** @typedef {import("../panes/image.js").ImagePane} ImagePane */
/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {{ kind: "rectangle" | "circle" | "polygon", points: Point[] } | { kind: "ring", points: Point[], d: Point }} Shape points on the plane, mm */
/** @typedef {{ panel: number, kind: "rectangle" | "circle" | "polygon", values: number[] }} Part of a shape, in pixels */

const KINDS = /** @type {const} */ (["rectangle", "circle", "polygon", "ring"]);
const CLOSE = 9; // CSS pixels from the first corner at which a polygon is closed

export class Mask {
  /** @param {ImagePane} pane */
  constructor(pane) {
    this.pane = pane;
    /** @type {Shape[]} */
    this.shapes = [];
    /** @type {Point[]} */
    this.corners = []; // of the polygon that is being drawn
    this.border = 0;
    this.asked = 0;
    this.name = element("input", { type: "text", value: "pixels.mask", spellcheck: "false" });
    this.name.addEventListener("change", () => this.changed());
    this.list = element("ul", { class: "shapes" });
    this.line = commandLine((text) => pane.app.say(text));
    this.told = element("p", { class: "hint", role: "status" });
  }

  group() {
    const tools = KINDS.map((kind) => button(kind, `Draw a ${kind} to leave out`, () => this.pane.overlay.setTool(kind)));
    this.pane.app.keys.add("image", "m", "draw a rectangle to mask; Escape ends", () => this.pane.overlay.setTool("rectangle"));
    const border = number({ min: 0, change: (value) => { this.border = value; this.changed(); } });
    border.value = "0";
    return group("Mask", false, element("p", { class: "hint" }, "Draw what is not to be used. A ring is drawn from the beam centre, a polygon by clicks, closed at its first corner."),
      element("div", { class: "buttons" }, ...tools), this.list, row("border", border), row("file", this.name),
      element("div", { class: "buttons" }, button("write", "Write the mask", () => this.write()), button("clear", "Forget all shapes", () => { this.shapes = []; this.corners = []; this.changed(); })),
      this.told, this.line.root);
  }

  /** A drag of a tool, from a to b on the plane. @param {string} kind @param {Point} a @param {Point} b @param {boolean} ended */
  drawn(kind, a, b, ended) {
    const shape = kind === "ring" ? this.ring(a, b) : /** @type {Shape} */ ({ kind, points: [a, b] });
    this.making = ended ? null : shape;
    if (ended && shape && Math.hypot(b[0] - a[0], b[1] - a[1]) > 0) { this.shapes.push(shape); this.changed(); }
    this.pane.overlay.redraw();
  }

  /** @type {Shape | null} */
  making = null;

  /** A ring between the resolutions of two points. @param {Point} a @param {Point} b @returns {Shape | null} */
  ring(a, b) {
    const d = [a, b].map((point) => {
      const found = this.pane.under(this.pane.screen.toScreen(point));
      return found && this.pane.geometry ? this.pane.geometry.resolution(this.pane.geometry.ray(found.panel, found.px)).d : NaN;
    });
    if (d.some(Number.isNaN)) return null;
    const sorted = d.map((value) => Number(value.toFixed(3))).sort((x, y) => x - y);
    return { kind: "ring", points: [a, b], d: /** @type {Point} */ (sorted) };
  }

  /** A corner of a polygon; at the first one it is closed. @param {Point} at CSS pixels */
  corner(at) {
    const first = this.corners[0] && this.pane.screen.toScreen(this.corners[0]);
    if (first && this.corners.length > 2 && Math.hypot(first[0] - at[0], first[1] - at[1]) < CLOSE) {
      this.shapes.push({ kind: "polygon", points: this.corners });
      this.corners = [];
      this.changed();
    } else this.corners.push(this.pane.screen.toPlane(at));
    this.pane.overlay.redraw();
  }

  /** The parts of a shape on the panels that it may touch. @param {Shape} shape @returns {Part[]} */
  parts(shape) {
    if (shape.kind === "ring") return [];
    const round = (/** @type {number} */ x) => Number(x.toFixed(2));
    /** @type {Part[]} */
    const found = [];
    for (const [panel, place] of (this.pane.places ?? []).entries()) {
      if (shape.kind === "circle") {
        const [centre, edge] = shape.points.map((p) => place.px(p));
        const radius = Math.hypot(edge[0] - centre[0], edge[1] - centre[1]);
        const out = [0, 1].map((k) => Math.max(0, -centre[k], centre[k] - place.size[k]));
        if (Math.hypot(...out) < radius) found.push({ panel, kind: "circle", values: [...centre, radius].map(round) });
        continue;
      }
      const [a, c] = shape.points;
      const corners = (shape.kind === "rectangle" ? /** @type {Point[]} */ ([a, [c[0], a[1]], c, [a[0], c[1]]]) : shape.points).map((p) => place.px(p));
      const [x, y] = [0, 1].map((k) => corners.map((p) => p[k]));
      if (Math.max(...x) < 0 || Math.min(...x) > place.size[0] || Math.max(...y) < 0 || Math.min(...y) > place.size[1]) continue;
      const straight = () => Math.abs(corners[0][0] - corners[3][0]) < 0.01 || Math.abs(corners[0][1] - corners[3][1]) < 0.01;
      if (shape.kind === "rectangle" && straight()) {
        const span = (/** @type {number[]} */ v, /** @type {number} */ most) => [Math.max(0, Math.round(Math.min(...v))), Math.min(most, Math.round(Math.max(...v)))];
        found.push({ panel, kind: "rectangle", values: [...span(x, place.size[0]), ...span(y, place.size[1])] });
      } else found.push({ panel, kind: "polygon", values: corners.flat().map(round) });
    }
    return found;
  }

  /** What the server makes a mask of. */
  wanted() {
    const { state } = this.pane.app;
    return {
      stage: state.number("stage"), experiment: state.number("experiment"), border: this.border, output: this.name.value.trim(),
      shapes: this.shapes.flatMap((shape) => this.parts(shape)), rings: this.shapes.flatMap((shape) => (shape.kind === "ring" ? [shape.d] : [])),
    };
  }

  changed() {
    this.list.replaceChildren(...this.shapes.map((shape, i) => element("li", {},
      shape.kind === "ring" ? `ring ${figure(shape.d[0], 4)}–${figure(shape.d[1], 4)} Å` : shape.kind,
      button("×", `Forget this ${shape.kind}`, () => { this.shapes.splice(i, 1); this.changed(); }))));
    this.pane.overlay.redraw();
    const asked = ++this.asked;
    this.told.textContent = "";
    if (!this.shapes.length && !this.border) return this.line.set("");
    this.pane.app.api.send("image/mask", { ...this.wanted(), write: false }).then(
      ({ line }) => { if (asked === this.asked) this.line.set(line); }, (error) => { this.told.textContent = error.message; });
  }

  write() {
    this.pane.app.api.send("image/mask", { ...this.wanted(), write: true }).then(
      ({ wrote, used, pixels }) => { this.told.textContent = `wrote ${wrote}: ${used} of ${pixels} pixels may be used`; },
      (error) => { this.told.textContent = error.message; });
  }

  draw() {
    const { pen } = this.pane.overlay;
    const on = (/** @type {Point} */ p) => this.pane.screen.toScreen(p);
    pen.lineWidth = 1.5;
    pen.strokeStyle = "#c0392b";
    pen.fillStyle = "#c0392b33";
    for (const shape of this.making ? [...this.shapes, this.making] : this.shapes) {
      pen.beginPath();
      if (shape.kind === "ring") {
        for (const d of shape.d) for (const { panel, points } of this.pane.geometry?.ring(d) ?? []) {
          points.forEach((p, i) => (i ? pen.lineTo(...this.pane.overlay.on(panel, p)) : pen.moveTo(...this.pane.overlay.on(panel, p))));
        }
        pen.stroke();
        continue;
      }
      const [a, b] = shape.points.map(on);
      if (shape.kind === "rectangle") pen.rect(a[0], a[1], b[0] - a[0], b[1] - a[1]);
      else if (shape.kind === "circle") pen.arc(...a, Math.hypot(b[0] - a[0], b[1] - a[1]), 0, 2 * Math.PI);
      else { for (const p of shape.points) pen.lineTo(...on(p)); pen.closePath(); }
      pen.fill();
      pen.stroke();
    }
    if (this.corners.length) {
      pen.beginPath();
      for (const p of this.corners) pen.lineTo(...on(p));
      pen.stroke();
      for (const p of this.corners) { const [x, y] = on(p); pen.fillRect(x - 2.5, y - 2.5, 5, 5); }
    }
  }
}
