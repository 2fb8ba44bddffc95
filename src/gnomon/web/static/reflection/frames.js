/** The pixels of a box as strips of frames: what was counted, what the model has, and what is left between them. */

import { element, figure } from "../dom.js";

const FOREGROUND = 4, VALID = 1, STRONG = 8;
const LARGEST = 10, SMALLEST = 3; // CSS px of a pixel
const GAP = 6; // CSS px between frames
/** Light to dark, on light; the other way round on dark. */
const GREY = [[255, 255, 255], [198, 219, 239], [107, 174, 214], [33, 113, 181], [8, 48, 107]];
const NIGHT = [[20, 23, 28], [30, 60, 100], [50, 110, 170], [120, 180, 230], [235, 245, 255]];
const SIGNS = [[178, 24, 43], [244, 165, 130], [247, 247, 247], [146, 197, 222], [33, 102, 172]];
const SIGNS_NIGHT = [[255, 120, 100], [150, 60, 50], [28, 33, 40], [50, 90, 140], [120, 180, 255]];

/** @typedef {{ nz: number, ny: number, nx: number, bbox: number[], mask: Uint8Array, layers: Record<string, Float32Array> }} Box */

/** What is shown, top to bottom, and what it is. */
export const LAYERS = [
  { name: "data", title: "counts" }, { name: "background", title: "background" }, { name: "share", title: "profile" },
  { name: "expected", title: "fit" }, { name: "residual", title: "residual, sigma" },
];

/**
 * A row for each layer: its name, and all frames side by side.
 * @param {Box} box @param {(text: string) => void} told what is under the pointer @param {number} width CSS px there is
 */
