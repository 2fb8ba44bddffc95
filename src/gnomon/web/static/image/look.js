/** Contrast, colours, and which images: the controls beside the picture, and the keys that do the same. */

import { element, figure } from "../dom.js";
import { button, choice, group, number, row, slider, tick } from "./controls.js";
import { PALETTES } from "./palettes.js";

/** @typedef {import("../panes/image.js").ImagePane} ImagePane */

const MOST_WHITE = 100; // times the white that is found by itself
const GAMMAS = /** @type {const} */ ([0.2, 2]);
const STEP_OF_PAN = 60; // CSS pixels
const STEP_OF_ZOOM = 1.25;
const MOST_TOGETHER = 100;

/** @param {ImagePane} pane */
export function contrastGroup(pane) {
  const { state } = pane.app;
  const white = slider({ least: 0, most: 1, change: (share) => state.set({ "image.white": Math.max(1, Number(scaled(pane, share).toPrecision(3))) }) });
  const gamma = slider({ least: GAMMAS[0], most: GAMMAS[1], change: (value) => state.set({ "image.gamma": Number(value.toFixed(2)) }) });
  const black = number({ min: 0, step: "any", change: (value) => state.set({ "image.black": value }) });
  const map = choice([["auto", "ink, by theme"], ...PALETTES.map((name) => /** @type {[string, string]} */ ([name, name]))], (word) => state.set({ "image.map": word }));
  const inverted = tick("inverted", (on) => state.set({ "image.inverted": on }), "i");
  const told = element("span", { class: "value" });
  pane.sets.push(() => {
    const value = state.number("image.white") || pane.autoWhite;
    white.set(Math.log(value / pane.autoWhite) / Math.log(MOST_WHITE) / 2 + 0.5);
    gamma.set(state.number("image.gamma"));
    black.value = String(state.number("image.black"));
    map.value = state.text("image.map");
    inverted.set(state.flag("image.inverted"));
    told.textContent = `${figure(value, 3)}`;
  });
  return group("Contrast", true,
    row("darkest at", white.input, told), row("lightest at", black), row("gamma", gamma.input), row("colours", map), inverted.root,
    element("div", { class: "buttons" }, button("by itself", "Contrast by the image", () => state.set({ "image.white": 0, "image.black": 0, "image.gamma": 1 }))),
  );
}

/** From 1/100 to 100 times the white that is found by itself. @param {ImagePane} pane @param {number} share */
function scaled(pane, share) {
  return pane.autoWhite * MOST_WHITE ** (2 * share - 1);
}

/** @param {ImagePane} pane */
export function imageGroup(pane) {
  const { state } = pane.app;
  const image = number({ change: (value) => state.set({ image: value }) });
  const n = number({ min: 1, max: MOST_TOGETHER, change: (value) => state.set({ "image.n": value }) });
  const how = choice([["sum", "sum"], ["max", "largest"]], (word) => state.set({ "image.how": word }));
  const side = element("span", { class: "buttons" },
    button("|◀", "First image", () => pane.step(-1e9)), button("◀", "Image before", () => pane.step(-state.number("image.n"))),
    button("▶", "Next image", () => pane.step(state.number("image.n"))), button("▶|", "Last image", () => pane.step(1e9)));
  const zoom = element("span", { class: "buttons" },
    button("whole", "Whole detector", () => pane.fit()), button("1:1", "A pixel of the detector a pixel of the screen", () => oneToOne(pane)),
    button("−", "Zoom out", () => pane.zoom(1 / STEP_OF_ZOOM)), button("+", "Zoom in", () => pane.zoom(STEP_OF_ZOOM)));
  pane.sets.push(() => {
    image.value = String(state.number("image"));
    n.value = String(state.number("image.n"));
    how.value = state.text("image.how");
  });
  return group("Image", true, row("number", image), row("together", n, how), element("div", { class: "buttons" }, side, zoom));
}

/** @param {ImagePane} pane */
function oneToOne(pane) {
  pane.zoom(1 / pane.pixelSide());
}

/** @param {ImagePane} pane */
export function shortcuts(pane) {
  const { keys, state } = pane.app;
  const add = (/** @type {string} */ key, /** @type {string} */ what, /** @type {() => void} */ act) => keys.add("image", key, what, act);
  for (const [key, dx, dy] of /** @type {[string, number, number][]} */ ([["ArrowLeft", 1, 0], ["ArrowRight", -1, 0], ["ArrowUp", 0, 1], ["ArrowDown", 0, -1]])) {
    add(key, "move the picture", () => pane.pan(dx * STEP_OF_PAN, dy * STEP_OF_PAN));
  }
  add("+", "zoom in", () => pane.zoom(STEP_OF_ZOOM, pane.cursor ?? undefined));
  add("=", "zoom in", () => pane.zoom(STEP_OF_ZOOM, pane.cursor ?? undefined));
  add("-", "zoom out", () => pane.zoom(1 / STEP_OF_ZOOM, pane.cursor ?? undefined));
  add("0", "whole detector", () => pane.fit());
  add("o", "a pixel of the detector a pixel of the screen", () => oneToOne(pane));
  add(".", "next image", () => pane.step(state.number("image.n")));
  add(",", "image before", () => pane.step(-state.number("image.n")));
  add("PageDown", "ten images on", () => pane.step(10 * state.number("image.n")));
  add("PageUp", "ten images back", () => pane.step(-10 * state.number("image.n")));
  add("Home", "first image", () => pane.step(-1e9));
  add("End", "last image", () => pane.step(1e9));
  add(" ", "play, or stop", () => pane.strip.play());
  add("i", "invert the colours", () => state.set({ "image.inverted": !state.flag("image.inverted") }));
  add("c", "next colour map", () => state.set({ "image.map": next(["auto", ...PALETTES], state.text("image.map")) }));
  add("[", "fainter", () => state.set({ "image.white": brighter(pane, 1.25) }));
  add("]", "stronger", () => state.set({ "image.white": brighter(pane, 0.8) }));
}

/** @param {ImagePane} pane @param {number} factor */
const brighter = (pane, factor) => Number(((pane.app.state.number("image.white") || pane.autoWhite) * factor).toPrecision(3));

/** @param {string[]} words @param {string} word */
const next = (words, word) => words[(words.indexOf(word) + 1) % words.length];
