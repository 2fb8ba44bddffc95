/** Parts of the controls beside the picture: rows with a label, groups that fold. */

import { element } from "../dom.js";

/** A group that folds. @param {string} title @param {boolean} open @param {...(Node | string | null)} children */
export function group(title, open, ...children) {
  return element("details", { class: "group", open }, element("summary", {}, title), ...children);
}

/** A row: a label and what it is of. @param {string} label @param {HTMLElement} control @param {...(Node | string)} more */
export function row(label, control, ...more) {
  return element("label", { class: "row" }, element("span", {}, label), control, ...more);
}

/** A slider of 0 to 1000 that stands for values on a scale. @param {{ least: number, most: number, power?: number, change: (value: number) => void }} of */
export function slider({ least, most, power = 1, change }) {
  const input = element("input", { type: "range", min: 0, max: 1000, step: 1 });
  input.addEventListener("input", () => change(least + (most - least) * (Number(input.value) / 1000) ** power));
  const set = (/** @type {number} */ value) => {
    input.value = String(Math.round(1000 * (Math.max(0, value - least) / (most - least)) ** (1 / power)));
  };
  return { input, set };
}

/** A box to tick. @param {string} label @param {(on: boolean) => void} change @param {string} [key] that does the same */
export function tick(label, change, key) {
  const input = element("input", { type: "checkbox", onchange: () => change(input.checked) });
  const root = element("label", { class: "tick" }, input, label, key ? element("kbd", { "aria-hidden": "true" }, key) : null);
  return { root, input, set: (/** @type {boolean} */ on) => { input.checked = on; } };
}

/** A choice of words. @param {string[] | [string, string][]} words or pairs of value and text @param {(word: string) => void} change */
export function choice(words, change) {
  const pairs = words.map((word) => (typeof word === "string" ? [word, word] : word));
  const select = element("select", { onchange: () => change(select.value) }, ...pairs.map(([value, text]) => element("option", { value }, text)));
  return select;
}

/** A number to type. @param {{ min?: number, max?: number, step?: number | "any", change: (value: number) => void }} of */
export function number({ min, max, step = 1, change }) {
  const input = element("input", { type: "number", min, max, step });
  input.addEventListener("change", () => { if (input.value !== "" && input.validity.valid) change(Number(input.value)); });
  return input;
}

/** A button; one of a symbol has its title for a name. @param {string} text @param {string} title @param {() => void} act */
export function button(text, title, act) {
  return element("button", { type: "button", title, "aria-label": /[a-z]/i.test(text) ? null : title, onclick: act }, text);
}

/** A line of a command, and what copies it. @param {(text: string) => void} say */
export function commandLine(say) {
  const text = element("code", { class: "line", tabindex: "0" });
  const root = element("div", { class: "command", hidden: true }, text, button("copy", "Copy the line", () => {
    navigator.clipboard.writeText(text.textContent ?? "").then(() => say("copied"), () => { getSelection()?.selectAllChildren(text); say("press Ctrl-C to copy"); });
  }));
  return { root, set: (/** @type {string} */ line) => { text.textContent = line; root.hidden = !line; } };
}
