/** The picture: tiles of pixels on panels, drawn by WebGL2 with contrast, colours and marks in the shader. */

import {
  BufferAttribute, BufferGeometry, DataTexture, GLSL3, Mesh, NearestFilter, OrthographicCamera, RawShaderMaterial, RedIntegerFormat,
  RGBAFormat, Scene, UnsignedByteType, UnsignedIntType, UnsignedShortType, Vector2, Vector3, WebGLRenderer,
} from "../vendor/three.js";
import { palette } from "./palettes.js";
import { keyOf } from "./tiles.js";

/** @typedef {import("./tiles.js").Tile} Tile */
/** @typedef {import("./layout.js").Place} Place */
/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {{ black: number, white: number, gamma: number, map: string, inverted: boolean, overloads: boolean, masked: boolean }} Look */

const VERTEX = `
precision highp float;
in vec3 position;
in vec2 uv;
uniform mat4 projectionMatrix;
uniform mat4 modelViewMatrix;
out vec2 at;
void main() {
  at = uv;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

// The largest of the texels under a screen pixel is shown, so that a spot of one pixel is seen at any size.
const FRAGMENT = `
precision highp float;
precision highp int;
precision highp usampler2D;
precision highp sampler2D;
in vec2 at;
out vec4 colour;
uniform usampler2D pixels;
uniform usampler2D masks;
uniform sampler2D colours;
uniform bool wide;
uniform bool hasMask;
uniform int reach;
uniform vec2 trusted;
uniform float black;
uniform float white;
uniform float gamma;
uniform bool inverted;
uniform bool overloads;
uniform bool showMask;
uniform vec3 deadColour;
uniform vec3 overColour;
uniform vec3 maskColour;

const float NONE = -3.0e38;

float count(ivec2 p) {
  uint raw = texelFetch(pixels, p, 0).r;
  if (wide) {
    float value = float(int(raw));
    return value < trusted.x ? NONE : value;
  }
  if (raw == 65535u) return 3.0e38;
  float value = float(raw) - 2.0;
  return value < trusted.x ? NONE : value;
}

