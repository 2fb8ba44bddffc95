/** The reciprocal cell, its axes, the beam and the rotation axis, as lines; and labels that follow them. */

import { element } from "../dom.js";
import { parts } from "./colours.js";

const NAMES = ["a*", "b*", "c*"];
/** Of the three axes, the beam and the rotation axis; on light, on dark. */
const TINTS = { light: ["#b2182b", "#1a7a3c", "#2166ac", "#8a5a00", "#6b7280"], dark: ["#f4897b", "#7fd1a2", "#8ab8f0", "#e8b95e", "#a9b2c0"] };

/** @typedef {{ A: Float32Array | null, s0: number[], axis: number[] }} Instrument of one experiment; A by rows */
/** @typedef {{ ends: number[], tints: number[], labels: { text: string, at: number[], colour: string }[] }} Drawing */

/** @param {ArrayLike<number>} A @param {number} k the column */
export const column = (A, k) => [A[k], A[3 + k], A[6 + k]];

/**
 * Lines and labels for the lattices that are given. reach: 1/Å, how far lines go.
 * @param {Float32Array[]} cells A of each, turned to the frame that is shown
 * @param {Instrument} one whose beam and axis are drawn
 * @param {{ cell: boolean, axes: boolean, beam: boolean, rotation: boolean }} wanted
 * @param {number} reach @param {string} theme
 * @returns {Drawing}
 */
export function drawing(cells, one, wanted, reach, theme) {
  const tints = TINTS[theme === "dark" ? "dark" : "light"];
  /** @type {Drawing} */
  const made = { ends: [], tints: [], labels: [] };
  const line = (/** @type {number[]} */ from, /** @type {number[]} */ to, /** @type {string} */ colour) => {
    made.ends.push(...from, ...to);
    made.tints.push(...parts(colour), ...parts(colour));
  };
  const label = (/** @type {string} */ text, /** @type {number[]} */ at, /** @type {string} */ colour) => made.labels.push({ text, at, colour });
  cells.forEach((A, first) => {
    const v = [0, 1, 2].map((k) => column(A, k));
    if (wanted.cell) edges(v, line, tints[4]);
    if (!wanted.axes && !wanted.cell) return;
    v.forEach((axis, k) => {
      const length = Math.hypot(...axis), to = wanted.axes && first === 0 ? reach / length : 1;
      line([0, 0, 0], axis.map((x) => x * to), tints[k]);
      if (first === 0) label(NAMES[k], axis.map((x) => x * to), tints[k]);
    });
  });
  if (wanted.beam) {
    const s0 = one.s0.map((x) => (x / Math.hypot(...one.s0)) * reach);
    line(s0.map((x) => -x), s0, tints[3]);
    label("beam", s0, tints[3]);
  }
  if (wanted.rotation && Number.isFinite(one.axis[0])) {
    line(one.axis.map((x) => -x * reach), one.axis.map((x) => x * reach), tints[4]);
    label("rotation axis", one.axis.map((x) => x * reach), tints[4]);
  }
  return made;
}

/** The twelve edges of a cell. @param {number[][]} v @param {(from: number[], to: number[], colour: string) => void} line @param {string} colour */
function edges(v, line, colour) {
  const corner = (/** @type {number} */ n) => [0, 1, 2].map((i) => v.reduce((sum, axis, k) => sum + ((n >> k) & 1) * axis[i], 0));
  for (let n = 0; n < 8; n += 1) for (let k = 0; k < 3; k += 1) if (!((n >> k) & 1)) line(corner(n), corner(n | (1 << k)), colour);
}

/** Labels above the canvas. */
export class Labels {
  constructor() {
    this.root = element("div", { class: "labels", "aria-hidden": "true" });
  }

  /** @param {Drawing["labels"]} labels @param {(p: number[]) => { x: number, y: number }} onScreen */
  place(labels, onScreen) {
    while (this.root.children.length > labels.length) this.root.lastElementChild?.remove();
    labels.forEach(({ text, at, colour }, i) => {
      const one = /** @type {HTMLElement} */ (this.root.children[i] ?? this.root.appendChild(element("span")));
      const { x, y } = onScreen(at);
      if (one.textContent !== text) one.textContent = text;
      one.style.color = colour;
      one.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    });
  }
}
