/** Reciprocal space: the points of the open table, turned, coloured, cut and selected. */

import { element, figure } from "../dom.js";
import { drawing, Labels } from "../space/axes.js";
import { CLASSES, GRADIENT } from "../space/colours.js";
import { pair, slider, toggle } from "../space/controls.js";
import { Lasso } from "../space/lasso.js";
import { Lattices } from "../space/lattices.js";
import { listen } from "../space/pointer.js";
import { about, angles, clean, looking, ofAngles, product, turned, turnedBack } from "../space/turn.js";
import { View } from "../space/view.js";

/** @typedef {import("../panes.js").App} App */

const MOST_CELLS = 15; // lattices whose cells are drawn, as many as the eye tells apart
const STEP = 5; // degrees that a key turns
/** What points are coloured by, with the unit of the legend. */
const COLOURS = { lattice: "", sweep: "", flags: "", residual: "px", i_over_sigma: "", resolution: "Å", image: "" };
const NAMES = { lattice: "lattice", sweep: "sweep", flags: "flag", residual: "residual", i_over_sigma: "I/sigma", resolution: "resolution", image: "image" };
const IN_DOUBT = { "space.turn": ["1", "0", "0", "0", "1", "0", "0", "0", "1"], "space.centre": ["0", "0", "0"], "space.hidden": /** @type {string[]} */ ([]) };

/** @type {import("../panes.js").Pane} */
export const pane = {
  name: "space", title: "Reciprocal space", key: "3",
  create(root, app) {
    app.state.declare({
      ...IN_DOUBT, "space.zoom": 1, "space.colour": "lattice", "space.unindexed": true, "space.crystal": false, "space.cell": true, "space.axes": true, "space.beam": false,
      "space.rotation": false, "space.slab": 0, "space.at": 0, "space.size": 0, "space.fade": true, "space.partmin": 0, "space.partmax": 0, "space.nmin": 0, "space.nmax": 0,
    });
    const made = new SpacePane(root, app);
    return { changed: (keys) => made.changed(keys), resized: () => made.view.resized(), hidden: () => made.stop() };
  },
};

