/** What is drawn over the picture, and what the pointer does there: rings, beam, shadow, pixel values, tools. */

import { figure } from "../dom.js";
import { drawsInSoftware } from "../gpu.js";
import { commandLine, group, tick } from "./controls.js";
import { Marks, label } from "./marks.js";
import { Mask } from "./mask.js";
import { Profiles } from "./profiles.js";
import { Strong } from "./strong.js";
import { countAt } from "./tiles.js";

/** @typedef {import("../panes/image.js").ImagePane} ImagePane */
/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {{ d: number, lines: ReturnType<import("./geometry.js").Geometry["ring"]> }} Ring */

const RINGS = 7;
const VALUES_FROM = 30; // CSS pixels of a pixel, from which its count is written in it
const FAR = 0.4; // of the screen: what was drawn for a view so far from this one, or this small beside it, is drawn anew
const GRIP = 16; // CSS pixels about the beam centre within which it is taken
/** @type {[string, string, string][]} name, text, key */
const LAYERS = [
  ["spots", "spots and boxes", "s"], ["predictions", "predictions", "p"], ["indices", "indices", "h"], ["rings", "resolution rings", "r"],
  ["ice", "ice rings", "e"], ["centre", "beam centre", "b"], ["shadow", "goniometer shadow", "g"], ["overloads", "overloads", "v"],
  ["masked", "masked pixels", "d"],
];

export class Overlay {
  /** @param {ImagePane} pane */
  constructor(pane) {
    this.pane = pane;
    this.pen = /** @type {CanvasRenderingContext2D} */ (pane.ink.getContext("2d", { willReadFrequently: drawsInSoftware() }));
    this.ratio = 1;
    this.isStale = true;
    this.drawnAt = { ...pane.screen.view };
    /** @type {Ring[]} */
    this.rings = [];
    /** @type {Ring[] | null} */
    this.ice = null;
    /** @type {{ panel: number, corners: Point[] }[]} */
    this.shadow = [];
    /** @type {{ panel: number, px: Point } | null} */
    this.moved = null; // the beam centre, where it was dragged to
    this.marks = new Marks(pane);
    this.strong = new Strong(pane);
    this.profiles = new Profiles(pane);
    this.mask = new Mask(pane);
    this.centreLine = commandLine((text) => pane.app.say(text));
    this.tool = "";
  }

  /** The controls. @returns {HTMLElement[]} */
  groups() {
    const { pane } = this;
    const ticks = LAYERS.map(([name, text, key]) => {
      const one = tick(text, (on) => pane.setLayer(name, on), key);
      pane.app.keys.add("image", key, `${text}, or not`, () => pane.setLayer(name, !pane.layer(name)));
      pane.sets.push(() => one.set(pane.layer(name)));
      return one.root;
    });
    pane.app.keys.add("image", "Escape", "put the tool away", () => this.setTool(""));
    return [group("Layers", true, ...ticks, this.marks.legend, this.centreLine.root), this.strong.group(), this.profiles.group(), this.mask.group()];
  }

  /** What the pointer draws from now on; "" moves the picture again. @param {string} name */
  setTool(name) {
    this.tool = this.tool === name ? "" : name;
    this.mask.corners = [];
    this.pane.marks.style.cursor = this.tool ? "cell" : "";
    this.pane.app.say(this.tool ? `${this.tool}: draw on the picture; Escape ends` : "");
    this.redraw();
  }

  opened() {
    const { geometry, app } = this.pane;
    if (!geometry) return;
    const { least } = geometry.range();
    const steps = [...Array(RINGS).keys()].map((i) => (i + 1) / (RINGS * least ** 2)); // equal areas of 1/d²
    this.rings = this.ringsAt(steps.map((s2) => Number((1 / Math.sqrt(s2)).toPrecision(3))));
    this.ice = null;
    this.moved = null;
    this.centreLine.set("");
    if (this.pane.layer("ice")) this.loadIce().catch((error) => app.say(error.message));
  }

  /** @param {number[]} resolutions Å @returns {Ring[]} */
  ringsAt(resolutions) {
    const { geometry } = this.pane;
    return geometry ? resolutions.map((d) => ({ d, lines: geometry.ring(d) })) : [];
  }

  async loadIce() {
    this.ice ??= this.ringsAt(await this.pane.app.api.json("image/rings"));
    this.redraw();
  }

  imageChanged() {
    const { app } = this.pane;
    const told = (/** @type {Error} */ error) => app.say(error.message);
    if (["spots", "predictions", "indices"].some((name) => this.pane.layer(name))) this.marks.load().catch(told);
    if (this.pane.layer("shadow")) this.loadShadow().catch(told);
    if (this.profiles.shown) this.profiles.load();
    if (this.strong.on) this.strong.load();
  }

