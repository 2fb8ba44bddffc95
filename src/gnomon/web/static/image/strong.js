/** Strong pixels of what is in sight, by find_spots' own test and parameters, anew when either changes. */

import { element } from "../dom.js";
import { choice, commandLine, group, number, row, tick } from "./controls.js";

/** @typedef {import("../panes/image.js").ImagePane} ImagePane */

const OF = "spotfinder.threshold.";
const DISPERSION = `${OF}dispersion.`;
const MOST = 60_000; // squares that are drawn
/** @type {[string, string, number, number | "any", number][]} name, label, least, step, default */
const NUMBERS = [
  ["sigma_background", "σ backgr.", 0, "any", 6], ["sigma_strong", "σ strong", 0, "any", 3], ["min_local", "min. local", 2, 1, 2],
  ["global_threshold", "threshold", 0, 1, 0],
];

export class Strong {
  /** @param {ImagePane} pane */
  constructor(pane) {
    this.pane = pane;
    this.asked = 0;
    /** @type {Record<string, unknown>} */
    this.params = {};
    /** @type {Record<string, import("../packed.js").Numbers>} */
    this.found = {};
    this.on = false;
    this.told = element("p", { class: "hint" });
    this.line = commandLine((text) => pane.app.say(text));
  }

  group() {
    const box = tick("strong pixels, live", (on) => { this.on = on; this.load(); }, "k");
    this.pane.app.keys.add("image", "k", "strong pixels of what is in sight, or not", () => { box.set(!this.on); this.on = !this.on; this.load(); });
    const set = (/** @type {string} */ name, /** @type {unknown} */ value, /** @type {unknown} */ standard) => {
      if (value === standard) delete this.params[name];
      else this.params[name] = value;
      this.load();
    };
    const algorithm = choice([["", "as find_spots chooses"], "dispersion_extended", "dispersion", "radial_profile"].map((w) => /** @type {[string, string]} */ (typeof w === "string" ? [w, w] : w)), (word) => set(`${OF}algorithm`, word, ""));
    const kernel = [3, 3];
    const sizes = [0, 1].map((k) => {
      const input = number({ min: 1, max: 50, change: (value) => { kernel[k] = value; set(`${DISPERSION}kernel_size`, kernel.join() === "3,3" ? null : [...kernel], null); } });
      input.value = "3";
      input.setAttribute("aria-label", `half width of the kernel, ${k ? "slow" : "fast"}`);
      return input;
    });
    const numbers = NUMBERS.map(([name, text, min, step, standard]) => {
      const input = number({ min, step, change: (value) => set(DISPERSION + name, value, standard) });
      input.value = String(standard);
      return row(text, input);
    });
    const gain = number({ min: 0, step: "any", change: (value) => set(`${DISPERSION}gain`, value || null, null) });
    gain.placeholder = "detector's";
    return group("Threshold", false, box.root, row("algorithm", algorithm), row("kernel", sizes[0], sizes[1]), ...numbers, row("gain", gain), this.told, this.line.root);
  }

  /** What is in sight of each panel. */
  windows() {
    const { pane } = this;
    const corners = /** @type {[number, number][]} */ ([[0, 0], [pane.screen.size.x, 0], [0, pane.screen.size.y], [pane.screen.size.x, pane.screen.size.y]]);
    const found = [];
    for (const [panel, place] of (pane.places ?? []).entries()) {
      const px = corners.map((c) => place.px(pane.screen.toPlane(c)));
      const span = (/** @type {0 | 1} */ k) => [Math.max(0, Math.floor(Math.min(...px.map((p) => p[k])))), Math.min(place.size[k], Math.ceil(Math.max(...px.map((p) => p[k]))))];
      const [[x0, x1], [y0, y1]] = [span(0), span(1)];
      if (x1 > x0 && y1 > y0) found.push(`${panel}.${x0}.${x1}.${y0}.${y1}`);
    }
    return found.join(",");
  }

  load() {
    const asked = ++this.asked;
    const { pane } = this;
    const windows = this.on ? this.windows() : "";
    if (!windows) {
      this.found = {};
      this.told.textContent = "";
      this.line.set("");
      return pane.overlay.redraw();
    }
    pane.app.api.arrays("image/strong", { ...pane.shown(), windows, params: JSON.stringify(this.params) }).then(({ head, arrays }) => {
      if (asked !== this.asked) return;
      this.found = arrays;
      this.told.textContent = `${arrays.x.length} strong pixels in sight`;
      this.line.set(head.line);
      pane.root.dataset.strong = String(arrays.x.length);
      pane.overlay.redraw();
    }, (error) => { if (asked === this.asked) this.told.textContent = error.message; });
  }

  draw() {
    const { panel, x, y } = this.found;
    if (!this.on || !x) return;
    const { pen } = this.pane.overlay;
    pen.fillStyle = "#e0218acc";
    const side = Math.max(1.2, this.pane.pixelSide());
    const inset = side > 8 ? 2 : 0;
    for (let i = 0; i < Math.min(x.length, MOST); i++) {
      const [u, v] = this.pane.overlay.on(panel[i], [x[i] + 0.5, y[i] + 0.5]);
      if (inset) {
        pen.strokeStyle = "#e0218a";
        pen.lineWidth = 1.5;
        pen.strokeRect(u - side / 2 + inset, v - side / 2 + inset, side - 2 * inset, side - 2 * inset);
      } else pen.fillRect(u - side / 2, v - side / 2, side, side);
    }
  }
}
