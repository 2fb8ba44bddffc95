/** The drawing of points in reciprocal space: all of them when still, some while turning where all would be slow. */

import {
  BufferAttribute, BufferGeometry, Color, DataTexture, FloatType, GLSL3, IntType, LineSegments, Matrix3, Mesh, NearestFilter, OrthographicCamera, Points,
  RawShaderMaterial, RGBAFormat, RGIntegerFormat, Scene, UnsignedByteType, Vector2, Vector3, WebGLRenderer,
} from "../vendor/three.js";
import { drawsInSoftware } from "../gpu.js";
import { ramp } from "./colours.js";
import { LINES_FRAGMENT, LINES_VERTEX, MODES, POINTS_FRAGMENT, POINTS_VERTEX, ROW, SPLATS_FRAGMENT, SPLATS_VERTEX, TEXELS } from "./shaders.js";
import { Splats } from "./splats.js";
import { turned } from "./turn.js";

const FEW = 20000; // points drawn while turning, where all take longer than a frame
const STILL = 60; // ms without movement after which all are drawn
const FAST = 14; // ms: drawing all that takes less is done while turning too
const PART = 1000000; // points drawn between two looks at whether the view moves again
const NEAR = 14; // CSS px from a click to the point it means

/** @typedef {{ place: Uint16Array, lattice: Uint16Array | Uint32Array, rows: Uint32Array | null, extent: number, dMin: number, first: number, last: number }} Cloud */

