/**
 * Points drawn by the processor itself, where there is no GPU: a graphics library that stands in for one takes ten times as
 * long for a million points of a pixel or two. What is shown, and how, is as in shaders.js.
 */

import { DEPTHS, EMPTY, MODES } from "./shaders.js";

/** @typedef {import("./view.js").Cloud} Cloud */
/** @typedef {{ width: number, height: number, px: number, turn: number[], centre: number[], fade: number, reach: number, size: number, round: boolean,
 *   shells: number[], slab: number[], images: number[], imageRange: number[], mode: number, back: number[], mark: number[] }} Look px: pixels to a 1/Å */
/** @typedef {{ colours: Float32Array, visible: Uint8Array, rotations: Float32Array | null }} Table colours (n, 3) 0..1; rotations (n, 9), U by rows, null: the laboratory's frame */

const PHASES = 4; // places of a point's middle in a pixel, along each side, that are told apart

export class Splats {
  place = new Uint16Array(0);
  /** @type {Uint16Array | Uint32Array} */
  lattice = new Uint16Array(0);
  order = new Uint32Array(0); // the number in the table of each
  cells = new Int32Array(0); // (height, width, 2), the lowest line first: how near to the eye, and the colour; both in one place, as most of the time goes into finding it

  /** Forgets what was drawn, in this size. @param {number} width @param {number} height */
  clear(width, height) {
    if (this.cells.length !== 2 * width * height) this.cells = new Int32Array(2 * width * height);
    this.cells.fill(EMPTY);
  }

  /**
   * Takes points, neighbours beside each other: each then finds its pixel where the one before has just been, not in slow
   * memory, from wherever they are looked at.
   * @param {Cloud} cloud
   */
  take({ place, lattice }) {
    const n = lattice.length, starts = new Uint32Array(4097);
    const boxOf = (/** @type {number} */ at) => ((place[at] >> 12) << 8) | ((place[at + 1] >> 12) << 4) | (place[at + 2] >> 12);
    for (let i = 0; i < n; i += 1) starts[boxOf(4 * i) + 1] += 1;
    for (let box = 1; box <= 4096; box += 1) starts[box] += starts[box - 1];
    this.order = new Uint32Array(n);
    this.place = new Uint16Array(4 * n);
    this.lattice = lattice.slice();
    for (let i = 0, from = 0; i < n; i += 1, from += 4) {
      const to = starts[boxOf(from)]++;
      this.order[to] = i;
      this.lattice[to] = lattice[i];
      for (let k = 0; k < 4; k += 1) this.place[4 * to + k] = place[from + k];
    }
  }

