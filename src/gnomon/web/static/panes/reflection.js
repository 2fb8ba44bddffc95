/** One reflection: its pixels and rocking curve, its equivalents, all that the table says of it; and the next one. */

import { element, figure } from "../dom.js";
import { rocking, strips } from "../reflection/frames.js";
import uPlot from "../vendor/uplot.js";

/** @typedef {import("../panes.js").App} App */
/** @typedef {{ row: number, hkl: number[] | null, d: number | null, experiment: number, name: string, image: number, flags: string[],
 *   columns: { name: string, value: (number | boolean | null)[], unit: string, meaning: string }[] }} Told */
/** @typedef {{ row: number, hkl: number[], experiment: number, name: string, image: number, value: number, sigma: number, deviation: number | null, counts: boolean }} Equivalent */

const FILTERS = ["dmin", "dmax", "first", "last", "flags", "sets"];
const FAR = 3; // sigma beyond which a deviation stands out
const SINGLE = 1e6; // from which numbers of single precision show fewer digits than they have

/** @type {import("../panes.js").Pane} */
export const pane = {
  name: "reflection", title: "Reflection", key: "4",
  create(root, app) {
    const made = new ReflectionPane(root, app);
    return { changed: (keys) => made.changed(keys), resized: () => made.resized() };
  },
};

