/** The searchable list of lattices or sweeps, with which of them are shown. */

import { element, inked } from "../dom.js";
import { colourOf, parts, UNINDEXED } from "./colours.js";

const MOST = 150; // rows that are made at a time: of a thousand the search finds the rest

/** @typedef {import("../panes.js").App} App */

export class Lattices {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Uint32Array} */
    this.counts = new Uint32Array(0);
    this.search = element("input", { type: "search", placeholder: "find by name", "aria-label": "Lattices whose name holds", oninput: () => this.draw() });
    this.kind = element("select", { "aria-label": "What is listed", onchange: () => this.draw() }, element("option", { value: "lattice" }, "lattices"), element("option", { value: "sweep" }, "sweeps"));
    this.rows = element("ul", { class: "lattices" });
    this.note = element("p", { class: "note" });
    const button = (/** @type {string} */ text, /** @type {string} */ what, /** @type {() => void} */ act) => element("button", { type: "button", title: what, onclick: act }, text);
    this.root = element("div", {},
      element("div", { class: "row" }, this.search, this.kind),
      element("div", { class: "row" }, button("all", "show all", () => app.state.set({ "space.hidden": [], sets: [] })), button("none", "hide all", () => this.hide(this.experiments().map((_, i) => i))), button("hide found", "hide those that the search finds", () => this.hide(this.found().flatMap((g) => g.members)))),
      this.rows, this.note);
  }

  experiments() { return this.app.workspace.stages[this.app.state.number("stage")].experiments; }

  hidden() { return new Set(this.app.state.words("space.hidden").map(Number)); }

  /** @param {number[]} more */
  hide(more) { this.app.state.set({ "space.hidden": [...new Set([...this.hidden(), ...more])].sort((a, b) => a - b).map(String) }); }

  /** Whether each experiment is shown: of the selected ones where some are, and not hidden. */
  shown() {
    const sets = new Set(this.app.state.numbers("sets")), hidden = this.hidden();
    return this.experiments().map((_, i) => (!sets.size || sets.has(i)) && !hidden.has(i));
  }

  /** (2 n): 1 for what is shown: n lattices, then what has none, by the experiment that saw it. */
  visible() {
    const experiments = this.experiments(), shown = this.shown(), n = shown.length, bare = this.app.state.flag("space.unindexed");
    const sweeps = new Set(experiments.filter((_, i) => shown[i]).map((e) => e.sweep));
    return Uint8Array.from({ length: 2 * n }, (_, k) => Number(k < n ? shown[k] : bare && sweeps.has(experiments[k - n].sweep)));
  }

  /** (2 n, 3) colours. @param {boolean} bySweep */
  colours(bySweep) {
    const experiments = this.experiments(), n = experiments.length, grey = parts(UNINDEXED), made = new Float32Array(6 * n);
    const indexed = experiments.some((e) => e.cell);
    for (let k = 0; k < 2 * n; k += 1) {
      const e = experiments[k % n];
      made.set(bySweep ? parts(inked(colourOf(e.sweep))) : k < n && (indexed ? e.cell : true) ? parts(inked(colourOf(k))) : grey, 3 * k);
    }
    return made;
  }

  found() {
    const experiments = this.experiments();
    /** @type {{ name: string, members: number[], sweep: number }[]} */
    let groups = experiments.map((e, i) => ({ name: e.name, members: [i], sweep: e.sweep }));
    if (this.kind.value === "sweep") {
      const sweeps = new Map();
      for (const one of groups) {
        if (sweeps.has(one.sweep)) sweeps.get(one.sweep).members.push(...one.members);
        else sweeps.set(one.sweep, one);
      }
      groups = [...sweeps.values()];
    }
    return groups.filter((g) => g.name.toLowerCase().includes(this.search.value.toLowerCase()));
  }

  draw() {
    const { state } = this.app, n = this.experiments().length, found = this.found(), hidden = this.hidden(), sets = new Set(state.numbers("sets"));
    const bare = this.counts.subarray(n).reduce((a, b) => a + b, 0);
    const made = found.slice(0, MOST).map((g) => {
      const on = g.members.some((i) => !hidden.has(i) && (!sets.size || sets.has(i)));
      const count = g.members.reduce((a, i) => a + (this.counts[i] ?? 0), 0);
      const colour = this.kind.value === "sweep" ? inked(colourOf(g.sweep)) : inked(colourOf(g.members[0]));
      return this.row(g.name, colour, count, on, g.members.includes(state.number("experiment")), (shown) => {
        if (shown && sets.size && !g.members.every((i) => sets.has(i))) state.set({ sets: [...sets, ...g.members].sort((a, b) => a - b) });
        if (shown) state.set({ "space.hidden": [...hidden].filter((i) => !g.members.includes(i)).map(String) });
        else this.hide(g.members);
      }, () => state.set({ sets: g.members, "space.hidden": [...hidden].filter((i) => !g.members.includes(i)).map(String), experiment: g.members[0] }));
    });
    if (bare) made.push(this.row("not indexed", UNINDEXED, bare, state.flag("space.unindexed"), false, (on) => state.set({ "space.unindexed": on }), null));
    this.rows.replaceChildren(...made);
    this.note.textContent = found.length > MOST ? `${MOST} of ${found.length} listed; type a part of the name` : "";
  }

  /**
   * @param {string} name @param {string} colour @param {number} count @param {boolean} on @param {boolean} chosen
   * @param {(on: boolean) => void} toggle @param {(() => void) | null} only
   */
  row(name, colour, count, on, chosen, toggle, only) {
    const box = element("input", { type: "checkbox", checked: on, onchange: (/** @type {Event} */ event) => toggle(/** @type {HTMLInputElement} */ (event.target).checked) });
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = colour;
    return element("li", { class: chosen ? "chosen" : null },
      element("label", { title: name }, box, swatch, element("span", { class: "name" }, name)),
      element("span", { class: "count" }, String(count)),
      only ? element("button", { type: "button", "aria-label": `only ${name}`, onclick: only }, "only") : null);
  }
}