  /** Draws points from..to of those that were taken. @param {Cloud} cloud @param {Uint8Array} kept @param {Uint16Array | null} value @param {Uint8Array} ramp (256, 4) @param {Table} table @param {Look} look @param {number} from @param {number} to */
  draw(cloud, kept, value, ramp, table, look, from, to) {
    const { place, lattice, order } = this, { extent } = cloud, { colours, visible, rotations } = table, { cells } = this;
    const { width, height, turn: t, shells, slab, images, mode, reach, fade, back, mark } = look;
    const factor = (2 * extent) / 65535, [near2, far2] = shells.map((s) => s * s), { px } = look;
    const x0 = width / 2 - px * (t[0] * look.centre[0] + t[1] * look.centre[1] + t[2] * look.centre[2]);
    const y0 = height / 2 - px * (t[3] * look.centre[0] + t[4] * look.centre[1] + t[5] * look.centre[2]);
    const disc = offsets(look.size, look.round, width), marked = offsets(look.size + 2, look.round, width);
    const span = Math.max(look.imageRange[1] - look.imageRange[0], 1), edge = Math.ceil(look.size) + 3;
    const [t0, t1, t2, t3, t4, t5, t6, t7, t8] = t, [front, rear] = slab, [first, last] = images;
    const steps = DEPTHS / reach, right = width - edge, top = height - edge;
    for (let i = from, at = 4 * from; i < to; i += 1, at += 4) {
      const keep = kept[order[i]], own = lattice[i];
      if (keep === 0 || visible[own] === 0) continue;
      let a = place[at] * factor - extent, b = place[at + 1] * factor - extent, c = place[at + 2] * factor - extent;
      const square = a * a + b * b + c * c, image = cloud.first + place[at + 3];
      if (square < near2 || square > far2 || image < first || image > last) continue;
      if (rotations) {
        const k = 9 * own, p = a, q = b, r = c;
        a = rotations[k] * p + rotations[k + 3] * q + rotations[k + 6] * r;
        b = rotations[k + 1] * p + rotations[k + 4] * q + rotations[k + 7] * r;
        c = rotations[k + 2] * p + rotations[k + 5] * q + rotations[k + 8] * r;
      }
      const depth = t6 * a + t7 * b + t8 * c;
      if (depth < front || depth > rear) continue;
      const x = x0 + px * (t0 * a + t1 * b + t2 * c), y = y0 + px * (t3 * a + t4 * b + t5 * c);
      if (!(x >= edge && y >= edge && x < right && y < top)) continue; // nan, too: no rotation is known
      const column = x | 0, line = y | 0, middle = 2 * (line * width + column), near = (depth * steps) | 0;
      const within = (((y - line) * PHASES) | 0) * PHASES + (((x - column) * PHASES) | 0);
      let ink = 0;
      const about = (keep === 2 ? marked : disc)[within];
      for (let k = 0; k < about.length; k += 1) {
        const cell = middle + about[k];
        if (near <= cells[cell]) continue;
        if (!ink) {
          const far = fade * Math.min(1, Math.max(0, 0.5 - depth / (2 * reach)));
          let red = colours[3 * own], green = colours[3 * own + 1], blue = colours[3 * own + 2];
          if (keep === 2) [red, green, blue] = mark;
          else {
            if (mode !== MODES.lattice) {
              const v = value ? value[order[i]] : 0, s = mode === MODES.value ? v / 65535 : mode === MODES.resolution ? Math.sqrt(square) / reach : (image - look.imageRange[0]) / span;
              const step = 4 * Math.min(255, Math.max(0, Math.floor(s * 256)));
              if (mode === MODES.value && v === 0) { red = 0.4 * back[0] + 0.3; green = 0.4 * back[1] + 0.3; blue = 0.4 * back[2] + 0.3; }
              else { red = ramp[step] / 255; green = ramp[step + 1] / 255; blue = ramp[step + 2] / 255; }
            }
            red += (back[0] - red) * far; green += (back[1] - green) * far; blue += (back[2] - blue) * far;
          }
          ink = (0xff000000 | ((blue * 255 + 0.5) << 16) | ((green * 255 + 0.5) << 8) | (red * 255 + 0.5));
        }
        cells[cell] = near;
        cells[cell + 1] = ink;
      }
    }
  }
}

/** The cells of a point, as steps from its own, for each place that its middle may have in it, line by line. @param {number} size pixels @param {boolean} round @param {number} width of the picture */
function offsets(size, round, width) {
  const half = size / 2, reach = Math.ceil(half);
  return Array.from({ length: PHASES * PHASES }, (_, within) => {
    const steps = [], middle = [within % PHASES, Math.floor(within / PHASES)].map((phase) => (phase + 0.5) / PHASES);
    for (let y = -reach; y <= reach; y += 1) for (let x = -reach; x <= reach; x += 1) {
      const [dx, dy] = [x + 0.5 - middle[0], y + 0.5 - middle[1]];
      if (round ? dx * dx + dy * dy <= half * half : Math.max(Math.abs(dx), Math.abs(dy)) <= half) steps.push(2 * (y * width + x));
    }
    return Int32Array.from(steps.length ? steps : [0]);
  });
}
