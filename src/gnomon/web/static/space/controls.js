/** Rows of the panel beside the picture; each shows one value of the state, and sets it. */

import { element, figure } from "../dom.js";

/** @typedef {import("../panes.js").App} App */

/**
 * A slider of a number that is no key of the state by itself.
 * @param {string} name @param {{ min: number, max: number, step: number, unit: string }} range
 * @param {() => number} get @param {(value: number) => void} set
 */
export function slider(name, range, get, set) {
  const told = element("output");
  const input = element("input", { type: "range", min: range.min, max: range.max, step: range.step, "aria-label": `${name}${range.unit ? `, ${range.unit}` : ""}`, oninput: () => set(Number(input.value)) });
  const draw = () => {
    const value = get();
    input.value = String(value);
    told.textContent = Number.isFinite(value) ? `${figure(value, 3)}${range.unit === "°" ? "°" : range.unit ? ` ${range.unit}` : ""}` : "all";
  };
  return { root: element("div", { class: "slider" }, element("span", {}, name), input, told), draw, input };
}

/**
 * Two numbers of the state, empty where they are 0: no limit.
 * @param {App} app @param {string} name @param {[string, string]} keys @param {[string, string]} words for each, with its unit
 */
export function pair(app, name, keys, words) {
  const inputs = keys.map((key, i) => element("input", {
    type: "number", min: 0, step: "any", placeholder: words[i].split(",")[0], "aria-label": words[i],
    onchange: (/** @type {Event} */ event) => app.state.set({ [key]: Number(/** @type {HTMLInputElement} */ (event.target).value) || 0 }),
  }));
  const draw = () => inputs.forEach((input, i) => { input.value = app.state.number(keys[i]) ? String(app.state.number(keys[i])) : ""; });
  return { root: element("div", { class: "pair" }, element("span", {}, name), ...inputs), draw };
}

/** A button that is on or off. @param {App} app @param {string} key @param {string} text @param {string} what */
export function toggle(app, key, text, what) {
  const root = element("button", { type: "button", title: what, onclick: () => app.state.set({ [key]: !app.state.flag(key) }) }, text);
  return { root, draw: () => root.setAttribute("aria-pressed", String(app.state.flag(key))) };
}
