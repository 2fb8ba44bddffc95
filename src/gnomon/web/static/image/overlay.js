/** What is known of an image, drawn over it: rings, beam, spots, predictions, shadow, values of pixels. */

import { figure } from "../dom.js";
import { group, tick } from "./controls.js";

/** @typedef {import("../panes/image.js").ImagePane} ImagePane */
/** @typedef {import("./geometry.js").Point} Point */

const RINGS = 7;

export class Overlay {
  /** @param {ImagePane} pane */
  constructor(pane) {
    this.pane = pane;
    this.pen = /** @type {CanvasRenderingContext2D} */ (pane.marks.getContext("2d"));
    this.ratio = 1;
    /** @type {{ d: number, lines: ReturnType<import("./geometry.js").Geometry["ring"]> }[]} */
    this.rings = [];
  }

  /** The controls. @returns {HTMLElement[]} */
  groups() {
    const { pane } = this;
    const ticks = /** @type {[string, string, string][]} */ ([
      ["rings", "resolution rings", "r"], ["centre", "beam centre", "b"], ["overloads", "overloads", ""], ["masked", "masked pixels", ""],
    ]).map(([name, text, key]) => {
      const one = tick(text, (on) => pane.setLayer(name, on), key);
      if (key) pane.app.keys.add("image", key, `${text}, or not`, () => pane.setLayer(name, !pane.layer(name)));
      pane.sets.push(() => one.set(pane.layer(name)));
      return one.root;
    });
    return [group("Layers", true, ...ticks)];
  }

  opened() {
    const { geometry } = this.pane;
    if (!geometry) return;
    const { least, most } = geometry.range();
    const steps = [...Array(RINGS).keys()].map((i) => (i + 1) / (RINGS * least ** 2)); // equal areas of 1/d²
    void most;
    this.rings = steps.map((s2) => Number((1 / Math.sqrt(s2)).toPrecision(3))).map((d) => ({ d, lines: geometry.ring(d) }));
  }

  imageChanged() {}
  settled() {}
  hovered() {}
  /** @param {Set<string>} keys */
  changed(keys) { void keys; }
  /** @param {Point} at */
  clicked(at) { void at; }
  /** @param {Point} at @returns {((at: Point, ended: boolean) => void) | null} */
  grab(at) { void at; return null; }
  /** @param {number} panel @param {Point} px @param {import("./geometry.js").Vector} ray @returns {[string, string][]} */
  about(panel, px, ray) { void [panel, px, ray]; return []; }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.ratio = Math.min(devicePixelRatio, 2);
    Object.assign(this.pane.marks, { width: width * this.ratio, height: height * this.ratio });
  }

  draw() {
    const { pen, pane, ratio } = this;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, pane.screen.size.x, pane.screen.size.y);
    if (!pane.geometry || !pane.places) return;
    if (pane.layer("rings")) this.drawRings();
    if (pane.layer("centre")) this.drawCentre();
  }

  /** @param {number} panel @param {Point} px */
  on(panel, px) {
    const place = /** @type {import("./layout.js").Place[]} */ (this.pane.places)[panel];
    return this.pane.screen.toScreen(place.at(...px));
  }

  drawRings() {
    const { pen } = this;
    pen.strokeStyle = "#3a7fc4aa";
    pen.fillStyle = "#3a7fc4";
    pen.lineWidth = 1;
    pen.font = "11px system-ui, sans-serif";
    for (const { d, lines } of this.rings) {
      for (const { panel, points } of lines) {
        pen.beginPath();
        for (const point of points) pen.lineTo(...this.on(panel, point));
        pen.stroke();
      }
      const top = lines[0] && this.on(lines[0].panel, lines[0].points[0]);
      if (top) pen.fillText(`${figure(d, 3)} Å`, top[0] + 3, top[1] - 3);
    }
  }

  drawCentre() {
    const found = this.pane.geometry?.beamCentre();
    if (!found) return;
    const [x, y] = this.on(found.panel, found.px);
    const { pen } = this;
    pen.strokeStyle = "#c0392b";
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [0, 1]]) {
      for (const side of [-1, 1]) { pen.moveTo(x + 4 * side * dx, y + 4 * side * dy); pen.lineTo(x + 12 * side * dx, y + 12 * side * dy); }
    }
    pen.stroke();
  }
}
