/** Images at their full resolution, with what is known of them drawn on top. */

import { element, figure } from "../dom.js";
import { Geometry } from "../image/geometry.js";
import { bounds, layout } from "../image/layout.js";
import { contrastGroup, imageGroup, shortcuts } from "../image/look.js";
import { Loader } from "../image/loader.js";
import { moves } from "../image/moves.js";
import { Overlay } from "../image/overlay.js";
import { Screen } from "../image/screen.js";
import { countAt } from "../image/tiles.js";
import { strip } from "../image/strip.js";

/** @typedef {import("../image/geometry.js").Point} Point */
/** @typedef {import("../image/geometry.js").Instrument} Instrument */

const VIEW = new Set(["image.x", "image.y", "image.scale"]); // change at every frame, and no control shows them
const LOOKS = ["image.black", "image.white", "image.gamma", "image.map", "image.inverted"]; // of the pixels, not of what is drawn over them
const SETTLED = 140; // ms after which a view that stands still gets finer tiles
const SHOWN = 60; // ms in which a picture gets onto the screen: the next is asked for after it, or it takes the processor from this one
const MOST_SCALE = 80; // CSS pixels to a pixel of the detector
const CLOSE_UP = 8; // CSS pixels to a pixel about a reflection that was selected elsewhere
const MOST_FINE = 240; // finer tiles in memory, 0.5 MB each

export class ImagePane {
  /** @param {HTMLElement} root @param {import("../panes.js").App} app */
  constructor(root, app) {
    this.app = app;
    this.root = root;
    app.state.declare({
      "image.x": 0, "image.y": 0, "image.scale": 0, "image.black": 0, "image.white": 0, "image.gamma": 1, "image.map": "auto",
      "image.inverted": false, "image.n": 1, "image.how": "sum", "image.layers": ["rings", "centre", "spots", "predictions", "overloads", "masked"],
    });
    this.pixels = element("canvas", { class: "pixels", "aria-hidden": "true" });
    this.ink = element("canvas", { class: "ink", "aria-hidden": "true" });
    this.marks = element("div", { class: "marks", tabindex: "0", role: "application", "aria-roledescription": "picture", "aria-label": "Diffraction image; arrow keys move it, + and - zoom, ? lists all keys" });
    this.readout = element("output", { class: "readout", "aria-live": "off" });
    this.note = element("p", { class: "note", role: "alert", hidden: true });
    this.stage = element("div", { class: "stage" }, this.pixels, this.ink, this.marks, this.readout, this.note);
    this.side = element("div", { class: "side" });
    this.strip = strip(app, () => this.showing);
    this.showing = Promise.resolve();
    root.append(this.stage, this.side, this.strip.root);
    this.screen = new Screen(this.pixels, (isHurried) => this.overlay.follow(isHurried));
    this.overlay = new Overlay(this);
    /** @type {Instrument | null} */
    this.instrument = null;
    /** @type {Point | null} */
    this.cursor = null;
    this.autoWhite = 10;
    this.asked = 0;
    this.timer = this.ahead = 0;
    this.direction = 1;
    this.fitted = true;
    this.sweepShown = -1;
    this.side.append(imageGroup(this), contrastGroup(this), ...this.overlay.groups());
    shortcuts(this);
    moves(this.marks, {
      pan: (dx, dy) => this.pan(dx, dy), zoom: (factor, at) => this.zoom(factor, at), click: (at) => this.overlay.clicked(at),
      hover: (at) => { this.cursor = at; this.read(); this.overlay.hovered(); }, grab: (at) => this.overlay.grab(at),
    });
    new ResizeObserver(() => this.resized()).observe(this.stage);
    for (const set of this.sets) set();
    this.themed();
    this.opened();
    /** @type {any} */ (root).made = this; // where benchmarks and tests find what was drawn
  }

  /** Whether a layer is on. @param {string} name */
  layer(name) { return this.app.state.words("image.layers").includes(name); }

