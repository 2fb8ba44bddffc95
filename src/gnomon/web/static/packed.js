/** Arrays from the wire, as web/packed.py writes them. */

const TYPES = {
  int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array,
  float32: Float32Array, float64: Float64Array,
};

/** @typedef {Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array} Numbers */
/** @typedef {{ head: any, arrays: Record<string, Numbers>, shapes: Record<string, number[]> }} Packed */

/**
 * The head of a message, and its arrays by name; they share the message's memory.
 * @param {ArrayBuffer} buffer
 * @returns {Packed}
 */
export function unpacked(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  /** @type {Record<string, Numbers>} */
  const arrays = {};
  /** @type {Record<string, number[]>} */
  const shapes = {};
  for (const { name, dtype, shape, at } of head.arrays) {
    const Type = TYPES[/** @type {keyof typeof TYPES} */ (dtype)];
    const size = shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    arrays[name] = new Type(buffer, start + at, size);
    shapes[name] = shape;
  }
  return { head, arrays, shapes };
}
