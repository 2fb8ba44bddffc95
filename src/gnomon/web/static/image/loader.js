/** Asks for pixels: the whole image at first, finer tiles of what is in sight, the next image before it is wanted. */

import { firstLevel, tilesOf } from "./tiles.js";

/** @typedef {import("./tiles.js").Tile} Tile */
/** @typedef {import("./tiles.js").Shown} Shown */
/** @typedef {{ panel: number, row: number, column: number, level: number }} Wanted */

const KEPT = 12; // images at the first level, some 0.5 MB each
const TOGETHER = 6; // tiles of one answer
const PATCH = 32; // pixels: what is read about the cursor

export class Loader {
  /** @param {import("../api.js").Api} api @param {import("./geometry.js").Instrument} instrument */
  constructor(api, instrument) {
    this.api = api;
    this.level = firstLevel(instrument);
    /** @type {Map<string, Promise<Tile[]>>} */
    this.kept = new Map();
    this.finer = new AbortController();
    /** @type {{ key: string, x: number, y: number, width: number, counts: Int32Array } | null} */
    this.patch = null;
    this.asked = "";
  }

  /** The whole image at the first level, in one request or from what was asked before. @param {Shown} shown */
  picture(shown) {
    const key = JSON.stringify(shown);
    const found = this.kept.get(key) ?? this.api.arrays("image/pixels", { ...shown, level: this.level }).then(tilesOf);
    this.kept.delete(key);
    this.kept.set(key, found);
    found.catch(() => this.kept.delete(key)); // an image that is not there yet may come
    for (const old of [...this.kept.keys()].slice(0, -KEPT)) this.kept.delete(old);
    return found;
  }

  /** Tiles in the order given, as they come; what was asked for before and is not there yet is not wanted any more.
   * @param {Shown} shown @param {Wanted[]} wanted @param {(tiles: Tile[]) => void} come */
  async tiles(shown, wanted, come) {
    this.finer.abort();
    const { signal } = (this.finer = new AbortController());
    for (let i = 0; i < wanted.length; i += TOGETHER) {
      const some = wanted.slice(i, i + TOGETHER);
      const names = some.map((t) => `${t.panel}.${t.row}.${t.column}`).join(",");
      const tiles = tilesOf(await this.api.arrays("image/pixels", { ...shown, level: some[0].level, tiles: names }, { signal }));
      if (signal.aborted) return;
      come(tiles);
    }
  }

  /** Stops what is on its way. */
  stop() { this.finer.abort(); }

  /** The counts of the file about a pixel; null while they are asked for, after which `come` is called.
   * @param {Shown} shown @param {number} panel @param {number} x @param {number} y @param {() => void} come
   * @returns {((x: number, y: number) => number | undefined) | null} */
  about(shown, panel, x, y, come) {
    const key = JSON.stringify({ ...shown, panel });
    const patch = this.patch;
    if (patch?.key === key && x >= patch.x && y >= patch.y && x < patch.x + patch.width && y < patch.y + patch.counts.length / patch.width) {
      return (i, j) => (i >= patch.x && i < patch.x + patch.width ? patch.counts[(j - patch.y) * patch.width + i - patch.x] : undefined);
    }
    const [left, top] = [x, y].map((at) => Math.max(0, at - PATCH / 2));
    const asked = `${key}${left},${top}`;
    if (asked !== this.asked) {
      this.asked = asked;
      this.api.arrays("image/counts", { ...shown, panel, x: left, y: top, width: PATCH, height: PATCH }).then(({ arrays, shapes }) => {
        this.patch = { key, x: left, y: top, width: shapes.counts[1], counts: /** @type {Int32Array} */ (arrays.counts) };
        this.asked = "";
        come();
      }, () => { this.asked = ""; });
    }
    return null;
  }
}