export class View {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.renderer = new WebGLRenderer({ canvas, antialias: !drawsInSoftware(), preserveDrawingBuffer: true });
    this.renderer.autoClear = false;
    this.camera = new OrthographicCamera();
    this.scene = new Scene();
    this.lineScene = new Scene();
    this.uniforms = {
      table: { value: texture(new Float32Array(4 * ROW * TEXELS), ROW * TEXELS, 1, FloatType) }, ramp: { value: texture(ramp(false), 256, 1, UnsignedByteType) },
      turn: { value: new Matrix3() }, centre: { value: new Vector3() }, scale: { value: new Vector2(1, 1) }, reach: { value: 1 },
      extent: { value: 1 }, first: { value: 0 }, size: { value: 2 }, fade: { value: 0.4 }, round: { value: 0 },
      shells: { value: new Vector2(0, 1e9) }, slab: { value: new Vector2(-1e9, 1e9) }, images: { value: new Vector2(-1e9, 1e9) },
      imageRange: { value: new Vector2(0, 1) }, mode: { value: 0 }, crystal: { value: 0 }, back: { value: new Color(0xffffff) }, mark: { value: new Color(0xff0000) },
    };
    this.lines = new LineSegments(new BufferGeometry(), new RawShaderMaterial({
      glslVersion: GLSL3, vertexShader: LINES_VERTEX, fragmentShader: LINES_FRAGMENT, uniforms: this.uniforms,
    }));
    this.lines.frustumCulled = false;
    this.lineScene.add(this.lines);
    this.material = new RawShaderMaterial({ glslVersion: GLSL3, vertexShader: POINTS_VERTEX, fragmentShader: POINTS_FRAGMENT, uniforms: this.uniforms });
    this.all = new Points(new BufferGeometry(), this.material);
    this.few = new Points(new BufferGeometry(), this.material);
    for (const points of [this.all, this.few]) {
      points.frustumCulled = false;
      this.scene.add(points);
    }
    this.splats = drawsInSoftware() ? new Splats() : null;
    this.splatScene = new Scene();
    this.sheet = new Mesh(new BufferGeometry().setAttribute("position", new BufferAttribute(new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]), 3)),
      new RawShaderMaterial({ glslVersion: GLSL3, vertexShader: SPLATS_VERTEX, fragmentShader: SPLATS_FRAGMENT, uniforms: { cells: { value: cellsOf(new Int32Array(2), 1, 1) } } }));
    this.sheet.frustumCulled = false;
    this.splatScene.add(this.sheet);
    /** @type {Cloud | null} */
    this.cloud = null;
    /** What is drawn per frame, for benchmarks and tests. */
    this.told = { frames: 0, drawn: 0, whole: 0, at: 0 };
    this.zoom = 1;
    this.frame = 0;
    this.timer = 0;
    this.wholeTime = Infinity;
    this.onDrawn = () => {};
  }

  /** Takes points to draw. @param {Cloud} cloud */
  take(cloud) {
    this.cloud = cloud;
    const n = cloud.lattice.length;
    this.kept = new Uint8Array(n).fill(1);
    this.value = null;
    this.visible = new Uint8Array(0);
    if (this.splats) this.splats.take(cloud);
    else geometry(this.all, cloud.place, cloud.lattice, this.kept, null);
    this.uniforms.extent.value = this.uniforms.reach.value = cloud.extent;
    this.uniforms.first.value = cloud.first;
    this.uniforms.imageRange.value.set(cloud.first, cloud.last);
    this.wholeTime = n <= FEW ? 0 : Infinity;
  }

  /**
   * How each lattice is drawn: colour (3 numbers 0..1), whether it is shown, and its rotation to the crystal's frame.
   * @param {Float32Array} colours (n, 3) @param {Uint8Array} visible (n) @param {Float32Array} rotations (n, 9), U by rows
   */
  lattices(colours, visible, rotations) {
    const n = visible.length, height = Math.max(1, Math.ceil(n / ROW)), data = new Float32Array(height * ROW * TEXELS * 4);
    for (let i = 0; i < n; i += 1) {
      const at = i * TEXELS * 4;
      for (let r = 0; r < 3; r += 1) for (let c = 0; c < 3; c += 1) data[at + 4 * r + c] = rotations[9 * i + 3 * c + r];
      data.set(colours.subarray(3 * i, 3 * i + 3), at + 12);
      data[at + 15] = visible[i];
    }
    this.uniforms.table.value.dispose();
    this.uniforms.table.value = texture(data, ROW * TEXELS, height, FloatType);
    this.visible = visible;
    this.rotations = rotations;
    this.tints = colours;
    this.thin();
  }

  /** What points are kept: 0 hidden, 1 shown, 2 chosen. @param {Uint8Array} kept */
  keep(kept) {
    this.kept = kept;
    if (!this.splats) this.all.geometry.setAttribute("kept", new BufferAttribute(kept, 1));
    this.thin();
  }

  /** Colours by a number for each point (uint16; 0 unknown), or with null by `mode`. @param {Uint16Array | null} value @param {keyof typeof MODES} mode @param {boolean} classes */
  colour(value, mode, classes = false) {
    this.value = value;
    if (this.splats) this.ramp = ramp(classes);
    else if (value) this.all.geometry.setAttribute("value", new BufferAttribute(value, 1, true));
    else this.all.geometry.deleteAttribute("value");
    this.uniforms.mode.value = MODES[mode];
    this.uniforms.ramp.value.dispose();
    this.uniforms.ramp.value = texture(ramp(classes), 256, 1, UnsignedByteType);
    this.thin();
  }

  /** Chooses the few that are drawn while turning: every k-th of those that are shown. */
  thin() {
    const cloud = this.cloud, kept = this.kept;
    if (!cloud || !kept || cloud.lattice.length <= FEW) return;
    const n = cloud.lattice.length, visible = this.visible ?? new Uint8Array(0);
    let count = 0;
    for (let i = 0; i < n; i += 1) count += kept[i] && visible[cloud.lattice[i]] ? 1 : 0;
    const step = Math.max(1, count / FEW), most = Math.min(count, FEW);
    const place = new Uint16Array(4 * most), lattice = new Uint32Array(most), few = new Uint8Array(most);
    const value = this.value ? new Uint16Array(most) : null;
    for (let i = 0, seen = 0, at = 0; i < n && at < most; i += 1) {
      if (!kept[i] || !visible[cloud.lattice[i]]) continue;
      if (seen >= at * step) {
        for (let k = 0; k < 4; k += 1) place[4 * at + k] = cloud.place[4 * i + k];
        lattice[at] = cloud.lattice[i];
        few[at] = kept[i];
        if (value && this.value) value[at] = this.value[i];
        at += 1;
      }
      seen += 1;
    }
    geometry(this.few, place, lattice, few, value);
  }

  /** Lines: ends (x, y, z in 1/Å), and colours of ends. @param {number[]} ends @param {number[]} tints */
  drawLines(ends, tints) {
    this.lines.geometry.dispose();
    this.lines.geometry = new BufferGeometry();
    this.lines.geometry.setAttribute("position", new BufferAttribute(new Float32Array(ends), 3));
    this.lines.geometry.setAttribute("tint", new BufferAttribute(new Float32Array(tints), 3));
  }

  /** The view: rotation, what is in its middle (1/Å), CSS px per 1/Å relative to all fitting. @param {number[]} turn @param {number[]} centre @param {number} zoom */
  look(turn, centre, zoom) {
    this.uniforms.turn.value.set(...(/** @type {[number, number, number, number, number, number, number, number, number]} */ (turn)));
    this.uniforms.centre.value.set(centre[0], centre[1], centre[2]);
    this.turn = turn;
    this.centre = centre;
    this.zoom = zoom;
    this.moved();
  }

  /** CSS px per 1/Å. */
  pixels() {
    return (this.zoom * 0.46 * Math.min(this.canvas.clientWidth, this.canvas.clientHeight)) / this.uniforms.reach.value;
  }

  /** Draws at the next frame, and all points when it has not moved for a while. */
  moved() {
    clearTimeout(this.timer);
    if (this.frame) cancelAnimationFrame(this.frame); // a part of all, perhaps
    this.frame = requestAnimationFrame(() => {
      const some = this.wholeTime > FAST;
      this.draw(some);
      if (some) this.timer = setTimeout(() => this.whole(), STILL); // counted from here: frames may be slower than that
    });
  }

  /** Draws all points, part by part; stops where the view moves. */
  whole() {
    clearTimeout(this.timer);
    if (this.frame) cancelAnimationFrame(this.frame);
    this.frame = 0;
    const n = this.cloud?.lattice.length ?? 0, began = performance.now();
    const part = (/** @type {number} */ from) => {
      this.draw(false, from, Math.min(PART, n - from));
      this.finish();
      if (from + PART < n) this.frame = requestAnimationFrame(() => part(from + PART));
      else {
        this.wholeTime = performance.now() - began;
        this.told.whole = this.wholeTime;
        this.told.at = performance.now();
      }
    };
    part(0);
  }

  /** Waits until what was asked for is drawn. */
  finish() {
    const gl = this.renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  /** @param {boolean} few @param {number} from @param {number} count */
  draw(few, from = 0, count = this.cloud?.lattice.length ?? 0) {
    this.frame = 0;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    const px = this.pixels();
    this.uniforms.scale.value.set((2 * px) / width, (2 * px) / height);
    this.few.visible = few && !!this.few.geometry.getAttribute("place");
    this.all.visible = !this.few.visible && !!this.cloud && !this.splats;
    this.all.geometry.setDrawRange(from, count);
    if (from === 0) {
      this.renderer.clear();
      this.renderer.render(this.lineScene, this.camera);
    }
    if (this.splats && !this.few.visible) this.splat(from, count);
    else this.renderer.render(this.scene, this.camera);
    this.told.frames += 1;
    this.told.drawn = this.few.visible ? this.few.geometry.getAttribute("lattice").count : Math.min(from + count, this.cloud?.lattice.length ?? 0);
    if (from === 0) this.onDrawn();
  }

  /** Draws points without a GPU. @param {number} from @param {number} count */
  splat(from, count) {
    const { cloud, kept, visible, tints, splats, uniforms: u } = this, { cells } = this.sheet.material.uniforms;
    const { width, height } = this.canvas, ratio = this.renderer.getPixelRatio();
    if (!cloud || !kept || !visible || !tints || !splats) return;
    if (from === 0) splats.clear(width, height);
    const pair = (/** @type {Vector2} */ v) => [v.x, v.y], rgb = (/** @type {Color} */ c) => [c.r, c.g, c.b];
    splats.draw(cloud, kept, this.value ?? null, this.ramp ?? ramp(false), { colours: tints, visible, rotations: u.crystal.value ? this.rotations ?? null : null }, {
      width, height, px: this.pixels() * ratio, turn: this.turn ?? [], centre: this.centre ?? [], fade: u.fade.value, reach: u.reach.value, size: u.size.value, round: u.round.value > 0,
      shells: pair(u.shells.value), slab: pair(u.slab.value), images: pair(u.images.value), imageRange: pair(u.imageRange.value), mode: u.mode.value, back: rgb(u.back.value), mark: rgb(u.mark.value),
    }, from, from + count);
    if (cells.value.image.data !== splats.cells) {
      cells.value.dispose();
      cells.value = cellsOf(splats.cells, width, height);
    }
    cells.value.needsUpdate = true;
    this.renderer.render(this.splatScene, this.camera);
  }

  resized() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.moved();
  }

  /** Where a point of reciprocal space is on the canvas: CSS px from its corner, and its depth. @param {number[]} p */
  onScreen(p) {
    const v = turned(this.turn ?? [], p), c = turned(this.turn ?? [], this.centre ?? []), px = this.pixels();
    return { x: this.canvas.clientWidth / 2 + (v[0] - c[0]) * px, y: this.canvas.clientHeight / 2 - (v[1] - c[1]) * px, depth: v[2] };
  }

  /** The point number i in the frame that is shown, 1/Å. @param {number} i */
  point(i) {
    const { place, lattice, extent } = /** @type {Cloud} */ (this.cloud);
    const p = [0, 1, 2].map((k) => ((place[4 * i + k] / 65535) * 2 - 1) * extent);
    if (!this.uniforms.crystal.value || !this.rotations) return p;
    const U = this.rotations.subarray(9 * lattice[i], 9 * lattice[i] + 9);
    return [0, 1, 2].map((r) => U[r] * p[0] + U[3 + r] * p[1] + U[6 + r] * p[2]);
  }

  /** The number of the shown point nearest to (x, y), CSS px; of two as near, the one in front; -1 where none is near. @param {number} x @param {number} y @param {number} [within] */
  pick(x, y, within = NEAR) {
    const cloud = this.cloud, kept = this.kept, turn = this.turn ?? [], visible = this.visible;
    if (!cloud || !kept || !visible) return -1;
    const u = this.uniforms, px = this.pixels(), c = turned(turn, this.centre ?? []);
    const wx = (x - this.canvas.clientWidth / 2) / px + c[0], wy = (this.canvas.clientHeight / 2 - y) / px + c[1], near = within / px;
    const s2 = [u.shells.value.x ** 2, u.shells.value.y ** 2], factor = (2 * cloud.extent) / 65535;
    let best = -1, score = Infinity;
    for (let i = 0, at = 0; i < cloud.lattice.length; i += 1, at += 4) {
      if (!kept[i] || !visible[cloud.lattice[i]]) continue;
      let a = cloud.place[at] * factor - cloud.extent, b = cloud.place[at + 1] * factor - cloud.extent, d = cloud.place[at + 2] * factor - cloud.extent;
      const square = a * a + b * b + d * d, image = cloud.first + cloud.place[at + 3];
      if (square < s2[0] || square > s2[1] || image < u.images.value.x || image > u.images.value.y) continue;
      if (u.crystal.value) [a, b, d] = this.point(i);
      const dx = turn[0] * a + turn[1] * b + turn[2] * d - wx, dy = turn[3] * a + turn[4] * b + turn[5] * d - wy;
      if (Math.abs(dx) > near || Math.abs(dy) > near) continue;
      const depth = turn[6] * a + turn[7] * b + turn[8] * d;
      if (depth < u.slab.value.x || depth > u.slab.value.y) continue;
      const value = Math.hypot(dx, dy) * px - (2 * depth) / cloud.extent; // px; a little for those in front
      if (value < score) [best, score] = [i, value];
    }
    return best;
  }
}