void main() {
  ivec2 size = textureSize(pixels, 0);
  ivec2 middle = ivec2(floor(at));
  float value = NONE;
  int before = (reach - 1) / 2;
  for (int j = 0; j < reach; j++) for (int i = 0; i < reach; i++) {
    value = max(value, count(clamp(middle + ivec2(i - before, j - before), ivec2(0), size - 1)));
  }
  bool isMasked = hasMask && showMask && texelFetch(masks, clamp(middle, ivec2(0), size - 1), 0).r > 0u;
  if (value == NONE) {
    colour = vec4(deadColour, 1.0);
    return;
  }
  float shade = clamp((value - black) / max(white - black, 1e-6), 0.0, 1.0);
  if (gamma != 1.0) shade = pow(shade, gamma);
  if (inverted) shade = 1.0 - shade;
  vec3 found = texelFetch(colours, ivec2(int(shade * 255.0 + 0.5), 0), 0).rgb;
  if (overloads && value > trusted.y) found = overColour;
  if (isMasked) found = mix(found, maskColour, 0.45);
  colour = vec4(found, 1.0);
}`;

const SLOW = 40; // ms between frames from which fewer pixels are drawn
const STILL = 400; // ms at least without a frame: the view stands still
const COARSE = 0.5; // of the pixels of the screen, along each side
const ENOUGH = 1.6; // pixels of the screen to a texel: coarser tiles do while the view moves

const NO_MASK = integers(new Uint8Array(1), 1, 1);

/** A texture of unsigned integers. @param {Uint8Array | Uint16Array | Uint32Array} data @param {number} width @param {number} height */
function integers(data, width, height) {
  const [type, format] = data instanceof Uint8Array ? /** @type {const} */ ([UnsignedByteType, "R8UI"])
    : data instanceof Uint16Array ? /** @type {const} */ ([UnsignedShortType, "R16UI"]) : /** @type {const} */ ([UnsignedIntType, "R32UI"]);
  const texture = new DataTexture(data, width, height, RedIntegerFormat, type);
  texture.internalFormat = format;
  texture.magFilter = texture.minFilter = NearestFilter;
  texture.unpackAlignment = 1;
  texture.needsUpdate = true;
  return texture;
}

/** A colour of the page's style as the shader has it. @param {string} hex */
const colourOf = (hex) => new Vector3(...[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255));

export class Screen {
  /** @param {HTMLCanvasElement} canvas @param {(isHurried: boolean) => void} drawn called after each frame; hurried: frames come slowly */
  constructor(canvas, drawn) {
    this.canvas = canvas;
    this.drawn = drawn;
    this.renderer = new WebGLRenderer({ canvas, antialias: false, alpha: false, powerPreference: "high-performance" });
    this.scene = new Scene();
    this.camera = new OrthographicCamera(-1, 1, 1, -1, -10, 10);
    /** @type {Map<string, { tile: Tile, mesh: Mesh, material: RawShaderMaterial, pitch: number }>} */
    this.shown = new Map();
    this.colours = new DataTexture(palette("grey"), 256, 1, RGBAFormat, UnsignedByteType);
    this.colours.needsUpdate = true;
    this.common = {
      colours: { value: this.colours }, black: { value: 0 }, white: { value: 10 }, gamma: { value: 1 }, inverted: { value: false },
      overloads: { value: true }, showMask: { value: true }, deadColour: { value: new Vector3(0.8, 0.8, 0.8) },
      overColour: { value: new Vector3(0.85, 0.2, 0.2) }, maskColour: { value: new Vector3(0.2, 0.4, 0.8) },
    };
    /** The middle of the view on the plane (mm), and CSS pixels to a mm. */
    this.view = { x: 0, y: 0, scale: 1 };
    this.size = new Vector2(1, 1);
    this.waiting = 0;
    this.frames = 0;
    this.isCoarse = false;
    this.slow = 0;
    this.last = 0;
    this.still = 0;
  }

  /** Takes the size of the room there is. @param {number} width @param {number} height CSS pixels */
  resize(width, height) {
    this.size.set(Math.max(1, width), Math.max(1, height));
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(this.size.x, this.size.y, false);
    this.redraw();
  }

  /** @param {Look} look */
  look(look) {
    for (const [key, value] of Object.entries({ black: look.black, white: look.white, gamma: look.gamma, inverted: look.inverted, overloads: look.overloads, showMask: look.masked })) {
      this.common[/** @type {"black"} */ (key)].value = /** @type {number} */ (value);
    }
    /** @type {Uint8Array} */ (this.colours.image.data).set(palette(look.map));
    this.colours.needsUpdate = true;
    this.redraw();
  }

  /** @param {{ back: string, dead: string, over: string, mask: string }} colours of the page's theme, as #rrggbb */
  theme({ back, dead, over, mask }) {
    this.renderer.setClearColor(back);
    this.common.deadColour.value = colourOf(dead);
    this.common.overColour.value = colourOf(over);
    this.common.maskColour.value = colourOf(mask);
    this.redraw();
  }

  /** Shows these tiles in the place of those of their level that were shown, or besides. @param {Tile[]} tiles @param {Place[]} places @param {import("./geometry.js").Panel[]} panels */
  add(tiles, places, panels) {
    for (const tile of tiles) {
      const key = keyOf(tile);
      const before = this.shown.get(key);
      if (before && sameKind(before.tile, tile)) this.refill(before, tile);
      else {
        if (before) this.drop(key);
        this.shown.set(key, this.made(tile, places[tile.panel], panels[tile.panel]));
      }
    }
    this.redraw();
  }

  /** @param {{ tile: Tile, material: RawShaderMaterial }} held @param {Tile} tile */
  refill(held, tile) {
    held.tile = tile;
    const { pixels, masks, hasMask } = held.material.uniforms;
    pixels.value.image = { data: tile.pixels, width: tile.width, height: tile.height };
    pixels.value.needsUpdate = true;
    if (masks.value !== NO_MASK) masks.value.dispose();
    masks.value = tile.masked ? integers(tile.masked, tile.width, tile.height) : NO_MASK;
    hasMask.value = tile.masked !== null;
  }

  /** @param {Tile} tile @param {Place} place @param {import("./geometry.js").Panel} panel */
  made(tile, place, panel) {
    const x = tile.column * this.tileSide * tile.level, y = tile.row * this.tileSide * tile.level;
    const right = Math.min(x + tile.width * tile.level, panel.size[0]), bottom = Math.min(y + tile.height * tile.level, panel.size[1]);
    const corners = [place.at(x, y), place.at(right, y), place.at(x, bottom), place.at(right, bottom)];
    const [u, v] = [(right - x) / tile.level, (bottom - y) / tile.level];
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(corners.flatMap((c) => [c[0], -c[1], 1 - tile.level / 10])), 3));
    geometry.setAttribute("uv", new BufferAttribute(new Float32Array([0, 0, u, 0, 0, v, u, v]), 2));
    geometry.setIndex([0, 2, 1, 1, 2, 3, 0, 1, 2, 1, 3, 2]); // both faces: layouts may turn panels over
    const material = new RawShaderMaterial({
      glslVersion: GLSL3, vertexShader: VERTEX, fragmentShader: FRAGMENT, depthTest: true, depthWrite: true, // finer tiles lie in front and are drawn first: nothing is shaded twice
      uniforms: {
        ...this.common, pixels: { value: integers(tile.pixels, tile.width, tile.height) }, wide: { value: tile.pixels instanceof Uint32Array },
        masks: { value: tile.masked ? integers(tile.masked, tile.width, tile.height) : NO_MASK }, hasMask: { value: tile.masked !== null },
        reach: { value: 1 }, trusted: { value: new Vector2(...panel.trusted.map((t) => Math.max(-2147483648, Math.min(2147483648, t)))) },
      },
    });
    const mesh = new Mesh(geometry, material);
    mesh.frustumCulled = true;
    mesh.renderOrder = tile.level;
    this.scene.add(mesh);
    return { tile, mesh, material, pitch: Math.hypot(...place.fast) * tile.level };
  }

  tileSide = 512;

  /** @param {string} key */
  drop(key) {
    const held = this.shown.get(key);
    if (!held) return;
    this.scene.remove(held.mesh);
    held.mesh.geometry.dispose();
    held.material.uniforms.pixels.value.dispose();
    if (held.material.uniforms.masks.value !== NO_MASK) held.material.uniforms.masks.value.dispose();
    held.material.dispose();
    this.shown.delete(key);
  }

  /** Forgets the tiles for which this is true. @param {(tile: Tile) => boolean} which */
  forget(which) {
    for (const [key, { tile }] of [...this.shown]) if (which(tile)) this.drop(key);
    this.redraw();
  }

  /** From the plane (mm) to CSS pixels of the canvas. @param {Point} point @returns {Point} */
  toScreen([x, y]) {
    return [(x - this.view.x) * this.view.scale + this.size.x / 2, (y - this.view.y) * this.view.scale + this.size.y / 2];
  }

  /** From CSS pixels of the canvas to the plane. @param {Point} point @returns {Point} */
  toPlane([x, y]) {
    return [(x - this.size.x / 2) / this.view.scale + this.view.x, (y - this.size.y / 2) / this.view.scale + this.view.y];
  }

  /** Draws at the next frame. */
  redraw() {
    this.waiting ||= requestAnimationFrame((now) => this.draw(now));
  }

  /** Draws with fewer pixels while the view moves and frames come slowly, as without a GPU; all of them once it stands still. @param {number} now ms */
  paced(now) {
    const apart = now - this.last;
    this.last = now;
    const moves = apart < Math.max(STILL, 3 * this.slow);
    this.slow = moves ? 0.7 * this.slow + 0.3 * apart : 0;
    clearTimeout(this.still);
    if (!this.isCoarse && this.slow > SLOW) this.coarsen(true);
    if (this.isCoarse) this.still = setTimeout(() => { this.coarsen(false); this.draw(performance.now()); }, Math.max(STILL, 2 * this.slow));
  }

  /** @param {boolean} on */
  coarsen(on) {
    this.isCoarse = on;
    if (!on) this.slow = 0; // the frame that follows is no measure
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2) * (on ? COARSE : 1));
  }

  /** @param {number} now ms */
  draw(now) {
    this.waiting = 0;
    this.paced(now);
    const [w, h] = [this.size.x / 2 / this.view.scale, this.size.y / 2 / this.view.scale];
    Object.assign(this.camera, { left: -w, right: w, top: h, bottom: -h });
    this.camera.position.set(this.view.x, -this.view.y, 0);
    this.camera.updateProjectionMatrix();
    const device = this.view.scale * this.renderer.getPixelRatio();
    const coarsest = Math.max(...[...this.shown.values()].map(({ tile }) => tile.level));
    for (const { material, pitch, mesh, tile } of this.shown.values()) {
      const needless = this.isCoarse && tile.level < coarsest && (pitch / tile.level) * coarsest * device < ENOUGH;
      mesh.visible = !needless;
      const reach = Math.min(4, Math.max(1, Math.ceil(1 / (pitch * device) - 0.01)));
      material.uniforms.reach.value = this.isCoarse ? 1 : reach; // fewer pixels with more texels each would save nothing
    }
    this.renderer.render(this.scene, this.camera);
    this.frames += 1;
    this.drawn(this.isCoarse);
  }
}

/** @param {Tile} a @param {Tile} b */
function sameKind(a, b) {
  return a.width === b.width && a.height === b.height && a.pixels.constructor === b.pixels.constructor;
}
