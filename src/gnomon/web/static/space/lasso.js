/** A lasso: drawn on the canvas, or the rectangle that is seen; asks which rows it holds, and says by which command lines. */

import { element } from "../dom.js";

const CORNERS = 60; // of a polygon that is sent at most

/** @typedef {import("../panes.js").App} App */
/** @typedef {import("./view.js").View} View */
/** @typedef {Record<string, unknown>} Selection */

export class Lasso {
  /**
   * @param {App} app @param {View} view
   * @param {() => Selection} filters what else is asked of rows, as parameters of filter_reflections
   * @param {(kept: Uint8Array | null) => void} chosen told which points are held
   */
  constructor(app, view, filters, chosen) {
    this.app = app;
    this.view = view;
    this.filters = filters;
    this.chosen = chosen;
    this.active = false;
    /** @type {[number, number][]} */
    this.path = [];
    this.line = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
    this.overlay = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.overlay.setAttribute("class", "lasso");
    this.overlay.setAttribute("aria-hidden", "true");
    this.overlay.append(this.line);
    this.result = element("section", { class: "result", "aria-live": "polite", "aria-label": "Selection", hidden: true });
    /** @type {{ stage: number, table: number, selection: Selection } | null} */
    this.asked = null;
  }

  /** Takes a place of the pointer. @param {number} x @param {number} y CSS px of the canvas */
  add(x, y) {
    const last = this.path.at(-1);
    if (last && Math.hypot(x - last[0], y - last[1]) < 3) return;
    this.path.push([x, y]);
    this.line.setAttribute("points", this.path.map((p) => p.join(",")).join(" "));
  }

  /** Ends the path, and asks what it holds. */
  async close() {
    const path = this.path;
    this.path = [];
    this.line.removeAttribute("points");
    if (path.length > 2) await this.ask(path);
  }

  /** All that is seen. */
  async whole() {
    const { clientWidth: w, clientHeight: h } = this.view.canvas;
    await this.ask([[0, 0], [w, 0], [w, h], [0, h]]);
  }

  /** @param {[number, number][]} path CSS px */
  async ask(path) {
    const { view } = this, step = Math.max(1, path.length / CORNERS), px = view.pixels(), { clientWidth: w, clientHeight: h } = view.canvas;
    const turn = view.turn ?? [], centre = view.centre ?? [0, 0, 0];
    const c = [0, 3].map((i) => turn[i] * centre[0] + turn[i + 1] * centre[1] + turn[i + 2] * centre[2]);
    const corners = Array.from({ length: Math.min(CORNERS, path.length) }, (_, i) => path[Math.floor(i * step)]);
    const polygon = corners.flatMap(([x, y]) => [(x - w / 2) / px + c[0], (h / 2 - y) / px + c[1]]);
    const selection = { ...this.filters(), polygon, right: turn.slice(0, 3), up: turn.slice(3, 6) };
    this.asked = { stage: this.app.state.number("stage"), table: this.app.state.number("table"), selection };
    try {
      const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(this.asked) };
      const { head, arrays } = await this.app.api.arrays("points/lasso", {}, options);
      this.chosen(/** @type {Uint8Array} */ (arrays.kept));
      this.show(head);
    } catch (error) {
      this.app.say(/** @type {Error} */ (error).message);
    }
  }

  /** @param {{ rows: number, filter: string, index: string }} head */
  show(head) {
    const copy = (/** @type {string} */ line) => element("button", { type: "button", "aria-label": `copy ${line.split(" ")[1]}`, onclick: () => navigator.clipboard.writeText(line).then(() => this.app.say("copied")) }, "copy");
    const lines = [head.filter, head.index].map((line) => element("div", { class: "line" }, element("code", { tabindex: "0" }, line), copy(line)));
    const index = element("button", { type: "button", class: "act", onclick: () => this.index(index) }, "index these now");
    this.result.replaceChildren(element("h3", {}, `${head.rows} reflections selected`), ...lines,
      element("div", { class: "row" }, index, element("button", { type: "button", onclick: () => this.clear() }, "clear")));
    this.result.hidden = false;
  }

  /** Indexes what was selected, on the server: a new stage in memory, which is opened. @param {HTMLButtonElement} button */
  async index(button) {
    button.disabled = true;
    this.app.say("indexing the selection…");
    try {
      const made = await this.app.api.send("points/index", this.asked);
      await this.app.reload();
      this.clear();
      this.app.state.set({ stage: made.stage, table: 0, row: -1, experiment: 0, sets: [] });
      this.app.say(made.told.split("\n")[0]);
    } catch (error) {
      this.app.say(/** @type {Error} */ (error).message);
      button.disabled = false;
    }
  }

  clear() {
    this.asked = null;
    this.result.hidden = true;
    this.chosen(null);
  }
}
