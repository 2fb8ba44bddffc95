/** Counts along a line that is drawn, and by scattering angle. */

import { element, figure } from "../dom.js";
import uPlot from "../vendor/uplot.js";
import { button, group } from "./controls.js";

/** @typedef {import("../panes/image.js").ImagePane} ImagePane */
/** @typedef {import("./geometry.js").Point} Point */

const POINTS = 600; // most of a line
const HEIGHT = 150;

export class Profiles {
  /** @param {ImagePane} pane */
  constructor(pane) {
    this.pane = pane;
    this.asked = 0;
    /** @type {[Point, Point] | null} */
    this.line = null; // on the plane, mm
    this.plot = element("div", { class: "plot" });
    this.told = element("p", { class: "hint" });
    /** @type {"" | "line" | "radial"} */
    this.shown = "";
  }

  group() {
    this.pane.app.keys.add("image", "l", "draw a line, for counts along it", () => this.pane.overlay.setTool("line"));
    return group("Profiles", false,
      element("div", { class: "buttons" }, button("along a line", "Draw a line: counts along it", () => this.pane.overlay.setTool("line")),
        button("by angle", "Mean counts by scattering angle", () => { this.shown = "radial"; this.load(); }),
        button("none", "No profile", () => { this.line = null; this.shown = ""; this.load(); })), this.told, this.plot);
  }

  /** A line between two points of the plane. @param {Point} a @param {Point} b @param {boolean} ended */
  drawn(a, b, ended) {
    this.line = [a, b];
    this.pane.overlay.redraw();
    if (ended) { this.shown = "line"; this.load(); }
  }

  load() {
    const asked = ++this.asked;
    const made = this.shown === "line" && this.line ? this.along(...this.line) : this.shown === "radial" ? this.radial() : null;
    if (!made) {
      this.plot.replaceChildren();
      this.told.textContent = "";
      return this.pane.overlay.redraw();
    }
    made.then((data) => { if (asked === this.asked) this.show(data); }, (error) => { this.told.textContent = error.message; });
  }

  /** @param {Point} a @param {Point} b */
  async along(a, b) {
    const { pane } = this;
    const pitch = pane.instrument?.panels[0].pixel[0] ?? 1;
    const apart = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const n = Math.max(2, Math.min(POINTS, Math.round(apart / pitch)));
    const at = [];
    const points = [];
    for (let i = 0; i < n; i++) {
      const point = /** @type {Point} */ ([0, 1].map((k) => a[k] + ((b[k] - a[k]) * i) / (n - 1)));
      const found = pane.under(pane.screen.toScreen(point));
      if (!found) continue;
      at.push((apart / pitch) * (i / (n - 1)));
      points.push([found.panel, ...found.px.map(Math.floor)].join("."));
    }
    if (!points.length) throw new Error("the line meets no panel");
    const { arrays } = await pane.app.api.arrays("image/at", { ...pane.shown(), points: points.join(",") });
    return { x: at, y: Array.from(arrays.counts), name: "pixels along the line", format: (/** @type {number} */ v) => figure(v, 3) };
  }

  async radial() {
    const { arrays } = await this.pane.app.api.arrays("image/profile", this.pane.shown());
    const wavelength = this.pane.instrument?.wavelength ?? 1;
    return {
      x: Array.from(arrays.two_theta), y: Array.from(arrays.mean), name: "d, Å",
      format: (/** @type {number} */ v) => (v > 0 ? figure(wavelength / 2 / Math.sin((v * Math.PI) / 360), 2) : "∞"),
    };
  }

  /** @param {{ x: number[], y: number[], name: string, format: (value: number) => string }} data */
  show({ x, y, name, format }) {
    const style = getComputedStyle(this.plot);
    const [ink, line, mark] = ["--faint", "--line", "--mark"].map((key) => style.getPropertyValue(key));
    const axis = { stroke: ink, grid: { stroke: line, width: 0.5 }, ticks: { stroke: line }, font: "11px system-ui" };
    this.plot.replaceChildren();
    new uPlot({
      width: Math.max(200, this.plot.clientWidth), height: HEIGHT, legend: { show: false }, scales: { x: { time: false } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map(format) }, { ...axis, size: 44 }],
      series: [{}, { stroke: mark, width: 1.25, points: { show: false } }],
    }, [x, y], this.plot);
    this.told.textContent = `counts by ${name}: ${figure(Math.min(...y), 3)} to ${figure(Math.max(...y), 4)}`;
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", this.told.textContent);
    this.pane.root.dataset.profile = String(y.length);
    this.pane.overlay.redraw();
  }

  draw() {
    if (!this.line) return;
    const { pen } = this.pane.overlay;
    pen.strokeStyle = "#2b6cb0";
    pen.lineWidth = 2;
    pen.beginPath();
    for (const point of this.line) pen.lineTo(...this.pane.screen.toScreen(point));
    pen.stroke();
  }
}
