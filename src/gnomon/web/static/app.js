/** The page: opens the workspace, shows panes side by side, keeps them and the address in step. */

import { api } from "./api.js";
import { byId, element } from "./dom.js";
import { Keys } from "./keys.js";
import { PANES } from "./panes.js";
import { State } from "./state.js";

/** @typedef {import("./panes.js").Pane} Pane */

const MOST_SHOWN = 4;
const state = new State();
const keys = new Keys();
/** @type {Map<string, { root: HTMLElement, live: ReturnType<Pane["create"]> }>} */
const made = new Map();
/** @type {import("./panes.js").App} */
const app = { state, api, keys, workspace: { title: "", stages: [], live: false }, say, reload, show };

/** Says something in the line at the foot, which screen readers read. @param {string} text */
function say(text) {
  byId("status").textContent = text;
}

/** Shows a pane, beside the others where some are shown side by side. @param {string} name */
function show(name) {
  const shown = state.words("panes");
  if (!shown.includes(name)) state.set({ panes: shown.length > 1 ? [...shown.slice(0, MOST_SHOWN - 1), name] : [name] });
  made.get(name)?.root.focus();
}

/** Shows a pane alone, or (beside) adds it to, or takes it from, those that are shown. @param {string} name @param {boolean} beside */
function chosen(name, beside) {
  const shown = state.words("panes");
  if (!beside) state.set({ panes: [name] });
  else if (!shown.includes(name)) state.set({ panes: [...shown, name].slice(-MOST_SHOWN) });
  else if (shown.length > 1) state.set({ panes: shown.filter((other) => other !== name) });
}

/** @param {Pane} pane */
function opened(pane) {
  const found = made.get(pane.name);
  if (found) return found;
  const root = element("section", { class: `pane ${pane.name}`, "data-pane": pane.name, "aria-label": pane.title, tabindex: "-1" });
  byId("panes").append(root);
  const one = { root, live: pane.create(root, app) };
  new ResizeObserver(() => one.live.resized?.()).observe(root);
  made.set(pane.name, one);
  return one;
}

/** Puts the panes that the state names on the screen, in their order. */
function arrange() {
  const names = state.words("panes").filter((name) => PANES.some((pane) => pane.name === name)).slice(0, MOST_SHOWN);
  const wanted = names.length ? names : [PANES[0].name];
  for (const pane of PANES) {
    const place = wanted.indexOf(pane.name);
    if (place >= 0) {
      const { root } = opened(pane);
      root.hidden = false;
      root.style.order = String(place);
    } else if (made.has(pane.name)) {
      const { root, live } = /** @type {NonNullable<ReturnType<typeof made.get>>} */ (made.get(pane.name));
      if (!root.hidden) live.hidden?.();
      root.hidden = true;
    }
  }
  byId("panes").dataset.count = String(wanted.length);
  for (const tab of byId("tabs").querySelectorAll("button")) {
    tab.setAttribute("aria-pressed", String(wanted.includes(tab.dataset.name ?? "")));
  }
}

function tabs() {
  const hint = "click: alone; shift-click: beside the others";
  byId("tabs").append(...PANES.map((pane) => element("button", {
    type: "button", "data-name": pane.name, title: `${hint} (key ${pane.key})`,
    onclick: (/** @type {MouseEvent} */ event) => chosen(pane.name, event.shiftKey),
  }, pane.title)));
  for (const pane of PANES) keys.add("", pane.key, `${pane.title} beside the others, or away`, () => chosen(pane.name, true));
}

function themes() {
  const set = (/** @type {string} */ name) => {
    document.documentElement.dataset.theme = name;
    byId("theme").textContent = name === "dark" ? "☀" : "☾";
    state.tell(new Set(["theme"]));
  };
  const other = () => {
    const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("gnomon.theme", name);
    set(name);
  };
  byId("theme").addEventListener("click", other);
  keys.add("", "t", "light or dark", other);
  set(localStorage.getItem("gnomon.theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
}

/** Asks again what there is: a step that was run here added a stage. */
async function reload() {
  app.workspace = await api.json("workspace");
  listStages();
}

function listStages() {
  byId("stage").replaceChildren(...app.workspace.stages.map((stage, i) => {
    const tables = stage.tables.map((table) => table.name).join(", ");
    return element("option", { value: i }, tables ? `${stage.name} + ${tables}` : stage.name);
  }));
}

function stages() {
  const select = /** @type {HTMLSelectElement} */ (byId("stage"));
  listStages();
  select.value = String(state.number("stage"));
  select.addEventListener("change", () => state.set({ stage: Number(select.value), table: 0, row: -1 }));
  state.listen((changed) => { if (changed.has("stage")) select.value = String(state.number("stage")); });
}

async function start() {
  say("reading the files…");
  app.workspace = await api.json("workspace");
  document.title = `gnomon: ${app.workspace.title}`;
  byId("title").title = app.workspace.title;
  if (state.number("stage") >= app.workspace.stages.length) state.set({ stage: 0 });
  tabs();
  themes();
  stages();
  keys.add("", "?", "this list", () => keys.help());
  byId("help").addEventListener("click", () => keys.help());
  state.listen((changed) => {
    if (changed.has("panes")) arrange();
    for (const { root, live } of made.values()) if (!root.hidden) live.changed(changed);
  });
  arrange();
  say("");
}

start().catch((error) => say(error.message));
