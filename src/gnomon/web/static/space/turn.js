/** Rotations of the view: (3, 3) matrices by rows, right, up and towards the viewer, and what the address holds of them. */

/** @typedef {number[]} Matrix nine numbers, row by row */
/** @typedef {number[]} Vector */

/** @param {Vector} a @param {Vector} b */
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** @param {Vector} a @param {Vector} b */
export const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
/** @param {Vector} a */
export const unit = (a) => a.map((x) => x / Math.hypot(...a));
/** M v. @param {Matrix} m @param {Vector} v */
export const turned = (m, v) => [0, 3, 6].map((i) => m[i] * v[0] + m[i + 1] * v[1] + m[i + 2] * v[2]);
/** M^T v. @param {Matrix} m @param {Vector} v */
export const turnedBack = (m, v) => [0, 1, 2].map((i) => m[i] * v[0] + m[i + 3] * v[1] + m[i + 6] * v[2]);

/** A B. @param {Matrix} a @param {Matrix} b @returns {Matrix} */
export function product(a, b) {
  return [0, 3, 6].flatMap((i) => [0, 1, 2].map((j) => a[i] * b[j] + a[i + 1] * b[j + 3] + a[i + 2] * b[j + 6]));
}

/** The rotation by an angle (rad) about axis 0, 1 or 2 of the screen. @param {number} axis @param {number} angle @returns {Matrix} */
export function about(axis, angle) {
  const c = Math.cos(angle), s = Math.sin(angle);
  if (axis === 0) return [1, 0, 0, 0, c, -s, 0, s, c];
  if (axis === 1) return [c, 0, s, 0, 1, 0, -s, 0, c];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** The same without what rounding added. @param {Matrix} m @returns {Matrix} */
export function clean(m) {
  const right = unit(m.slice(0, 3));
  const to = unit(cross(right, m.slice(3, 6)));
  return [...right, ...cross(to, right), ...to];
}

/** The view from `to`, with `up` as far up as it goes. @param {Vector} to @param {Vector} up @returns {Matrix} */
export function looking(to, up) {
  const towards = unit(to);
  let right = cross(up, towards);
  if (Math.hypot(...right) < 1e-6) right = cross(Math.abs(towards[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0], towards);
  right = unit(right);
  return [...right, ...cross(towards, right), ...towards];
}

/** Angles in degrees: turn about up, tilt about right, roll about the line of sight, with M = roll tilt turn. @param {Matrix} m */
export function angles(m) {
  const degrees = 180 / Math.PI;
  return {
    turn: Math.atan2(-m[6], m[8]) * degrees,
    tilt: Math.asin(Math.max(-1, Math.min(1, m[7]))) * degrees,
    roll: Math.atan2(-m[1], m[4]) * degrees,
  };
}

/** @param {{ turn: number, tilt: number, roll: number }} a @returns {Matrix} */
export function ofAngles(a) {
  const radians = Math.PI / 180;
  return product(about(2, a.roll * radians), product(about(0, a.tilt * radians), about(1, a.turn * radians)));
}
