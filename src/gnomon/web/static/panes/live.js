/** A running collection: advice, images, lattice, merged data by time, sweeps and their clusters; told by the server as it happens. */

import { element, figure } from "../dom.js";
import uPlot from "../vendor/uplot.js";

/** @typedef {import("../panes.js").App} App */
/** @typedef {{ sweep: string, number: number, n_spots: number | null, n_spots_no_ice: number | null, d_min: number | null, ice: boolean, error: string }} Seen */
/** @typedef {{ cluster: string, sweeps: string[], completeness: number, multiplicity: number, cc_half: number | null, r_meas: number | null, d_min: number }} Part */
/** @typedef {{ images: number, sweeps: number, space_group: string, parts: Part[], final: boolean }} Merged */
/** @typedef {{ images: number, cell: number[] | null, indexed: number, reflections: number, why: string }} Sweep */

const HEIGHT = 170; // px of a plot
const EVERY = 250; // ms between drawings, at least

/** @type {import("../panes.js").Pane} */
export const pane = {
  name: "live", title: "Live", key: "6",
  create(root, app) {
    if (!app.workspace.live) {
      root.append(element("p", {}, "No collection is followed here. Type: gnomon watch FOLDER --view"));
      return { changed: () => {} };
    }
    const made = new LivePane(root);
    return { changed: (keys) => { if (keys.has("theme") || keys.has("panes")) made.later(); }, resized: () => made.later() };
  },
};

