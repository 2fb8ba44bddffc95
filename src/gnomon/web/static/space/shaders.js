/** How points and lines are drawn: all choices are uniforms, so that none of them asks the server or builds a buffer. */

/** Texels of the table for each lattice: three rows of its rotation, then its colour and whether it is shown. */
export const TEXELS = 4;
/** Lattices in a row of the table. */
export const ROW = 256;
export const MODES = { lattice: 0, value: 1, resolution: 2, image: 3 };

const VIEW = `
uniform mat3 turn; uniform vec3 centre; uniform vec2 scale; uniform float reach;
vec4 placed(vec3 v) { return vec4(v.xy * scale - (turn * centre).xy * scale, -v.z / (4.0 * reach), 1.0); }
`;

export const POINTS_VERTEX = `
precision highp float; precision highp int;
in vec4 place; in float lattice; in float value; in float kept;
uniform highp sampler2D table; uniform sampler2D ramp;
uniform float extent, first, size, fade; uniform vec2 shells, slab, images, imageRange; uniform int mode, crystal;
uniform vec3 back, mark;
out vec3 ink;
${VIEW}
void main() {
  vec3 p = (place.xyz * 2.0 - 1.0) * extent;
  int n = int(lattice + 0.5);
  ivec2 at = ivec2((n % ${ROW}) * ${TEXELS}, n / ${ROW});
  vec4 own = texelFetch(table, at + ivec2(3, 0), 0);
  float image = first + floor(place.w * 65535.0 + 0.5), s = length(p);
  if (crystal == 1) p = vec3(dot(texelFetch(table, at, 0).xyz, p), dot(texelFetch(table, at + ivec2(1, 0), 0).xyz, p), dot(texelFetch(table, at + ivec2(2, 0), 0).xyz, p));
  vec3 v = turn * p;
  bool shown = own.a > 0.5 && kept > 0.5 && s >= shells.x && s <= shells.y && v.z >= slab.x && v.z <= slab.y && image >= images.x && image <= images.y;
  if (!shown) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); gl_PointSize = 0.0; ink = vec3(0.0); return; }
  float t = mode == ${MODES.value} ? value : mode == ${MODES.resolution} ? s / reach : (image - imageRange.x) / max(imageRange.y - imageRange.x, 1.0);
  ink = mode == ${MODES.lattice} ? own.rgb : mode == ${MODES.value} && value == 0.0 ? mix(back, vec3(0.5), 0.6) : texture(ramp, vec2(clamp(t, 0.002, 0.998), 0.5)).rgb;
  ink = mix(ink, back, fade * clamp(0.5 - v.z / (2.0 * reach), 0.0, 1.0));
  if (kept > 1.5) ink = mark;
  gl_Position = placed(v);
  gl_PointSize = kept > 1.5 ? size + 2.0 : size;
}`;

export const POINTS_FRAGMENT = `
precision mediump float;
in vec3 ink; uniform float round; out vec4 colour;
void main() {
  if (round > 0.5) { vec2 from = gl_PointCoord - 0.5; if (dot(from, from) > 0.25) discard; }
  colour = vec4(ink, 1.0);
}`;

export const LINES_VERTEX = `
precision highp float;
in vec3 position; in vec3 tint; out vec3 ink;
${VIEW}
void main() { ink = tint; gl_Position = placed(turn * position); }`;

export const LINES_FRAGMENT = `
precision mediump float;
in vec3 ink; out vec4 colour;
void main() { colour = vec4(ink, 1.0); }`;

/** What Splats has drawn, as it stands: colours, and depths, so that lines pass before and behind points. */
export const SPLATS_VERTEX = `
in vec3 position;
void main() { gl_Position = vec4(position.xy, 0.0, 1.0); }`;

/** Where no point is, and the steps of depth from the middle of the cube to its side: its corners fit in 32 bits. */
export const EMPTY = -2147483648;
export const DEPTHS = 2 ** 29;

export const SPLATS_FRAGMENT = `
precision highp float; precision highp int;
uniform highp isampler2D cells; out vec4 colour;
void main() {
  ivec2 cell = texelFetch(cells, ivec2(gl_FragCoord.xy), 0).rg;
  if (cell.r == int(0x80000000u)) discard;
  colour = vec4(vec3((ivec3(cell.g) >> ivec3(0, 8, 16)) & 255) / 255.0, 1.0);
  gl_FragDepth = 0.5 - float(cell.r) / ${8 * DEPTHS}.0;
}`;