  async loadShadow() {
    const found = await this.pane.app.api.json("image/shadow", this.pane.shown());
    if (found === null) this.pane.app.say("nothing is known of the goniometer's shape; shadow=FILE of apply_mask says it");
    this.shadow = found ?? [];
    this.redraw();
  }

  /** The view stands still. */
  settled() { if (this.strong.on) this.strong.load(); }

  hovered() { if (this.mask.corners.length) this.redraw(); }

  /** @param {Set<string>} keys */
  changed(keys) {
    const told = (/** @type {Error} */ error) => this.pane.app.say(error.message);
    if (keys.has("image.layers")) {
      if (this.pane.layer("ice")) this.loadIce().catch(told);
      if (this.pane.layer("shadow")) this.loadShadow().catch(told);
      if (!this.marks.n) this.marks.load().catch(told);
    }
    if (keys.has("table")) this.marks.load().catch(told);
  }

  /** @param {Point} at */
  clicked(at) {
    if (this.tool === "polygon") this.mask.corner(at);
    else if (!this.tool) this.marks.clicked(at);
  }

  /** What a drag that begins here does; null where it moves the picture. @param {Point} at @returns {((at: Point, ended: boolean) => void) | null} */
  grab(at) {
    const { screen } = this.pane;
    if (this.tool && this.tool !== "polygon") {
      const a = screen.toPlane(at);
      return (now, ended) => {
        if (this.tool === "line") this.profiles.drawn(a, screen.toPlane(now), ended);
        else this.mask.drawn(this.tool, a, screen.toPlane(now), ended);
      };
    }
    const centre = this.pane.layer("centre") && this.centre();
    if (!centre || this.tool) return null;
    const [x, y] = this.on(centre.panel, centre.px);
    if (Math.hypot(x - at[0], y - at[1]) > GRIP) return null;
    return (now) => this.moveCentre(now);
  }

  centre() { return this.moved ?? this.pane.geometry?.beamCentre() ?? null; }

  /** @param {Point} at */
  moveCentre(at) {
    const found = this.pane.under(at);
    if (!found) return;
    this.moved = found;
    const several = (this.pane.instrument?.panels.length ?? 1) > 1;
    const words = [...found.px.map((v) => v.toFixed(2)), ...(several ? [String(found.panel)] : [])];
    this.centreLine.set(`gnomon import ${this.pane.instrument?.files} fast_slow_beam_centre=${words.join(",")}`);
    this.redraw();
  }

  /** @param {number} panel @param {Point} px @param {import("./geometry.js").Vector} ray @returns {[string, string][]} */
  about(panel, px, ray) {
    void [panel, px];
    const q = this.pane.geometry?.scattering(ray);
    const oscillation = this.pane.instrument?.oscillation;
    const image = this.pane.app.state.number("image"), n = this.pane.app.state.number("image.n");
    /** @type {[string, string][]} */
    const angle = oscillation ? [["φ", `${figure(oscillation[0] + oscillation[1] * (image - 1 + n / 2 - oscillation[2]), 5)}°`]] : [];
    return [...(q ? this.marks.about(q, this.pane.cursor) : []), ...angle];
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.ratio = Math.min(devicePixelRatio, 2);
    Object.assign(this.pane.ink, { width: width * this.ratio, height: height * this.ratio });
    this.redraw();
  }

  /** Draws anew at the next frame: what is drawn has changed, not the view alone. */
  redraw() {
    this.isStale = true;
    this.pane.screen.redraw();
  }

  /** Draws anew where counts are written in pixels: these, or what they stand on, have changed. */
  recount() { if (this.pane.pixelSide() >= VALUES_FROM) this.redraw(); }

  /** After each frame of the picture: draws, or moves what was drawn along with the view where frames come slowly. @param {boolean} isHurried */
  follow(isHurried) {
    const { x, y, scale } = this.drawnAt, { view, size } = this.pane.screen;
    const zoom = view.scale / scale, [dx, dy] = [(x - view.x) * view.scale, (y - view.y) * view.scale];
    const isNear = Math.abs(dx) < FAR * size.x && Math.abs(dy) < FAR * size.y && Math.max(zoom, 1 / zoom) < 1 / FAR;
    if (this.isStale || (!isHurried && (dx || dy || zoom !== 1)) || !isNear) this.draw();
    else this.pane.ink.style.transform = `translate(${(size.x / 2) * (1 - zoom) + dx}px, ${(size.y / 2) * (1 - zoom) + dy}px) scale(${zoom})`;
  }