export function strips(box, told, width) {
  const dark = document.documentElement.dataset.theme === "dark";
  const size = Math.max(SMALLEST, Math.min(LARGEST, Math.floor((width - 24) / box.nz - GAP) / box.nx));
  return LAYERS.filter((l) => box.layers[l.name]).map(({ name, title }) => {
    const canvas = element("canvas", { role: "img", "aria-label": `${title} of ${box.nz} images, ${box.nx} by ${box.ny} pixels` });
    draw(canvas, box, name, size, dark);
    canvas.addEventListener("pointermove", (event) => told(under(box, name, event.offsetX, event.offsetY, size)));
    canvas.addEventListener("pointerleave", () => told(""));
    return element("div", { class: "strip" }, element("span", { class: "title" }, title), element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": title }, canvas));
  });
}

/** @param {Box} box @param {string} name */
function ends(box, name) {
  const values = box.layers[name];
  if (name === "residual") return [-5, 5];
  const of = name === "background" || name === "expected" ? box.layers.data : values;
  let high = 0, low = Infinity;
  of.forEach((v, i) => {
    if (!(box.mask[i] & VALID) && name !== "share") return;
    high = Math.max(high, v);
    low = Math.min(low, v);
  });
  return [Math.min(low, high), high > low ? high : low + 1];
}

/** @param {HTMLCanvasElement} canvas @param {Box} box @param {string} name @param {number} size @param {boolean} dark */
function draw(canvas, box, name, size, dark) {
  const { nz, ny, nx, mask } = box, values = box.layers[name], [low, high] = ends(box, name), ratio = Math.min(devicePixelRatio, 2);
  const wide = nz * (nx * size + GAP) - GAP, deep = ny * size + 14;
  canvas.width = Math.ceil(wide * ratio);
  canvas.height = Math.ceil(deep * ratio);
  canvas.style.width = `${wide}px`;
  canvas.style.height = `${deep}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  const stops = name === "residual" ? (dark ? SIGNS_NIGHT : SIGNS) : dark ? NIGHT : GREY, style = getComputedStyle(document.documentElement);
  for (let z = 0, i = 0; z < nz; z += 1) {
    const left = z * (nx * size + GAP);
    for (let y = 0; y < ny; y += 1) for (let x = 0; x < nx; x += 1, i += 1) {
      const t = Math.sqrt(Math.max(0, Math.min(1, (values[i] - low) / (high - low)))), linear = Math.max(0, Math.min(1, (values[i] - low) / (high - low)));
      context.fillStyle = mask[i] & VALID || name === "share" || name === "expected" ? colour(stops, name === "residual" ? linear : t) : dark ? "#5b3a3a" : "#e9c9c9";
      context.fillRect(left + x * size, y * size, size + 0.5, size + 0.5);
    }
    outline(context, box, z, left, size, style.getPropertyValue("--look"));
    context.fillStyle = style.getPropertyValue("--faint");
    context.font = "10px system-ui, sans-serif";
    if (nx * size > 18) context.fillText(String(box.bbox[4] + z + 1), left, deep - 3);
  }
}

/** The border of the foreground. @param {CanvasRenderingContext2D} context @param {Box} box @param {number} z @param {number} left @param {number} size @param {string} tint */
function outline(context, box, z, left, size, tint) {
  const { ny, nx, mask } = box, inside = (/** @type {number} */ x, /** @type {number} */ y) => x >= 0 && y >= 0 && x < nx && y < ny && (mask[(z * ny + y) * nx + x] & (FOREGROUND | STRONG)) > 0;
  context.strokeStyle = tint;
  context.lineWidth = 1.4;
  context.beginPath();
  for (let y = 0; y <= ny; y += 1) for (let x = 0; x <= nx; x += 1) {
    if (inside(x, y) !== inside(x - 1, y)) { context.moveTo(left + x * size, y * size); context.lineTo(left + x * size, (y + 1) * size); }
    if (inside(x, y) !== inside(x, y - 1)) { context.moveTo(left + x * size, y * size); context.lineTo(left + (x + 1) * size, y * size); }
  }
  context.stroke();
}

/** @param {number[][]} stops @param {number} t */
function colour(stops, t) {
  const at = t * (stops.length - 1), k = Math.min(Math.floor(at), stops.length - 2), f = at - k;
  return `rgb(${stops[k].map((c, i) => Math.round(c * (1 - f) + stops[k + 1][i] * f)).join(",")})`;
}

/** @param {Box} box @param {string} name @param {number} px @param {number} py @param {number} size */
function under(box, name, px, py, size) {
  const step = box.nx * size + GAP, z = Math.floor(px / step), x = Math.floor((px - z * step) / size), y = Math.floor(py / size);
  if (z >= box.nz || x >= box.nx || y < 0 || y >= box.ny) return "";
  const i = (z * box.ny + y) * box.nx + x, bits = box.mask[i];
  const words = [bits & VALID ? "" : "not valid", bits & FOREGROUND ? "foreground" : "", bits & STRONG ? "strong" : "", bits & 2 ? "background" : ""].filter(Boolean);
  const values = LAYERS.filter((l) => box.layers[l.name]).map((l) => `${l.title.split(",")[0]} ${figure(box.layers[l.name][i], 3)}`);
  return `image ${box.bbox[4] + z + 1}, pixel ${box.bbox[0] + x}, ${box.bbox[2] + y}: ${values.join(", ")}${words.length ? ` (${words.join(", ")})` : ""}`;
}

/** For each image: counts above background in the foreground, and what the fit has there. @param {Box} box */
export function rocking(box) {
  const { nz, mask, layers } = box, area = mask.length / nz;
  const images = [], seen = [], expected = [];
  for (let z = 0; z < nz; z += 1) {
    let a = 0, b = 0;
    for (let i = z * area; i < (z + 1) * area; i += 1) {
      if (!(mask[i] & (FOREGROUND | STRONG)) || !(mask[i] & VALID)) continue;
      a += layers.data[i] - layers.background[i];
      b += (layers.expected ?? layers.background)[i] - layers.background[i];
    }
    images.push(box.bbox[4] + z + 1);
    seen.push(a);
    expected.push(b);
  }
  return { images, seen, expected };
}