  /** @param {string} name @param {boolean} on */
  setLayer(name, on) {
    const rest = this.app.state.words("image.layers").filter((other) => other !== name);
    this.app.state.set({ "image.layers": on ? [...rest, name] : rest });
  }

  /** What the server is asked for. @returns {import("../image/tiles.js").Shown} */
  shown() {
    const { state } = this.app;
    const shown = { stage: state.number("stage"), experiment: state.number("experiment"), image: state.number("image"), n: state.number("image.n") };
    return { ...shown, how: state.text("image.how") };
  }

  /** Takes another detector, or the same of another sweep. */
  async opened() {
    const { state, api } = this.app;
    const asked = ++this.asked;
    try {
      const instrument = /** @type {Instrument} */ (await api.json("image/instrument", { stage: state.number("stage"), experiment: state.number("experiment") }));
      if (asked !== this.asked) return;
      const same = this.instrument && JSON.stringify(this.instrument.panels) === JSON.stringify(instrument.panels);
      this.instrument = instrument;
      this.sweepShown = this.app.workspace.stages[state.number("stage")].experiments[state.number("experiment")]?.sweep;
      this.geometry = new Geometry(instrument);
      this.places = layout(instrument.panels);
      this.loader = new Loader(api, instrument);
      this.screen.tileSide = instrument.tile;
      if (!same) {
        this.screen.forget(() => true);
        this.fitted = false;
        this.placed();
      }
      this.strip.opened(instrument);
      const [first, last] = instrument.images ?? [1, 1];
      const image = Math.min(Math.max(state.number("image"), first), last);
      if (image !== state.number("image")) state.set({ image });
      this.overlay.opened();
      await this.picture();
    } catch (error) {
      this.told(error);
    }
  }

  /** @param {unknown} error */
  told(error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    this.note.textContent = error instanceof Error ? error.message : String(error);
    this.note.hidden = false;
  }

  /** Shows the image of the state. */
  async picture() {
    const { loader, places, instrument } = this;
    if (!loader || !places || !instrument?.images) return this.told(new Error("this experiment has no images; import them"));
    const asked = ++this.asked;
    loader.stop();
    clearTimeout(this.ahead);
    const shown = this.shown();
    const started = performance.now();
    this.overlay.imageChanged();
    try {
      const tiles = await loader.picture(shown);
      if (asked !== this.asked) return;
      this.note.hidden = true;
      this.screen.forget((tile) => tile.level !== loader.level);
      this.screen.add(tiles, places, instrument.panels);
      this.overlay.redraw();
      this.contrast(tiles);
      this.root.dataset.image = String(shown.image);
      this.root.dataset.took = String(Math.round(performance.now() - started));
      this.read();
      this.settle();
      this.ahead = setTimeout(() => this.prefetch(shown), SHOWN);
    } catch (error) {
      if (asked === this.asked) this.told(error);
    }
  }

  /** Asks for the next image before it is wanted. @param {import("../image/tiles.js").Shown} shown */
  prefetch(shown) {
    const [first, last] = this.instrument?.images ?? [1, 1];
    const image = shown.image + this.direction * shown.n;
    if (image >= first && image + shown.n - 1 <= last) this.loader?.picture({ ...shown, image }).catch(() => {}); // told when it is shown
  }