class ReflectionPane {
  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.app = app;
    this.root = root;
    const button = (/** @type {string} */ text, /** @type {string} */ what, /** @type {number} */ by) => element("button", { type: "button", title: what, "aria-label": what, onclick: () => this.step(by) }, text);
    this.number = element("input", { type: "number", min: 0, "aria-label": "Row of the table", onchange: () => app.state.set({ row: Number(this.number.value) }) });
    this.place = element("span", { class: "place" });
    this.flags = element("input", { type: "text", placeholder: "flags: integrated & ~outlier_in_scaling", "aria-label": "Only reflections with these flags", onchange: () => app.state.set({ flags: this.flags.value.trim() }) });
    this.head = element("div", { class: "head" });
    this.frames = element("div", { class: "frames" });
    this.under = element("p", { class: "under" });
    this.curve = element("div", { class: "curve" });
    this.equivalents = element("div", { class: "equivalents" });
    this.columns = element("div", { class: "columns" });
    this.body = element("div", { class: "body" }, this.frames, this.under, element("div", { class: "beside" }, element("section", {}, element("h2", {}, "Rocking curve"), this.curve), element("section", {}, element("h2", {}, "Equivalents"), this.equivalents)), element("h2", {}, "Columns"), this.columns);
    root.append(element("div", { class: "nav" }, button("‹ previous", "previous that passes (p)", -1), button("next ›", "next that passes (n)", 1), element("label", {}, "row ", this.number), this.place, this.flags), this.head, this.body);
    for (const [key, what, by] of /** @type {[string, string, number][]} */ ([["n", "next reflection that passes", 1], ["p", "previous reflection that passes", -1], ["ArrowRight", "next reflection that passes", 1], ["ArrowLeft", "previous reflection that passes", -1]])) {
      app.keys.add("reflection", key, what, () => this.step(by));
    }
    this.asked = "";
    /** @type {uPlot | null} */
    this.plot = null;
    /** @type {import("../reflection/frames.js").Box | null} */
    this.box = null;
    this.changed(new Set(["row", ...FILTERS]));
  }

  where() { return { stage: this.app.state.number("stage"), table: this.app.state.number("table") }; }

  filters() {
    const { state } = this.app, entries = FILTERS.map((key) => [key, String(state.values[key])]).filter(([, value]) => value !== "" && value !== "0");
    return Object.fromEntries(entries);
  }

  /** @param {Set<string>} keys */
  changed(keys) {
    if (FILTERS.some((key) => keys.has(key)) || keys.has("stage") || keys.has("table") || keys.has("row")) {
      this.flags.value = this.app.state.text("flags");
      this.counted();
    }
    if (keys.has("row") || keys.has("stage") || keys.has("table")) this.show();
    if (keys.has("theme")) this.drawn();
  }

  resized() { if (this.box) this.drawn(); }

  /** How many pass, and which of them this is. */
  async counted() {
    const { app } = this, stage = app.workspace.stages[app.state.number("stage")];
    if (!stage.tables.length) return;
    try {
      const row = app.state.number("row"), found = await app.api.json("reflection/next", { ...this.where(), ...this.filters(), row, by: 0 });
      if (app.state.number("row") !== row) return;
      this.place.textContent = found.of ? `${found.row === row ? `${found.place} of ` : ""}${found.of.toLocaleString("en")} that pass` : "none pass";
      if (row < 0 && found.of) app.state.set({ row: found.row });
    } catch (error) {
      this.place.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** @param {number} by */
  async step(by) {
    try {
      const found = await this.app.api.json("reflection/next", { ...this.where(), ...this.filters(), row: this.app.state.number("row"), by });
      if (!found.of) return this.app.say("no reflection passes: ask for less");
      this.go(found.row);
    } catch (error) {
      this.app.say(/** @type {Error} */ (error).message);
    }
  }

  /** Shows a row in all panes. @param {number} row @param {{ experiment: number, image: number }} [known] */
  async go(row, known) {
    const told = known ?? await this.app.api.json("reflection", { ...this.where(), row });
    this.app.state.set({ row, ...(told.experiment >= 0 ? { experiment: told.experiment } : {}), image: told.image });
  }

  async show() {
    const { app } = this, row = app.state.number("row"), query = { ...this.where(), row }, asked = JSON.stringify(query);
    this.asked = asked;
    this.number.value = row >= 0 ? String(row) : "";
    this.body.hidden = row < 0;
    if (!app.workspace.stages[query.stage].tables.length) return void this.head.replaceChildren("no reflections of this stage: give a .refl file");
    if (row < 0) return void this.head.replaceChildren("Click a spot in an image or in reciprocal space, or go to the next that passes.");
    const still = () => this.asked === asked;
    const others = [app.api.arrays("reflection/pixels", query), app.api.json("reflection/equivalents", query)];
    for (const other of others) other.catch(() => {}); // told below, where the row is there at all
    try {
      const told = /** @type {Told} */ (await app.api.json("reflection", query));
      if (!still()) return;
      this.titled(told);
      this.listed(told);
    } catch (error) {
      this.body.hidden = true;
      this.head.replaceChildren(/** @type {Error} */ (error).message);
      return;
    }
    await Promise.all([
      others[0].then((made) => { if (still()) this.pixels(made); }, (error) => { if (still()) this.noPixels(error.message); }),
      others[1].then((made) => { if (still()) this.compared(made); }, (error) => { if (still()) this.equivalents.replaceChildren(error.message); }),
    ]);
    if (still()) this.root.dataset.row = String(row);
  }

  /** @param {Told} told */
  titled(told) {
    const title = told.hkl ? told.hkl.join(" ") : "not indexed";
    this.head.replaceChildren(
      element("strong", { class: "hkl" }, title), element("span", {}, told.d ? `${figure(told.d, 4)} Å` : ""),
      element("span", {}, `${told.name || "no experiment"}, image ${told.image}`),
      element("span", { class: "flags" }, ...told.flags.map((flag) => element("span", { class: "flag" }, flag))),
    );
  }

  /** @param {string} text */
  noPixels(text) {
    this.box = null;
    this.frames.replaceChildren(element("p", {}, text));
    this.curve.replaceChildren();
  }

  /** @param {import("../packed.js").Packed} made */
  pixels({ head, arrays, shapes }) {
    if (head.told) return this.noPixels(head.told);
    const [nz, ny, nx] = shapes.data, f = (/** @type {string} */ name) => /** @type {Float32Array} */ (arrays[name]);
    /** @type {Record<string, Float32Array>} */
    const layers = { data: f("data"), background: f("background") };
    if (head.fitted) Object.assign(layers, { share: f("share"), expected: f("expected") });
    const model = layers.expected ?? layers.background;
    layers.residual = layers.data.map((v, i) => (v - model[i]) / Math.sqrt(Math.max(model[i], 1)));
    this.box = { nz, ny, nx, bbox: head.bbox, mask: /** @type {Uint8Array} */ (arrays.mask), layers };
    this.source = head.source;
    this.drawn();
  }

  drawn() {
    const { box } = this;
    if (!box) return;
    const note = `${box.nx} × ${box.ny} pixels on ${box.nz} images, from ${this.source}${box.layers.expected ? "; the profile is the Gaussian of the spots' widths" : "; no profile yet"}`;
    this.under.textContent = note;
    this.frames.replaceChildren(...strips(box, (text) => { this.under.textContent = text || note; }, this.frames.clientWidth || 800));
    const { images, seen, expected } = rocking(box), style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--faint").trim();
    this.plot?.destroy();
    const axis = { stroke: ink, grid: { stroke: style.getPropertyValue("--line").trim(), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const series = [{ label: "image" }, { label: "counted", stroke: style.getPropertyValue("--mark").trim(), width: 2, points: { show: true, size: 6 } }];
    if (box.layers.expected) series.push({ label: "fit", stroke: style.getPropertyValue("--look").trim(), width: 2, points: { show: false, size: 0 } });
    const data = box.layers.expected ? [images, seen, expected] : [images, seen];
    const narrow = Math.min(Math.max(this.curve.clientWidth, 240), 560);
    this.plot = new uPlot(/** @type {any} */ ({ width: narrow, height: 190, scales: { x: { time: false, range: [images[0] - 0.5, images[images.length - 1] + 0.5] } }, cursor: { drag: { x: false, y: false } }, series, axes: [{ ...axis, label: "image", labelSize: 18, size: 30, incrs: [1, 2, 5, 10, 20] }, { ...axis, size: 56 }] }), /** @type {any} */ (data), this.curve);
    this.curve.setAttribute("role", "img");
    this.curve.setAttribute("aria-label", `counts above background by image: ${seen.map((v, i) => `${images[i]}: ${figure(v, 3)}`).join(", ")}`);
  }

  /** @param {{ told: string, unique: number[], mean: number, sigma: number, equivalents: Equivalent[] }} made */
  compared(made) {
    if (!made.equivalents.length) return void this.equivalents.replaceChildren(made.told);
    const row = this.app.state.number("row");
    const body = made.equivalents.map((e) => {
      const go = element("button", { type: "button", "aria-current": e.row === row ? "true" : null, "aria-label": `reflection ${e.hkl.join(" ")} of ${e.name}, image ${e.image}`, onclick: () => this.go(e.row, e) }, e.hkl.join(" "));
      const far = e.deviation !== null && Math.abs(e.deviation) > FAR;
      const cells = [e.name, String(e.image), figure(e.value, 4), figure(e.sigma, 3), e.deviation === null ? "–" : e.deviation.toFixed(1), e.counts ? "" : "left out"];
      return element("tr", { class: e.row === row ? "chosen" : null }, element("td", {}, go), ...cells.map((text, i) => element("td", { class: i === 4 && far ? "far" : null }, text)));
    });
    this.equivalents.replaceChildren(
      element("p", {}, `${made.equivalents.length} of ${made.unique.join(" ")}: mean ${figure(made.mean, 4)} ± ${figure(made.sigma, 3)} on the common scale`),
      element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "equivalents" }, element("table", {}, element("thead", {}, element("tr", {}, ...["h k l", "data set", "image", "I / g", "sigma", "off, sigma", ""].map((h) => element(h ? "th" : "td", h ? { scope: "col" } : {}, h)))), element("tbody", {}, ...body))),
    );
  }

  /** @param {Told} told */
  listed(told) {
    const text = (/** @type {number | boolean | null} */ v) => (v === null ? "–" : typeof v === "boolean" ? (v ? "yes" : "no") : Number.isInteger(v) ? String(v) : figure(v, Math.abs(v) < SINGLE ? 6 : 8));
    const rows = told.columns.map((c) => element("tr", {}, element("th", { scope: "row" }, c.name), element("td", { class: "value" }, c.value.map(text).join("  ")), element("td", {}, c.unit), element("td", { class: "meaning" }, c.meaning)));
    this.columns.replaceChildren(element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "columns" }, element("table", {}, element("thead", {}, element("tr", {}, ...["column", "value", "unit", "meaning"].map((h) => element("th", { scope: "col" }, h)))), element("tbody", {}, ...rows))));
  }
}
