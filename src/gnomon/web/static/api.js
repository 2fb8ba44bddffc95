/** What the server is asked, by addresses relative to the page. */

import { unpacked } from "./packed.js";

/** @typedef {{ name: string, sweep: number, images: [number, number] | null, still: boolean, panels: number,
 *   cell: number[] | null, space_group: string | null, wavelength: number, oscillation: [number, number] | null }} Experiment */
/** @typedef {{ name: string, rows: number, columns: string[] }} Table */
/** @typedef {{ name: string, experiments: Experiment[], tables: Table[] }} Stage */
/** @typedef {{ title: string, stages: Stage[], live: boolean }} Workspace */

/**
 * The answer to one question. Throws an Error with the server's words where it refuses.
 * @param {string} path below api/
 * @param {Record<string, string | number>} [query]
 * @param {RequestInit} [options]
 */
async function ask(path, query = {}, options = {}) {
  const words = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString();
  const response = await fetch(`api/${path}${words ? `?${words}` : ""}`, options);
  if (response.ok) return response;
  const text = await response.text();
  let told = text;
  try {
    told = JSON.parse(text).error;
  } catch {
    // not JSON: the text itself is what the server says
  }
  throw new Error(told || `the server answered ${response.status}`);
}

export const api = {
  /** JSON. @param {string} path @param {Record<string, string | number>} [query] @param {RequestInit} [options] */
  async json(path, query, options) {
    return (await ask(path, query, options)).json();
  },
  /** Arrays. @param {string} path @param {Record<string, string | number>} [query] @param {RequestInit} [options] */
  async arrays(path, query, options) {
    return unpacked(await (await ask(path, query, options)).arrayBuffer());
  },
  /** JSON that answers to JSON, for what makes a named output or runs something. @param {string} path @param {unknown} body */
  async send(path, body) {
    const headers = { "content-type": "application/json" };
    return (await ask(path, {}, { method: "POST", headers, body: JSON.stringify(body) })).json();
  },
};

/** @typedef {typeof api} Api */