  /** White by the counts that are shown, where it is not chosen. @param {import("../image/tiles.js").Tile[]} tiles */
  contrast(tiles) {
    const [, high] = this.instrument?.panels[0].trusted ?? [0, 65535];
    /** @type {number[]} */
    const some = [];
    const step = Math.max(1, Math.floor(tiles.reduce((n, tile) => n + tile.pixels.length, 0) / 50_000));
    for (const tile of tiles) for (let i = 0; i < tile.pixels.length; i += step) {
      const count = countAt(tile, i);
      if (count >= 0 && count <= high) some.push(count);
    }
    const sorted = Float64Array.from(some).sort(); // in a fifth of the time that a function of two numbers takes
    const at = (/** @type {number} */ share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 1;
    this.autoWhite = Math.max(4, 4 * at(0.5), at(0.995));
    this.looks();
    for (const set of this.sets) set();
  }

  /** Takes contrast and colours from the state. */
  looks() {
    const { state } = this.app;
    const chosen = state.text("image.map");
    const dark = document.documentElement.dataset.theme === "dark";
    this.screen.look({
      black: state.number("image.black"), white: state.number("image.white") || this.autoWhite, gamma: state.number("image.gamma"),
      map: chosen === "auto" ? "grey" : chosen, inverted: state.flag("image.inverted") !== (chosen === "auto" && dark),
      overloads: this.layer("overloads"), masked: this.layer("masked"),
    });
    this.overlay.recount();
  }

  themed() {
    const dark = document.documentElement.dataset.theme === "dark";
    this.screen.theme(dark ? { back: "#14171c", dead: "#2a303a", over: "#f06a5c", mask: "#5b8bd0" } : { back: "#f6f7f9", dead: "#dfe4ea", over: "#d6402f", mask: "#7aa5dc" });
    this.looks();
  }

  /** Whether the experiment of the state is another lattice of the sweep that is shown. */
  sameSweep() {
    const { state, workspace } = this.app;
    const { experiments } = workspace.stages[state.number("stage")];
    const [before, now] = [this.sweepShown, experiments[state.number("experiment")]?.sweep];
    return before === now;
  }

  /** Shows the reflection that was selected elsewhere: its image, and its place in the middle. */
  async goTo() {
    const { state, api, workspace } = this.app;
    const row = state.number("row");
    if (this.overlay.marks.inSight(row)) return;
    const table = workspace.stages[state.number("stage")].tables[state.number("table")];
    const names = ["xyzobs.px.value", "xyzcal.px", "id", "panel"].filter((name) => table?.columns.includes(name));
    const query = { stage: state.number("stage"), table: state.number("table"), names: names.join(","), first: row, last: row + 1 };
    const { arrays } = await api.arrays("columns", query);
    if (row !== state.number("row")) return;
    const at = ["xyzobs.px.value", "xyzcal.px"].map((name) => arrays[name]).find((xyz) => xyz && (xyz[0] || xyz[1]));
    if (!at) return;
    const experiment = arrays.id && arrays.id[0] >= 0 ? arrays.id[0] : state.number("experiment");
    const [first, last] = workspace.stages[state.number("stage")].experiments[experiment]?.images ?? [1, 1];
    state.set({ experiment, image: Math.min(Math.max(Math.floor(at[2]) + 1, first), last) });
    this.centre(arrays.panel?.[0] ?? 0, [at[0], at[1]], CLOSE_UP);
  }

  /** The view that shows the whole detector, or that of the address. */
  placed() {
    const { state } = this.app;
    const { view } = this.screen;
    const [x, y, scale] = ["image.x", "image.y", "image.scale"].map((key) => state.number(key));
    if (scale <= 0) {
      if (!this.fitted) this.fit();
      return;
    }
    this.fitted = false;
    if (Math.hypot(x - view.x, y - view.y) * scale < 0.5 && Math.abs(scale / view.scale - 1) < 1e-4) return; // as this pane has set it
    Object.assign(view, { x, y, scale });
    this.screen.redraw();
    this.settle();
  }

  fit() {
    if (!this.places) return;
    const [left, top, right, bottom] = bounds(this.places);
    const { view, size } = this.screen;
    Object.assign(view, { x: (left + right) / 2, y: (top + bottom) / 2, scale: 0.97 * Math.min(size.x / (right - left), size.y / (bottom - top)) });
    this.fitted = true;
    this.moved();
  }

  /** CSS pixels of a pixel of the detector at this scale. */
  pixelSide() { return this.screen.view.scale * (this.instrument?.panels[0].pixel[0] ?? 1); }

  /** @param {number} dx @param {number} dy CSS pixels */
  pan(dx, dy) {
    const { view } = this.screen;
    view.x -= dx / view.scale;
    view.y -= dy / view.scale;
    this.fitted = false;
    this.moved();
  }

  /** @param {number} factor @param {Point} [at] that stays where it is, CSS pixels */
  zoom(factor, at) {
    const { view, size } = this.screen;
    const point = at ?? [size.x / 2, size.y / 2];
    const [x, y] = this.screen.toPlane(point);
    const side = this.instrument?.panels[0].pixel[0] ?? 1;
    view.scale = Math.min(MOST_SCALE / side, Math.max(view.scale * factor, 0.02));
    const [u, v] = this.screen.toPlane(point);
    view.x += x - u;
    view.y += y - v;
    this.fitted = false;
    this.moved();
  }

  /** Puts a pixel in the middle, near enough to see it. @param {number} panel @param {Point} px @param {number} [side] CSS pixels of a pixel */
  centre(panel, px, side = 0) {
    const place = this.places?.[panel];
    if (!place) return;
    const [x, y] = place.at(...px);
    const { view } = this.screen;
    const pixel = this.instrument?.panels[panel].pixel[0] ?? 1;
    Object.assign(view, { x, y, scale: Math.max(view.scale, side / pixel) });
    this.fitted = false;
    this.moved();
  }

  moved() {
    this.screen.redraw();
    this.read();
    this.settle();
    const { x, y, scale } = this.screen.view;
    this.app.state.set(this.fitted ? { "image.x": 0, "image.y": 0, "image.scale": 0 }
      : { "image.x": Number(x.toFixed(3)), "image.y": Number(y.toFixed(3)), "image.scale": Number(scale.toPrecision(5)) });
  }

  /** Asks for finer tiles of what is in sight, once the view stands still. */
  settle() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.refine().catch((error) => this.told(error)); this.overlay.settled(); }, SETTLED);
  }

  async refine() {
    const { loader, instrument, places } = this;
    if (!loader || !instrument || !places || this.root.hidden) return;
    const wanted = this.wantedTiles(loader.level);
    if (!wanted.length) return;
    const asked = this.asked;
    await loader.tiles(this.shown(), wanted, (tiles) => {
      if (asked !== this.asked) return;
      this.screen.add(tiles, places, instrument.panels);
      this.overlay.recount();
      this.read();
    });
    if (this.screen.shown.size > MOST_FINE) {
      const keep = new Set(this.wantedTiles(loader.level, true).map((t) => `${t.level}.${t.panel}.${t.row}.${t.column}`));
      this.screen.forget((t) => t.level !== loader.level && !keep.has(`${t.level}.${t.panel}.${t.row}.${t.column}`));
    }
  }

  /** Tiles in sight, of the level that the screen can show, that are not there yet (or all); those in the middle first. @param {number} coarsest @param {boolean} [all] */
  wantedTiles(coarsest, all = false) {
    const { instrument, places, screen } = this;
    if (!instrument || !places) return [];
    const device = this.pixelSide() * screen.renderer.getPixelRatio();
    const level = [...instrument.levels].reverse().find((l) => l * device <= 1.35) ?? 1;
    if (level >= coarsest) return [];
    const side = level * instrument.tile;
    const [left, top] = screen.toPlane([0, 0]);
    const [right, bottom] = screen.toPlane([screen.size.x, screen.size.y]);
    const found = [];
    for (const [panel, place] of places.entries()) {
      const corners = /** @type {Point[]} */ ([[left, top], [right, top], [left, bottom], [right, bottom]]).map((p) => place.px(p));
      const span = (/** @type {0 | 1} */ k) => {
        const values = corners.map((c) => c[k]);
        const last = Math.ceil(place.size[k] / side) - 1;
        return [Math.max(0, Math.floor(Math.min(...values) / side)), Math.min(last, Math.floor(Math.max(...values) / side))];
      };
      const [[c0, c1], [r0, r1]] = [span(0), span(1)];
      for (let row = r0; row <= r1; row++) for (let column = c0; column <= c1; column++) {
        if (!all && screen.shown.has(`${level}.${panel}.${row}.${column}`)) continue;
        const [x, y] = place.at((column + 0.5) * side, (row + 0.5) * side);
        found.push({ panel, row, column, level, far: Math.hypot(x - screen.view.x, y - screen.view.y) });
      }
    }
    return found.sort((a, b) => a.far - b.far);
  }

  /** The panel and the pixel under a point of the screen. @param {Point} at */
  under(at) {
    const point = this.screen.toPlane(at);
    for (const [panel, place] of (this.places ?? []).entries()) {
      const px = place.px(point);
      if (place.holds(px)) return { panel, px };
    }
    return null;
  }

  /** The count of a pixel, from a tile that is there or from the server; null while it is asked for. @param {number} panel @param {number} x @param {number} y */
  count(panel, x, y) {
    const side = this.screen.tileSide;
    const [row, column] = [Math.floor(y / side), Math.floor(x / side)];
    const tile = this.screen.shown.get(`1.${panel}.${row}.${column}`)?.tile;
    const known = tile ? countAt(tile, (y - row * side) * tile.width + x - column * side) : NaN;
    if (!Number.isNaN(known)) return known;
    return this.loader?.about(this.shown(), panel, x, y, () => this.read())?.(x, y) ?? null;
  }

  /** Says what is under the cursor. */
  read() {
    const found = this.cursor && this.under(this.cursor);
    this.readout.hidden = !found;
    if (!found || !this.geometry || !this.instrument) return;
    const [x, y] = [Math.floor(found.px[0]), Math.floor(found.px[1])];
    const count = this.count(found.panel, x, y);
    const ray = this.geometry.ray(found.panel, found.px);
    const { d, twoTheta } = this.geometry.resolution(ray);
    const parts = [
      ["panel", this.instrument.panels.length > 1 ? String(found.panel) : ""], ["x, y", `${found.px[0].toFixed(1)}, ${found.px[1].toFixed(1)}`],
      ["counts", count === null ? "…" : String(count)], ["d", `${figure(d, 4)} Å`], ["2θ", `${twoTheta.toFixed(2)}°`],
      ...this.overlay.about(found.panel, found.px, ray),
    ];
    this.readout.replaceChildren(...parts.filter(([, text]) => text).map(([name, text]) => element("span", { "data-name": name }, element("i", {}, name), ` ${text}`)));
  }

  /** Goes on by so many images. @param {number} step */
  step(step) {
    const [first, last] = this.instrument?.images ?? [1, 1];
    const image = Math.min(Math.max(this.app.state.number("image") + step, first), last);
    this.direction = Math.sign(step) || 1;
    this.app.state.set({ image });
  }

  /** @param {Set<string>} keys that changed in the state */
  changed(keys) {
    const has = (/** @type {string[]} */ ...names) => names.some((name) => keys.has(name));
    if (has("theme")) this.themed();
    if (has(...LOOKS, "image.layers")) this.looks();
    if (has("stage") || (has("experiment") && !this.sameSweep())) this.opened();
    else if (has("image", "image.n", "image.how")) this.showing = this.picture();
    if (has("row", "table") && this.app.state.number("row") >= 0) this.goTo().catch((error) => this.app.say(error.message));
    if (has("image.x", "image.y", "image.scale")) this.placed();
    this.strip.changed(keys);
    this.overlay.changed(keys);
    if ([...keys].every((key) => VIEW.has(key))) return;
    for (const set of this.sets) set();
    if ([...keys].some((key) => !VIEW.has(key) && !LOOKS.includes(key))) this.overlay.redraw();
  }

  /** What puts the state into the controls. @type {(() => void)[]} */
  sets = [];

  resized() {
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth || !clientHeight) return;
    this.screen.resize(clientWidth, clientHeight);
    this.overlay.resize(clientWidth, clientHeight);
    if (this.fitted) this.fit();
    else this.settle();
  }
}

/** @type {import("../panes.js").Pane} */
export const pane = {
  name: "image", title: "Image", key: "2",
  create(root, app) {
    const made = new ImagePane(root, app);
    return { changed: (keys) => made.changed(keys), resized: () => made.resized(), hidden: () => made.strip.stop() };
  },
};
