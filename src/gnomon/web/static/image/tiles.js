/** Pixels of the image that is shown: asked for by tiles, put together from planes of bytes, found again by pixel. */

/** @typedef {{ level: number, panel: number, row: number, column: number, height: number, width: number,
 *   pixels: Uint16Array | Uint32Array, masked: Uint8Array | null }} Tile */
/** @typedef {{ stage: number, experiment: number, image: number, n: number, how: string }} Shown */

/** A code of 16 bits is the count and two; the largest are counts too large for it: trusted, and beyond the trusted range. */
export const SHIFT = 2;
export const LARGE_CODE = 65534;

/** @param {{ level: number, panel: number, row: number, column: number }} t */
export const keyOf = (t) => `${t.level}.${t.panel}.${t.row}.${t.column}`;

/** The tiles of a message of api/image/pixels. @param {import("../packed.js").Packed} message @returns {Tile[]} */
export function tilesOf({ head, arrays }) {
  const planes = [0, 1, 2, 3].map((i) => /** @type {Uint8Array | undefined} */ (arrays[`plane_${i}`])).filter((p) => p !== undefined);
  const size = planes[0].length;
  const pixels = planes.length === 2 ? new Uint16Array(size) : new Uint32Array(size);
  if (planes.length === 2) {
    const [low, high] = planes;
    for (let i = 0; i < size; i++) pixels[i] = low[i] | (high[i] << 8);
  } else {
    const [a, b, c, d] = planes;
    for (let i = 0; i < size; i++) pixels[i] = a[i] | (b[i] << 8) | (c[i] << 16) | (d[i] << 24);
  }
  const masked = /** @type {Uint8Array | undefined} */ (arrays.masked);
  let at = 0;
  return head.tiles.map((/** @type {number[]} */ [panel, row, column, height, width]) => {
    const part = [at, (at += height * width)];
    return {
      level: head.level, panel, row, column, height, width, pixels: pixels.subarray(...part),
      masked: masked && masked.subarray(...part).some((m) => m) ? masked.subarray(...part) : null,
    };
  });
}

/** The count of a pixel of a tile; NaN where it is too large for the tile, and only the server knows it. @param {Tile} tile @param {number} i */
export function countAt(tile, i) {
  const raw = tile.pixels[i];
  if (tile.pixels instanceof Uint16Array) return raw >= LARGE_CODE ? NaN : raw - SHIFT;
  return raw | 0;
}

/** The query of an image. @param {Shown} shown @returns {Record<string, string | number>} */
export const queryOf = (shown) => ({ ...shown });

/** The level whose pixels of the whole detector are few enough for one answer. @param {import("./geometry.js").Instrument} instrument */
export function firstLevel({ panels, levels }) {
  const pixels = panels.reduce((total, { size }) => total + size[0] * size[1], 0);
  return levels.find((level) => pixels / level ** 2 <= FIRST_PIXELS) ?? levels[levels.length - 1];
}

const FIRST_PIXELS = 450_000; // some 150 kB on the wire: level 8 of 16M, level 1 of a 300k module pair
