/** The report's plots of what is open; a click in one selects in all panes, and data sets that are selected can be scaled alone. */

import { element } from "../dom.js";

/** @typedef {import("../panes.js").App} App */
/** @typedef {{ from: string, kind: string, names?: string[], image?: number, dmin?: number, dmax?: number }} Told by the frame */

const MOST_NAMED = 6; // data sets whose names stand in a line

/** @type {import("../panes.js").Pane} */
export const pane = {
  name: "plots", title: "Plots", key: "5",
  create(root, app) {
    app.state.declare({ "plots.compare": false });
    const made = new PlotsPane(root, app);
    return { changed: (keys) => made.changed(keys) };
  },
};

class PlotsPane {
  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.app = app;
    this.frame = element("iframe", { title: "Plots of the open data", sandbox: "allow-scripts allow-downloads" });
    this.selected = element("div", { class: "selected", "aria-live": "polite" });
    this.note = element("p", { class: "wait", role: "status" }, "drawing the plots…");
    root.append(this.selected, this.note, this.frame);
    addEventListener("message", (event) => { if (event.source === this.frame.contentWindow && event.data?.from === "gnomon.plots") this.told(event.data); });
    this.load();
    this.sets();
  }

  where() { return { stage: this.app.state.number("stage"), table: this.app.state.number("table") }; }

  load() {
    const { stage, table } = this.where();
    this.note.hidden = false;
    this.frame.src = `api/plots/page?stage=${stage}&table=${table}&compare=${Number(this.app.state.flag("plots.compare") && this.comparable())}`;
  }

  theme() {
    this.frame.contentWindow?.postMessage({ to: "gnomon.plots", theme: document.documentElement.dataset.theme }, "*"); // it has no origin to name
  }

  /** @param {Set<string>} keys */
  changed(keys) {
    if (keys.has("stage") || keys.has("table") || keys.has("plots.compare")) this.load();
    if (keys.has("theme")) this.theme();
    if (keys.has("sets") || keys.has("plots.compare") || keys.has("stage") || keys.has("table") || keys.has("dmin") || keys.has("dmax")) this.sets();
  }

  /** Whether there are intensities of several crystals. */
  comparable() {
    const stage = this.app.workspace.stages[this.app.state.number("stage")];
    return stage.experiments.length > 1 && stage.experiments.every((e) => e.cell) && stage.tables.some((t) => t.columns.includes("intensity.sum.value"));
  }

  experiments() { return this.app.workspace.stages[this.app.state.number("stage")].experiments; }

  /** Numbers of the experiments of these names, or of what begins with one ("name, cluster_0"). @param {string[]} names */
  numbers(names) {
    const number = new Map(this.experiments().map((e, i) => [e.name, i]));
    return [...new Set(names.flatMap((name) => { const i = number.get(name) ?? number.get(name.split(", ")[0]); return i === undefined ? [] : [i]; }))].sort((a, b) => a - b);
  }

  /** @param {Told} told */
  told(told) {
    const { state } = this.app;
    if (told.kind === "ready") {
      this.note.hidden = true;
      this.theme();
      return;
    }
    const sets = this.numbers(Array.isArray(told.names) ? told.names.map(String) : []), chosen = {};
    if (sets.length) Object.assign(chosen, { sets, experiment: sets[0] });
    if (Number.isFinite(told.image)) Object.assign(chosen, { image: told.image });
    if (Number.isFinite(told.dmin)) Object.assign(chosen, { dmin: Number(told.dmin?.toPrecision(4)), dmax: Number(told.dmax?.toPrecision(4)) });
    state.set(chosen);
    const words = [sets.length ? `${sets.length} data sets selected` : "", told.image ? `image ${told.image}` : "", told.dmin ? `${state.number("dmax") || "∞"} to ${state.number("dmin")} Å` : ""].filter(Boolean);
    if (words.length) this.app.say(words.join(", "));
  }

  /** What is selected, and the command that scales just these. */
  async sets() {
    const { app } = this, sets = app.state.numbers("sets"), limits = app.state.number("dmin") || app.state.number("dmax");
    const shell = limits ? element("span", { class: "chip" }, `${app.state.number("dmax") || "∞"} to ${app.state.number("dmin") || 0} Å `, element("button", { type: "button", "aria-label": "all resolutions", onclick: () => app.state.set({ dmin: 0, dmax: 0 }) }, "×")) : null;
    const compare = this.comparable() ? element("button", { type: "button", "aria-pressed": app.state.flag("plots.compare"), title: "how data sets correlate: matrix, tree and coordinates; takes seconds, of a thousand data sets minutes", onclick: () => app.state.set({ "plots.compare": !app.state.flag("plots.compare") }) }, "compare data sets") : null;
    if (!sets.length) return void this.selected.replaceChildren(...[compare, shell].filter((one) => one !== null), ...(shell ? [] : [element("p", {}, "A click on a point shows its image, data set or shell in the other panes; a lasso or a branch of a tree selects data sets.")]));
    const names = sets.slice(0, MOST_NAMED).map((i) => this.experiments()[i]?.name ?? "").join(", ") + (sets.length > MOST_NAMED ? ` and ${sets.length - MOST_NAMED} more` : "");
    const clear = element("button", { type: "button", onclick: () => app.state.set({ sets: [] }) }, "none");
    const parts = [element("p", {}, element("strong", {}, `${sets.length} data sets: `), names, " ", clear), ...[shell, compare].filter((one) => one !== null)];
    this.selected.replaceChildren(...parts);
    if (!this.comparable()) return;
    try {
      const { line } = await app.api.json("plots/scale", { ...this.where(), sets: sets.join(",") });
      if (app.state.numbers("sets") !== sets) return;
      const folder = element("input", { type: "text", value: `selected_${sets.length}`, "aria-label": "Name of the new folder" });
      const run = element("button", { type: "button", onclick: () => this.scale(run, folder.value, sets) }, "scale these in");
      this.selected.append(element("div", { class: "line" }, element("code", { tabindex: "0" }, line), run, folder));
    } catch (error) {
      this.selected.append(element("p", {}, /** @type {Error} */ (error).message));
    }
  }

  /** @param {HTMLButtonElement} button @param {string} folder @param {number[]} sets */
  async scale(button, folder, sets) {
    button.disabled = true;
    this.app.say("scaling…");
    try {
      const made = await this.app.api.send("plots/scale", { ...this.where(), sets, folder });
      await this.app.reload();
      this.app.state.set({ stage: made.stage, table: 0, row: -1, experiment: 0, sets: [] });
      this.app.say(`written to ${made.folder}`);
    } catch (error) {
      this.app.say(/** @type {Error} */ (error).message);
      button.disabled = false;
    }
  }
}