/** @param {Points} points @param {Uint16Array} place @param {Uint16Array | Uint32Array} lattice @param {Uint8Array} kept @param {Uint16Array | null} value */
function geometry(points, place, lattice, kept, value) {
  points.geometry.dispose();
  points.geometry = new BufferGeometry();
  points.geometry.setAttribute("place", new BufferAttribute(place, 4, true));
  points.geometry.setAttribute("lattice", new BufferAttribute(lattice, 1));
  points.geometry.setAttribute("kept", new BufferAttribute(kept, 1));
  if (value) points.geometry.setAttribute("value", new BufferAttribute(value, 1, true));
  points.geometry.setDrawRange(0, lattice.length);
}

/** @param {Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>} data @param {number} width @param {number} height @param {typeof FloatType | typeof UnsignedByteType} type */
function texture(data, width, height, type) {
  const made = new DataTexture(data, width, height, RGBAFormat, type);
  made.minFilter = made.magFilter = NearestFilter;
  made.needsUpdate = true;
  return made;
}

/** The cells of Splats for the shader. @param {Int32Array<ArrayBuffer>} data @param {number} width @param {number} height */
function cellsOf(data, width, height) {
  const made = new DataTexture(data, width, height, RGIntegerFormat, IntType);
  made.internalFormat = "RG32I";
  made.minFilter = made.magFilter = NearestFilter;
  made.needsUpdate = true;
  return made;
}