class LivePane {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.advice = element("p", { class: "advice", role: "status" }, "waiting for images");
    this.state = element("p", { class: "state" });
    this.images = element("div", { class: "plot" });
    this.merging = element("div", { class: "plot merging" });
    this.rows = element("tbody");
    const head = ["sweep", "images", "reduced cell, Å, degree", "on the lattice, %", "reflections", "cluster", ""];
    root.append(
      this.advice, this.state, element("h2", {}, "Images"), this.images, element("h2", {}, "Merged so far"), this.merging,
      element("h2", {}, "Sweeps"),
      element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "sweeps" },
        element("table", {}, element("thead", {}, element("tr", {}, ...head.map((text) => element(text ? "th" : "td", text ? { scope: "col" } : {}, text)))), this.rows)),
    );
    /** @type {Seen[]} */
    this.seen = [];
    /** @type {Merged[]} */
    this.merged = [];
    /** @type {Map<string, Sweep>} */
    this.sweeps = new Map();
    /** @type {uPlot[]} */
    this.plots = [];
    this.timer = 0;
    this.over = false;
    this.follow();
  }

  follow() {
    const source = new EventSource("events");
    source.onmessage = (event) => { this.take(JSON.parse(event.data)); };
    source.addEventListener("closed", () => { source.close(); this.over = true; this.later(); });
  }

  /** @param {any} told */
  take(told) {
    if (told.seen) {
      this.seen.push(told.seen);
      this.sweep(told.seen.sweep).images += 1;
    } else if (told.lattice) {
      Object.assign(this.sweep(told.lattice.sweep), { cell: told.lattice.cell, indexed: told.lattice.indexed, why: told.lattice.why });
    } else if (told.integrated) {
      Object.assign(this.sweep(told.integrated.sweep), { indexed: told.integrated.indexed, reflections: told.integrated.reflections, why: told.integrated.why });
    } else if (told.merged) this.merged.push(told.merged);
    else if (told.advice) {
      this.advice.textContent = `${told.advice.do}: ${told.advice.why}`;
      this.advice.dataset.do = told.advice.do;
    }
    this.later();
  }

  /** @param {string} name */
  sweep(name) {
    const found = this.sweeps.get(name) ?? { images: 0, cell: null, indexed: 0, reflections: 0, why: "" };
    this.sweeps.set(name, found);
    return found;
  }

  later() {
    if (this.timer) return;
    this.timer = window.setTimeout(() => { this.timer = 0; this.draw(); }, EVERY);
  }

  draw() {
    const last = this.merged[this.merged.length - 1];
    const words = [`${this.seen.length} images`, `${this.sweeps.size} sweep${this.sweeps.size === 1 ? "" : "s"}`];
    if (last) words.push(last.space_group, last.final ? "all merged" : `${last.images} images merged`);
    if (this.over) words.push("the collection has ended");
    this.state.textContent = words.join(" · ");
    this.rows.replaceChildren(...[...this.sweeps].map(([name, sweep]) => this.row(name, sweep, last)));
    for (const plot of this.plots) plot.destroy();
    this.plots = [];
    if (this.seen.length) this.plotImages();
    if (this.merged.length) this.plotMerged();
  }

  /** @param {string} name @param {Sweep} sweep @param {Merged | undefined} last */
  row(name, sweep, last) {
    const stem = (name.split("/").pop() ?? name).split(".")[0].replace(/[_-]*#+$/, "");
    const part = last?.parts.find((p) => p.cluster && p.sweeps.includes(stem));
    const cells = [stem, String(sweep.images), sweep.cell ? sweep.cell.map((x) => figure(x)).join(" ") : "none yet", sweep.cell ? (100 * sweep.indexed).toFixed(0) : "", String(sweep.reflections), part?.cluster ?? "", sweep.why];
    return element("tr", {}, ...cells.map((text) => element("td", {}, text)));
  }

  plotImages() {
    const x = this.seen.map((_, i) => i + 1);
    const spots = this.seen.map((s) => s.n_spots_no_ice), d = this.seen.map((s) => s.d_min);
    const lastD = [...d].reverse().find((v) => v !== null);
    this.plot(this.images, "image", [
      { label: "spots", colour: "--mark", scale: "y", values: spots }, { label: "resolution, Å", colour: "--look", scale: "d", values: d },
    ], x, `spots and resolution of ${x.length} images; the last: ${spots[spots.length - 1] ?? "none"} spots${lastD ? `, ${figure(lastD, 3)} Å` : ""}`);
  }

  plotMerged() {
    const worst = this.merged.map((m) => m.parts.reduce((a, b) => (b.completeness < a.completeness ? b : a)));
    const percent = (/** @type {number | null} */ v) => (v === null ? null : 100 * v);
    const last = worst[worst.length - 1];
    this.plot(this.merging, "images merged", [
      { label: "completeness, %", colour: "--mark", scale: "y", values: worst.map((p) => percent(p.completeness)) },
      { label: "CC1/2, %", colour: "--good", scale: "y", values: worst.map((p) => percent(p.cc_half)) },
      { label: "Rmeas, %", colour: "--bad", scale: "y", values: worst.map((p) => percent(p.r_meas)) },
      { label: "multiplicity", colour: "--look", scale: "d", values: worst.map((p) => p.multiplicity) },
    ], this.merged.map((m) => m.images), `merged data: completeness ${(100 * last.completeness).toFixed(0)} %, multiplicity ${last.multiplicity.toFixed(1)}`);
  }

  /**
   * @param {HTMLElement} root @param {string} label of the abscissa
   * @param {{ label: string, colour: string, scale: string, values: (number | null)[] }[]} lines
   * @param {number[]} x @param {string} words what it shows
   */
  plot(root, label, lines, x, words) {
    const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--faint"), line = style.getPropertyValue("--line");
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const single = x.length < 60; // points are seen among so few
    const series = [{ label }, ...lines.map((l) => ({ label: l.label, scale: l.scale, stroke: style.getPropertyValue(l.colour), width: 1.5, spanGaps: true, points: { show: single } }))];
    const [left, right] = ["y", "d"].map((scale) => { // the unit alone where lines share it: their names stand below
      const names = lines.filter((l) => l.scale === scale).map((l) => l.label), units = new Set(names.map((name) => name.split(", ")[1]));
      return names.length > 1 && units.size === 1 ? [...units][0] : names.join(", ");
    });
    this.plots.push(new uPlot(/** @type {any} */ ({
      width: Math.max(root.clientWidth, 240), height: HEIGHT, scales: { x: { time: false } }, series,
      axes: [{ ...axis, label, labelSize: 18, size: 30 }, { ...axis, label: left, labelSize: 18, size: 46 }, { ...axis, scale: "d", side: 1, label: right, labelSize: 18, size: 46, grid: { show: false } }],
    }), /** @type {any} */ ([x, ...lines.map((l) => l.values)]), root));
    root.setAttribute("role", "img");
    root.setAttribute("aria-label", words);
  }
}
