/** What the pointer does on the picture: a drag turns, with shift or two fingers moves, the wheel and a pinch zoom, a click picks. */

import { about, clean, product, turnedBack } from "./turn.js";

const STILL = 4; // CSS px: a pointer that moves less has clicked
const RADIANS = 0.008; // per CSS px

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{ turn: () => number[], look: (change: { turn?: number[], centre?: number[], zoom?: number }) => void, centre: () => number[],
 *   zoom: () => number, pixels: () => number, click: (x: number, y: number) => void, lasso: import("./lasso.js").Lasso }} view
 */
export function listen(canvas, view) {
  /** @type {Map<number, { x: number, y: number }>} */
  const down = new Map();
  let moved = 0, spread = 0;

  const shift = (/** @type {number} */ dx, /** @type {number} */ dy) => {
    const by = turnedBack(view.turn(), [-dx / view.pixels(), dy / view.pixels(), 0]);
    view.look({ centre: view.centre().map((c, i) => c + by[i]) });
  };
  const at = (/** @type {PointerEvent} */ event) => ({ x: event.clientX, y: event.clientY });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    moved = spread = 0;
    if (view.lasso.active) view.lasso.add(event.offsetX, event.offsetY);
  });
  canvas.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last) return;
    const now = at(event), dx = now.x - last.x, dy = now.y - last.y;
    down.set(event.pointerId, now);
    moved += Math.hypot(dx, dy);
    if (view.lasso.active && down.size === 1) view.lasso.add(event.offsetX, event.offsetY);
    else if (down.size === 2) {
      const [a, b] = [...down.values()], apart = Math.hypot(a.x - b.x, a.y - b.y);
      if (spread) view.look({ zoom: view.zoom() * (apart / spread) });
      spread = apart;
      shift(dx / 2, dy / 2);
    } else if (moved < STILL) return;
    else if (event.shiftKey || event.buttons & 6) shift(dx, dy);
    else view.look({ turn: clean(product(product(about(0, dy * RADIANS), about(1, dx * RADIANS)), view.turn())) });
  });
  const up = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId)) return;
    if (view.lasso.active) view.lasso.close();
    else if (moved < STILL && event.type === "pointerup") view.click(event.offsetX, event.offsetY);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const factor = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015));
    const dx = event.offsetX - canvas.clientWidth / 2, dy = event.offsetY - canvas.clientHeight / 2;
    shift(dx * (1 / factor - 1), dy * (1 / factor - 1)); // what is under the pointer stays there
    view.look({ zoom: view.zoom() * factor });
  }, { passive: false });
}
