/** Colour maps as 256 colours, from a few anchors each. */

/** @type {Record<string, string[]>} */
const ANCHORS = {
  grey: ["#ffffff", "#000000"],
  heat: ["#000004", "#2c0f57", "#781c6d", "#bc3754", "#ed6925", "#fbb61a", "#fcffa4"], // after inferno, of matplotlib (CC0)
  viridis: ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"], // matplotlib (CC0)
  blue: ["#fbfcfe", "#d3e1f1", "#8fb6dd", "#4383bd", "#1b4f8f", "#0a2347"],
  rainbow: ["#20232c", "#2b4ccb", "#18a5c9", "#3fbf5c", "#e7d13b", "#ef7d2b", "#d3202f"],
};

export const PALETTES = Object.keys(ANCHORS);

/** @param {string} hex */
const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/** The colours of a map, four bytes each. @param {string} name */
export function palette(name) {
  const anchors = (ANCHORS[name] ?? ANCHORS.grey).map(channels);
  const made = new Uint8Array(256 * 4);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (anchors.length - 1);
    const k = Math.min(anchors.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) made[4 * i + c] = Math.round(anchors[k][c] + (at - k) * (anchors[k + 1][c] - anchors[k][c]));
    made[4 * i + 3] = 255;
  }
  return made;
}
