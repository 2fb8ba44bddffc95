/** What was opened: experiments and tables of the stage; a click on an experiment selects it everywhere. */

import { element, figure } from "../dom.js";

/** @typedef {import("../panes.js").App} App */

const MOST = 200; // rows: of a thousand experiments the filter finds the rest

/** @type {import("../panes.js").Pane} */
export const pane = {
  name: "files", title: "Files", key: "1",
  create(root, app) {
    const filter = element("input", { type: "search", placeholder: "name", "aria-label": "Experiments whose name holds", oninput: draw });
    const list = element("tbody");
    const note = element("p");
    const tables = element("ul");
    root.append(
      element("h2", {}, "Experiments"), filter,
      element("table", {}, element("thead", {}, element("tr", {}, ...["", "name", "images", "unit cell", "space group", "wavelength, Å"].map((h) => element("th", { scope: "col" }, h)))), list),
      note, element("h2", {}, "Reflections"), tables,
    );

    function draw() {
      const { experiments, tables: found } = app.workspace.stages[app.state.number("stage")];
      const wanted = experiments.map((e, i) => ({ e, i })).filter(({ e }) => e.name.includes(filter.value));
      list.replaceChildren(...wanted.slice(0, MOST).map(({ e, i }) => row(app, e, i)));
      note.textContent = wanted.length > MOST ? `${MOST} of ${wanted.length} shown; type a part of the name` : "";
      tables.replaceChildren(...found.map((t) => element("li", {}, `${t.name}: ${t.rows} reflections, ${t.columns.length} columns`)));
    }
    draw();
    return { changed: (keys) => { if (keys.has("stage") || keys.has("experiment")) draw(); } };
  },
};

/** @param {App} app @param {import("../api.js").Experiment} e @param {number} i */
function row(app, e, i) {
  const chosen = app.state.number("experiment") === i;
  const select = element("button", { type: "button", "aria-pressed": chosen, onclick: () => app.state.set({ experiment: i, image: e.images?.[0] ?? 1 }) }, String(i));
  const cells = [
    e.name, e.images ? `${e.images[0]}–${e.images[1]}` : "none", e.cell ? e.cell.map((x) => figure(x)).join(" ") : "",
    e.space_group ?? "", figure(e.wavelength, 5),
  ];
  return element("tr", { class: chosen ? "chosen" : null }, element("td", {}, select), ...cells.map((text) => element("td", {}, text)));
}