  draw() {
    const { pen, pane, ratio } = this;
    this.isStale = false;
    this.drawnAt = { ...pane.screen.view };
    pane.ink.style.transform = "";
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, pane.screen.size.x, pane.screen.size.y);
    if (!pane.geometry || !pane.places) return;
    this.drawValues();
    if (pane.layer("shadow")) this.drawShadow();
    if (pane.layer("ice") && this.ice) this.drawRings(this.ice, "#12a5b8", 4);
    if (pane.layer("rings")) this.drawRings(this.rings, "#3a7fc4", 1);
    this.strong.draw();
    this.marks.draw();
    if (pane.layer("centre")) this.drawCentre();
    this.profiles.draw();
    this.mask.draw();
  }

  /** From pixels of a panel to the screen. @param {number} panel @param {Point} px */
  on(panel, px) {
    const place = /** @type {import("./layout.js").Place[]} */ (this.pane.places)[panel];
    return this.pane.screen.toScreen(place.at(...px));
  }

  /** @param {Ring[]} rings @param {string} colour @param {number} width */
  drawRings(rings, colour, width) {
    const { pen } = this;
    pen.fillStyle = colour;
    pen.font = "11px system-ui, sans-serif";
    for (const { d, lines } of rings) {
      pen.strokeStyle = `${colour}${width > 1 ? "55" : "aa"}`;
      pen.lineWidth = width;
      for (const { panel, points } of lines) {
        pen.beginPath();
        for (const point of points) pen.lineTo(...this.on(panel, point));
        pen.stroke();
      }
      const top = this.highest(lines);
      if (top) label(pen, `${figure(d, 3)} Å`, top[0] + 4, top[1] - 4);
    }
  }

  /** The highest point of a ring that is in sight. @param {Ring["lines"]} lines @returns {Point | null} */
  highest(lines) {
    /** @type {Point | null} */
    let best = null;
    for (const { panel, points } of lines) for (let i = 0; i < points.length; i += 4) {
      const [x, y] = this.on(panel, points[i]);
      if (y > 16 && x > 4 && x < this.pane.screen.size.x - 50 && (!best || y < best[1])) best = [x, y];
    }
    return best;
  }

  drawCentre() {
    const found = this.centre();
    if (!found) return;
    const [x, y] = this.on(found.panel, found.px);
    const { pen } = this;
    pen.strokeStyle = "#d6402f";
    pen.lineWidth = 1.75;
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [0, 1]]) {
      for (const side of [-1, 1]) { pen.moveTo(x + 4 * side * dx, y + 4 * side * dy); pen.lineTo(x + 13 * side * dx, y + 13 * side * dy); }
    }
    pen.stroke();
  }

  drawShadow() {
    const { pen } = this;
    pen.fillStyle = "#64748b66";
    for (const { panel, corners } of this.shadow) {
      pen.beginPath();
      for (const corner of corners) pen.lineTo(...this.on(panel, corner));
      pen.fill();
    }
  }

  /** Counts in the pixels, when these are large enough on the screen. */
  drawValues() {
    const { pane, pen } = this;
    const side = pane.pixelSide();
    if (side < VALUES_FROM) return;
    pen.font = `${Math.min(13, side / 3.2)}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const { inverted, black, white, gamma } = pane.screen.common;
    for (const { tile } of pane.screen.shown.values()) {
      if (tile.level !== 1 || !pane.places) continue;
      const [left, top] = [tile.column * pane.screen.tileSide, tile.row * pane.screen.tileSide];
      const px = [[0, 0], [pane.screen.size.x, pane.screen.size.y]].map((c) => pane.places?.[tile.panel].px(pane.screen.toPlane(/** @type {Point} */ (c))) ?? [0, 0]);
      const span = (/** @type {0 | 1} */ k, /** @type {number} */ start, /** @type {number} */ n) => [Math.max(start, Math.floor(Math.min(px[0][k], px[1][k]))), Math.min(start + n, Math.ceil(Math.max(px[0][k], px[1][k])))];
      const [[x0, x1], [y0, y1]] = [span(0, left, tile.width), span(1, top, tile.height)];
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) {
        const count = countAt(tile, (y - top) * tile.width + x - left);
        const shade = Math.max(0, Math.min(1, (count - black.value) / (white.value - black.value))) ** gamma.value;
        pen.fillStyle = (Number.isNaN(shade) || shade > 0.5) !== inverted.value ? "#ffffff" : "#10131a";
        pen.fillText(Number.isNaN(count) ? "…" : String(count), ...this.on(tile.panel, [x + 0.5, y + 0.5]));
      }
    }
    pen.textAlign = "start";
    pen.textBaseline = "alphabetic";
  }
}
