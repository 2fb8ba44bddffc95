/** Colours of points: those of reports for lattices, then hues a golden angle apart; ramps for numbers. */

/** As report/html/colours.py has them (Okabe & Ito 2008), legible on light and dark. */
const FIRST = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"];
const RISING = ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"];
/** Not indexed, indexed, used in refinement, integrated, outlier or failed. */
export const CLASSES = [
  { colour: "#8a8f98", words: "not indexed" }, { colour: "#56b4e9", words: "indexed" }, { colour: "#0072b2", words: "used in refinement" },
  { colour: "#009e73", words: "integrated" }, { colour: "#d55e00", words: "outlier, overload or failed" },
];
export const UNINDEXED = "#8a8f98";
const GOLDEN = 137.508; // degrees

/** Three numbers 0..1 of #rrggbb. @param {string} hex */
export function parts(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
}

/** #rrggbb of the lattice or sweep of this number, the same in every picture. @param {number} i */
export function colourOf(i) {
  if (i < FIRST.length) return FIRST[i];
  const hue = (i * GOLDEN) % 360, light = 0.5 + 0.1 * ((i % 3) - 1), chroma = 0.62 * (1 - Math.abs(2 * light - 1));
  const channel = (/** @type {number} */ n) => {
    const k = (n + hue / 30) % 12;
    const value = light - (chroma / 2) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** RGBA bytes of 256 colours, rising, or of five classes. @param {boolean} classes */
export function ramp(classes) {
  const stops = (classes ? CLASSES.map((c) => c.colour) : RISING).map(parts);
  const bytes = new Uint8Array(1024);
  for (let i = 0; i < 256; i += 1) {
    const t = (i / 255) * 4, k = classes ? Math.round(t) : Math.min(Math.floor(t), 3), f = classes ? 0 : t - k;
    for (let c = 0; c < 3; c += 1) bytes[4 * i + c] = 255 * (stops[k][c] * (1 - f) + stops[Math.min(k + 1, 4)][c] * f);
    bytes[4 * i + 3] = 255;
  }
  return bytes;
}

/** A gradient of the ramp, for a legend. */
export const GRADIENT = `linear-gradient(to right, ${RISING.join(",")})`;