class SpacePane {
  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.app = app;
    const canvas = element("canvas", { tabindex: "0", role: "img", "aria-label": "Points in reciprocal space; arrows turn, plus and minus zoom, Enter picks the point in the middle" });
    this.view = new View(canvas);
    this.labels = new Labels();
    this.lattices = new Lattices(app);
    this.lasso = new Lasso(app, this.view, () => this.selection(), (kept) => this.keep(kept));
    this.told = element("p", { class: "told" });
    this.legend = element("div", { class: "legend" });
    this.ring = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.ring.setAttribute("class", "ring");
    this.ring.setAttribute("aria-hidden", "true");
    this.ring.append(document.createElementNS("http://www.w3.org/2000/svg", "circle"));
    /** @type {{ A: Float32Array, U: Float32Array, s0: Float32Array, axis: Float32Array } | null} */
    this.models = null;
    /** @type {{ root: HTMLElement, draw: () => void }[]} */
    this.controls = [];
    /** @type {Uint8Array | null} */
    this.mask = null;
    this.loading = "";
    this.spin = 0;
    this.picture = element("div", { class: "picture" }, canvas, this.labels.root, /** @type {any} */ (this.lasso.overlay), /** @type {any} */ (this.ring), this.bar(), this.told);
    root.append(this.picture, this.side());
    this.view.onDrawn = () => this.follow();
    listen(canvas, {
      turn: () => this.turn(), centre: () => this.centre(), zoom: () => app.state.number("space.zoom"), pixels: () => this.view.pixels(),
      look: (change) => this.look(change), click: (x, y) => this.pick(x, y), lasso: this.lasso,
    });
    this.keyboard();
    this.load();
    /** @type {any} */ (root).view = this.view; // where benchmarks and tests find what was drawn
  }

  turn() { return this.app.state.words("space.turn").map(Number); }
  centre() { return this.app.state.words("space.centre").map(Number); }

  /** @param {{ turn?: number[], centre?: number[], zoom?: number }} change */
  look({ turn, centre, zoom }) {
    const words = (/** @type {number[]} */ numbers) => numbers.map((x) => String(Number(x.toFixed(6))));
    this.app.state.set({
      ...(turn ? { "space.turn": words(turn) } : {}), ...(centre ? { "space.centre": words(centre) } : {}),
      ...(zoom ? { "space.zoom": Number(Math.min(Math.max(zoom, 0.2), 500).toPrecision(6)) } : {}),
    });
  }

  bar() {
    const { app } = this;
    const button = (/** @type {string} */ text, /** @type {string} */ what, /** @type {() => void} */ act) => element("button", { type: "button", title: what, onclick: act }, text);
    this.lassoButton = button("lasso", "select points by drawing around them (l)", () => this.drawLasso());
    const views = /** @type {const} */ (["a*", "b*", "c*"]).map((name, k) => button(name, `look down ${name} (${"abc"[k]})`, () => this.down(k)));
    return element("div", { class: "bar", role: "toolbar", "aria-label": "Views" }, ...views,
      button("beam", "look along the beam (m)", () => this.along("s0")), button("rotation axis", "look along the rotation axis (x)", () => this.along("axis")),
      button("fit", "all in view (0)", () => this.look({ centre: [0, 0, 0], zoom: 1 })), this.lassoButton, button("select seen", "select all that is seen (Shift+Enter)", () => this.lasso.whole()));
  }

  side() {
    const { app } = this;
    const colour = element("select", { "aria-label": "Coloured by", onchange: () => app.state.set({ "space.colour": colour.value }) }, ...Object.entries(NAMES).map(([value, text]) => element("option", { value }, text)));
    const angle = (/** @type {"turn" | "tilt" | "roll"} */ name, /** @type {number} */ most) =>
      slider(name, { min: -most, max: most, step: 0.5, unit: "°" }, () => Math.round(2 * angles(this.turn())[name]) / 2, (value) => this.look({ turn: ofAngles({ ...angles(this.turn()), [name]: value }) }));
    const reach = () => this.view.uniforms.reach.value;
    this.slab = slider("thickness", { min: 0, max: 100, step: 0.5, unit: "Å⁻¹" }, () => (app.state.number("space.slab") || Infinity), (value) => app.state.set({ "space.slab": value >= 100 ? 0 : Number((Math.max(value / 100, 0.0005) * 2 * reach()).toPrecision(4)) }));
    this.slab.input.setAttribute("aria-valuetext", "all");
    this.depth = slider("at depth", { min: -100, max: 100, step: 0.5, unit: "Å⁻¹" }, () => app.state.number("space.at"), (value) => app.state.set({ "space.at": Number(((value / 100) * reach()).toPrecision(4)) }));
    const size = slider("point size", { min: 0, max: 10, step: 1, unit: "" }, () => app.state.number("space.size") || Math.round(this.view.uniforms.size.value), (value) => app.state.set({ "space.size": value }));
    const flags = element("input", { type: "text", placeholder: "indexed & ~centroid_outlier", "aria-label": "Flags, with &, |, ~ and brackets", onchange: () => app.state.set({ flags: flags.value.trim() }) });
    const parts = [
      toggle(app, "space.cell", "cell", "the reciprocal cell (z)"), toggle(app, "space.axes", "axes", "a*, b*, c*"), toggle(app, "space.beam", "beam", "the beam"),
      toggle(app, "space.rotation", "rotation axis", "the axis of rotation"), toggle(app, "space.crystal", "crystal frame", "each lattice turned by its U: all lie on each other (f)"), toggle(app, "space.fade", "depth", "what is farther is fainter"),
    ];
    const limits = [
      pair(app, "d, Å", ["dmin", "dmax"], ["min, d in Å", "max, d in Å"]), pair(app, "images", ["first", "last"], ["first, image", "last, image"]),
      pair(app, "partiality", ["space.partmin", "space.partmax"], ["least, of partiality", "most, of partiality"]), pair(app, "strong pixels", ["space.nmin", "space.nmax"], ["least, strong pixels", "most, strong pixels"]),
    ];
    this.controls = [
      { root: colour, draw: () => { colour.value = app.state.text("space.colour"); } }, { root: flags, draw: () => { flags.value = app.state.text("flags"); } },
      angle("turn", 180), angle("tilt", 90), angle("roll", 180), this.slab, this.depth, size, ...parts, ...limits,
    ];
    const [, , turn, tilt, roll] = this.controls;
    return element("div", { class: "side", tabindex: "-1" }, this.lasso.result,
      element("h2", {}, "Colour by"), colour, this.legend,
      element("h2", {}, "Shown"), element("div", { class: "row" }, ...parts.map((p) => p.root)), size.root,
      element("h2", {}, "Angles"), turn.root, tilt.root, roll.root,
      element("h2", {}, "Slab"), this.slab.root, this.depth.root,
      element("h2", {}, "Limits"), ...limits.map((p) => p.root), element("div", { class: "pair flags" }, element("span", {}, "flags"), flags),
      element("h2", {}, "Lattices"), this.lattices.root);
  }

  keyboard() {
    const { keys, state } = this.app, turnBy = (/** @type {number} */ axis, /** @type {number} */ degrees) => this.look({ turn: clean(product(about(axis, (degrees * Math.PI) / 180), this.turn())) });
    const shift = (/** @type {number} */ x, /** @type {number} */ y) => {
      const by = turnedBack(this.turn(), [(x * 40) / this.view.pixels(), (y * 40) / this.view.pixels(), 0]);
      this.look({ centre: this.centre().map((c, i) => c + by[i]) });
    };
    const add = (/** @type {string} */ key, /** @type {string} */ what, /** @type {() => void} */ act) => keys.add("space", key, what, act);
    for (const [key, axis, sign] of /** @type {[string, number, number][]} */ ([["ArrowLeft", 1, -1], ["ArrowRight", 1, 1], ["ArrowUp", 0, -1], ["ArrowDown", 0, 1]])) {
      add(key, "turn", () => turnBy(axis, sign * STEP));
      add(`Shift+${key}`, "move", () => shift(axis ? sign : 0, axis ? 0 : -sign));
    }
    add(",", "roll left", () => turnBy(2, STEP));
    add(".", "roll right", () => turnBy(2, -STEP));
    add("+", "nearer", () => this.look({ zoom: state.number("space.zoom") * 1.25 }));
    add("-", "farther", () => this.look({ zoom: state.number("space.zoom") / 1.25 }));
    add("0", "all in view", () => this.look({ centre: [0, 0, 0], zoom: 1 }));
    ["a", "b", "c"].forEach((key, k) => add(key, `look down ${key}*`, () => this.down(k)));
    add("m", "look along the beam", () => this.along("s0"));
    add("x", "look along the rotation axis", () => this.along("axis"));
    add("z", "cell", () => state.set({ "space.cell": !state.flag("space.cell") }));
    add("f", "crystal frame", () => state.set({ "space.crystal": !state.flag("space.crystal") }));
    add("s", "turn by itself, or stop", () => this.spinning());
    add("l", "lasso: draw around points", () => this.drawLasso());
    add("Enter", "pick the point in the middle", () => this.pick(this.view.canvas.clientWidth / 2, this.view.canvas.clientHeight / 2, Infinity));
    add("Shift+Enter", "select all that is seen", () => this.lasso.whole());
    add("Escape", "no selection", () => { this.lasso.clear(); state.set({ row: -1 }); });
  }

  spinning() {
    const step = () => {
      this.look({ turn: clean(product(about(1, 0.01), this.turn())) });
      this.spin = requestAnimationFrame(step);
    };
    if (this.spin) this.stop();
    else step();
  }

  stop() {
    cancelAnimationFrame(this.spin);
    this.spin = 0;
  }

  drawLasso() {
    this.lasso.active = !this.lasso.active;
    this.picture.classList.toggle("drawing", this.lasso.active);
    this.lassoButton?.setAttribute("aria-pressed", String(this.lasso.active));
  }

  /** Looks down axis k of the reciprocal cell of the experiment. @param {number} k */
  down(k) {
    const A = this.cellOf(this.app.state.number("experiment"));
    if (!A) return this.app.say("no crystal yet: index first");
    const axis = (/** @type {number} */ i) => [A[i % 3], A[3 + (i % 3)], A[6 + (i % 3)]];
    this.look({ turn: looking(axis(k), axis(k === 2 ? 1 : 2)), centre: [0, 0, 0] });
  }

  /** @param {"s0" | "axis"} what */
  along(what) {
    if (!this.models) return;
    const i = this.app.state.number("experiment"), v = [...this.models[what].subarray(3 * i, 3 * i + 3)];
    if (!Number.isFinite(v[0])) return this.app.say("nothing turns: there is no rotation axis");
    this.look({ turn: looking(what === "s0" ? v.map((x) => -x) : v, what === "s0" ? [0, 1, 0] : [0, 0, 1]), centre: [0, 0, 0] });
  }

  /** A (nine numbers by rows) of an experiment in the frame that is shown; null without a crystal. @param {number} i */
  cellOf(i) {
    if (!this.models || !Number.isFinite(this.models.A[9 * i])) return null;
    const A = this.models.A.subarray(9 * i, 9 * i + 9);
    if (!this.app.state.flag("space.crystal")) return A;
    const U = [...this.models.U.subarray(9 * i, 9 * i + 9)];
    return Float32Array.from(product([0, 1, 2].flatMap((r) => [U[r], U[3 + r], U[6 + r]]), [...A]));
  }

  async load() {
    const { app } = this, stage = app.state.number("stage"), table = app.state.number("table"), wanted = `${stage}/${table}`;
    this.loading = wanted;
    this.mask = null;
    if (!app.workspace.stages[stage].tables.length) {
      this.told.textContent = "no reflections of this stage: give a .refl file";
      this.view.take({ place: new Uint16Array(0), lattice: new Uint16Array(0), rows: null, extent: 1, dMin: 1, first: 0, last: 1 });
      this.view.moved();
      return;
    }
    app.say("reading the points…");
    try {
      const { head, arrays } = await app.api.arrays("points", { stage, table });
      if (this.loading !== wanted) return;
      const f = (/** @type {string} */ name) => /** @type {Float32Array} */ (arrays[name]);
      this.models = { A: f("A"), U: f("U"), s0: f("s0"), axis: f("axis") };
      this.lattices.counts = /** @type {Uint32Array} */ (arrays.counts);
      this.view.take({ place: /** @type {Uint16Array} */ (arrays.place), lattice: /** @type {Uint16Array} */ (arrays.lattice), rows: /** @type {Uint32Array} */ (arrays.rows ?? null), extent: head.half, dMin: head.d_min, first: head.first, last: head.last });
      app.say("");
      this.view.resized();
      this.changed(null);
    } catch (error) {
      app.say(/** @type {Error} */ (error).message);
    }
  }

  /** @param {Set<string> | null} keys null: all */
  changed(keys) {
    const has = (/** @type {string[]} */ ...names) => !keys || names.some((name) => keys.has(name));
    if (keys && has("stage", "table")) return void this.load();
    if (!this.view.cloud) return;
    if (has("space.colour", "sets", "space.hidden", "space.unindexed", "theme", "space.crystal")) this.lookUp();
    if (has("space.colour")) this.colour();
    if (has("flags", "space.partmin", "space.partmax", "space.nmin", "space.nmax") && (keys || this.masked())) this.filter();
    if (has("space.hidden", "space.unindexed", "sets", "experiment", "stage", "theme")) this.lattices.draw();
    if (has("row", "table", "stage")) this.select();
    this.limits();
    this.axes();
    this.view.look(this.turn(), this.centre(), this.app.state.number("space.zoom"));
    for (const control of this.controls) control.draw();
    this.ends();
    this.words();
  }

  /** The sliders of the slab in hundredths of what there is. */
  ends() {
    const reach = this.view.uniforms.reach.value, { state } = this.app, slab = state.number("space.slab");
    if (this.slab) this.slab.input.value = String(slab ? (slab / (2 * reach)) * 100 : 100);
    if (this.depth) this.depth.input.value = String((state.number("space.at") / reach) * 100);
  }

  /** Colour, visibility and rotation of each lattice. */
  lookUp() {
    const style = getComputedStyle(document.documentElement), { uniforms } = this.view;
    uniforms.back.value.set(style.getPropertyValue("--card").trim()).convertLinearToSRGB();
    uniforms.mark.value.set(document.documentElement.dataset.theme === "dark" ? "#ff6b6b" : "#d6006c").convertLinearToSRGB();
    this.view.renderer.setClearColor(style.getPropertyValue("--card").trim());
    const n = this.lattices.experiments().length, U = this.models?.U ?? new Float32Array(9 * n), rotations = new Float32Array(18 * n);
    rotations.set(U);
    rotations.fill(NaN, 9 * n);
    const visible = this.lattices.visible(), crystal = this.app.state.flag("space.crystal");
    if (crystal) for (let k = 0; k < 2 * n; k += 1) if (!Number.isFinite(rotations[9 * k])) visible[k] = 0;
    uniforms.crystal.value = crystal ? 1 : 0;
    this.view.lattices(this.lattices.colours(this.app.state.text("space.colour") === "sweep"), visible, rotations);
  }

  async colour() {
    const { app, view } = this, by = /** @type {keyof typeof COLOURS} */ (app.state.text("space.colour"));
    if (by === "lattice" || by === "sweep" || by === "resolution" || by === "image") {
      view.colour(null, by === "sweep" ? "lattice" : by);
      const cloud = /** @type {NonNullable<typeof view.cloud>} */ (view.cloud);
      this.drawLegend(by, by === "image" ? [cloud.first, cloud.last] : [Infinity, cloud.dMin]);
      return;
    }
    try {
      const { head, arrays } = await app.api.arrays("points/values", { stage: app.state.number("stage"), table: app.state.number("table"), by });
      if (app.state.text("space.colour") !== by) return;
      view.colour(/** @type {Uint16Array} */ (arrays.value), "value", by === "flags");
      this.drawLegend(by, [head.low, head.high]);
      view.moved();
    } catch (error) {
      app.say(/** @type {Error} */ (error).message);
    }
  }

  /** @param {keyof typeof COLOURS} by @param {number[]} ends */
  drawLegend(by, ends) {
    if (by === "lattice" || by === "sweep") return this.legend.replaceChildren();
    if (by === "flags") {
      return this.legend.replaceChildren(...CLASSES.map(({ colour, words }) => {
        const swatch = element("span", { class: "swatch" });
        swatch.style.background = colour;
        return element("div", { class: "class" }, swatch, words);
      }));
    }
    const bar = element("div", { class: "gradient", "aria-hidden": "true" });
    bar.style.background = GRADIENT;
    const words = ends.map((x) => (x === Infinity ? "∞" : figure(x, 3)));
    this.legend.replaceChildren(bar, element("div", { class: "ends" }, element("span", {}, words[0]), element("span", {}, `${words[1]} ${COLOURS[by]}`)));
  }

  /** Filters that the server answers, as the parameters of filter_reflections. */
  masked() {
    const { state } = this.app, n = (/** @type {string} */ key) => state.number(`space.${key}`);
    return {
      ...(state.text("flags") ? { flag_expression: state.text("flags") } : {}),
      ...(n("partmin") ? { partiality_min: n("partmin") } : {}), ...(n("partmax") ? { partiality_max: n("partmax") } : {}),
      ...(n("nmin") || n("nmax") ? { n_signal: [n("nmin"), n("nmax") || 2147483647] } : {}),
    };
  }

  async filter() {
    const { app } = this, asked = this.masked();
    if (!Object.keys(asked).length) {
      this.mask = null;
      return this.keep(null);
    }
    try {
      const words = Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, String(value)]));
      const { arrays } = await app.api.arrays("points/mask", { stage: app.state.number("stage"), table: app.state.number("table"), ...words });
      this.mask = /** @type {Uint8Array} */ (arrays.kept);
      this.keep(null);
    } catch (error) {
      app.say(/** @type {Error} */ (error).message);
    }
  }

  /** Shows what the filter keeps, and marks what a lasso holds. @param {Uint8Array | null} chosen */
  keep(chosen) {
    const n = this.view.cloud?.lattice.length ?? 0, kept = this.mask ? Uint8Array.from(this.mask) : new Uint8Array(n).fill(1);
    if (chosen) for (let i = 0; i < n; i += 1) if (chosen[i]) kept[i] = 2;
    this.view.keep(kept);
    this.view.moved();
  }

  /** All that is asked of rows besides the polygon, as parameters of filter_reflections. */
  selection() {
    const { state } = this.app, shown = this.lattices.shown(), experiments = this.lattices.experiments(), slab = state.number("space.slab"), at = state.number("space.at");
    const numbers = shown.flatMap((on, i) => (on ? [i] : [])), crystal = state.flag("space.crystal"), bare = state.flag("space.unindexed") && !crystal;
    const sweeps = [...new Set(experiments.map((e) => e.sweep))], seen = new Set(numbers.map((i) => experiments[i].sweep));
    const some = numbers.length < shown.length || !bare, counts = this.lattices.counts, anyBare = counts.subarray(shown.length).some((c) => c > 0);
    const last = state.number("last") || 2147483647;
    return {
      ...this.masked(), ...(some ? { id: bare && anyBare ? [-1, ...numbers] : numbers } : {}),
      ...(some && bare && anyBare && seen.size < sweeps.length ? { imageset_id: sweeps.flatMap((s, i) => (seen.has(s) ? [i] : [])) } : {}),
      ...(state.number("dmin") ? { d_min: state.number("dmin") } : {}), ...(state.number("dmax") ? { d_max: state.number("dmax") } : {}),
      ...(state.number("first") || state.number("last") ? { image_range: [state.number("first"), last] } : {}),
      ...(slab ? { depth: [at - slab / 2, at + slab / 2] } : {}), ...(crystal ? { crystal_frame: true } : {}),
    };
  }

  limits() {
    const { state } = this.app, u = this.view.uniforms, cloud = this.view.cloud, slab = state.number("space.slab"), at = state.number("space.at");
    u.shells.value.set(state.number("dmax") ? 1 / state.number("dmax") : 0, state.number("dmin") ? 1 / state.number("dmin") : 1e9);
    u.images.value.set(state.number("first") || -1e9, state.number("last") || 1e9);
    u.slab.value.set(slab ? at - slab / 2 : -1e9, slab ? at + slab / 2 : 1e9);
    const n = cloud?.lattice.length ?? 0, automatic = n > 3e5 ? 1.5 : n > 3e4 ? 2 : n > 3000 ? 3 : 4;
    u.size.value = (state.number("space.size") || automatic) * Math.min(devicePixelRatio, 2);
    u.round.value = u.size.value > 2.5 ? 1 : 0;
    u.fade.value = state.flag("space.fade") ? 0.55 : 0;
  }

  axes() {
    const { state } = this.app, i = state.number("experiment"), shown = this.lattices.shown();
    if (!this.models) return;
    const others = shown.flatMap((on, k) => (on && k !== i ? [k] : []));
    const cells = [i, ...(state.flag("space.cell") && others.length < MOST_CELLS ? others : [])].map((k) => this.cellOf(k)).filter((A) => A !== null);
    const one = { A: null, s0: [...this.models.s0.subarray(3 * i, 3 * i + 3)], axis: [...this.models.axis.subarray(3 * i, 3 * i + 3)] };
    const wanted = { cell: state.flag("space.cell"), axes: state.flag("space.axes"), beam: state.flag("space.beam"), rotation: state.flag("space.rotation") };
    const made = drawing(cells, one, wanted, this.view.uniforms.reach.value, document.documentElement.dataset.theme ?? "light");
    this.lines = made.labels;
    this.view.drawLines(made.ends, made.tints);
  }

  /** The labels, and the ring around the row that is chosen. */
  follow() {
    this.labels.place(this.lines ?? [], (p) => this.view.onScreen(p));
    const circle = /** @type {SVGCircleElement} */ (this.ring.firstElementChild), chosen = this.chosen ?? -1;
    circle.setAttribute("r", chosen >= 0 ? "8" : "0");
    if (chosen < 0) return;
    const { x, y } = this.view.onScreen(this.view.point(chosen));
    circle.setAttribute("cx", x.toFixed(1));
    circle.setAttribute("cy", y.toFixed(1));
  }

  /** Finds the point of the row of the state. */
  select() {
    const row = this.app.state.number("row"), rows = this.view.cloud?.rows, n = this.view.cloud?.lattice.length ?? 0;
    if (row < 0) this.chosen = -1;
    else if (!rows) this.chosen = row < n ? row : -1;
    else {
      let low = 0, high = rows.length;
      while (low < high) { const middle = (low + high) >> 1; if (rows[middle] < row) low = middle + 1; else high = middle; }
      this.chosen = rows[low] === row ? low : -1;
    }
  }

  /** @param {number} x @param {number} y @param {number} [within] */
  pick(x, y, within) {
    const { view } = this, i = view.pick(x, y, within), cloud = view.cloud, n = this.lattices.experiments().length;
    if (i < 0 || !cloud) return;
    this.app.state.set({ row: cloud.rows ? cloud.rows[i] : i, experiment: cloud.lattice[i] % n, image: cloud.first + cloud.place[4 * i + 3] });
  }

  async words() {
    const { app, view } = this, n = view.cloud?.lattice.length ?? 0, row = app.state.number("row");
    if (this.chosen === undefined || this.chosen < 0) {
      this.told.textContent = `${n.toLocaleString("en")} points to ${figure(view.cloud?.dMin ?? 1, 3)} Å`;
      return;
    }
    const p = view.point(this.chosen), d = 1 / Math.hypot(...p);
    let hkl = "";
    const stage = app.state.number("stage"), table = app.state.number("table");
    if (app.workspace.stages[stage].tables[table]?.columns.includes("miller_index")) {
      const { arrays } = await app.api.arrays("columns", { stage, table, names: "miller_index", first: row, last: row + 1 });
      if (app.state.number("row") !== row) return;
      hkl = arrays.miller_index.some((h) => h !== 0) ? `${[...arrays.miller_index].join(" ")} · ` : "not indexed · ";
    }
    this.told.textContent = `row ${row} · ${hkl}${figure(d, 4)} Å`;
  }
}
