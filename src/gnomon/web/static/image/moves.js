/** Pan and zoom by mouse, touch and pen; a press that does not move is a click. */

/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {{ pan: (dx: number, dy: number) => void, zoom: (factor: number, at: Point) => void, click: (at: Point) => void,
 *   hover: (at: Point | null) => void, grab: (at: Point) => ((at: Point, ended: boolean) => void) | null }} Acts */

const STILL = 4; // CSS pixels that a click may move
const WHEEL = 0.0015; // of zoom, natural logarithm, a pixel of the wheel

/** @param {HTMLElement} target @param {Acts} acts */
export function moves(target, acts) {
  /** @type {Map<number, Point>} */
  const down = new Map();
  let travelled = 0;
  /** @type {((at: Point, ended: boolean) => void) | null} */
  let grabbed = null;
  const at = (/** @type {MouseEvent} */ event) => {
    const box = target.getBoundingClientRect();
    return /** @type {Point} */ ([event.clientX - box.left, event.clientY - box.top]);
  };

  target.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    target.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    if (down.size === 1) { travelled = 0; grabbed = acts.grab(at(event)); }
  });
  target.addEventListener("pointermove", (event) => {
    const now = at(event);
    const before = down.get(event.pointerId);
    if (!before) return acts.hover(now);
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    travelled += Math.hypot(dx, dy);
    if (grabbed) grabbed(now, false);
    else if (down.size === 1) acts.pan(dx, dy);
    else if (down.size === 2) pinch(event.pointerId, before, now);
    down.set(event.pointerId, now);
  });
  /** @param {number} id @param {Point} before @param {Point} now */
  function pinch(id, before, now) {
    const other = [...down].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const apart = (/** @type {Point} */ p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
    acts.zoom(apart(now) / apart(before), other);
  }
  const up = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId)) return;
    if (grabbed) grabbed(at(event), true);
    else if (travelled < STILL && event.type === "pointerup") acts.click(at(event));
    grabbed = null;
  };
  target.addEventListener("pointerup", up);
  target.addEventListener("pointercancel", up);
  target.addEventListener("pointerleave", () => acts.hover(null));
  target.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 30 : 1;
    acts.zoom(Math.exp(-event.deltaY * lines * WHEEL), at(event));
  }, { passive: false });
}
