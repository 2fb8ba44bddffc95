/**
 * What is looked at: one set of values that all panes share, and that the address of the page holds.
 *
 * Shared keys: panes (shown, in order), stage, table, experiment, image, row (of the table; -1: none), sets (experiments that are
 * selected), and what filters reflections: experiments, flags, dmin, dmax, first, last (images). A pane declares more, named
 * `<pane>.<key>`.
 */

/** @typedef {string | number | boolean | number[] | string[]} Value */

/** @type {Record<string, Value>} */
const SHARED = {
  panes: /** @type {string[]} */ (["files"]), stage: 0, table: 0, experiment: 0, image: 1, row: -1,
  sets: /** @type {number[]} */ ([]), dmin: 0, dmax: 0, first: 0, last: 0, flags: "",
};

const NUMBER_LISTS = new Set(["sets"]);
const STEPS_OF_HISTORY = new Set(["panes", "stage", "table", "row"]);

export class State {
  constructor() {
    /** @type {Record<string, Value>} */
    this.defaults = { ...SHARED };
    /** @type {Record<string, string>} */
    this.given = {};
    /** @type {Record<string, Value>} */
    this.values = { ...SHARED };
    /** @type {Set<(changed: Set<string>) => void>} */
    this.listeners = new Set();
    this.timer = 0;
    this.read();
    addEventListener("hashchange", () => this.read());
    addEventListener("popstate", () => this.read());
  }

  /** Adds keys of a pane, with what they are where the address does not say. @param {Record<string, Value>} defaults */
  declare(defaults) {
    for (const [key, value] of Object.entries(defaults)) {
      this.defaults[key] = value;
      this.values[key] = key in this.given ? parsed(key, this.given[key], value) : value;
    }
  }

  /** A number. @param {string} key */
  number(key) { return /** @type {number} */ (this.values[key]); }
  /** A text. @param {string} key */
  text(key) { return /** @type {string} */ (this.values[key]); }
  /** Yes or no. @param {string} key */
  flag(key) { return /** @type {boolean} */ (this.values[key]); }
  /** Numbers. @param {string} key */
  numbers(key) { return /** @type {number[]} */ (this.values[key]); }
  /** Words. @param {string} key */
  words(key) { return /** @type {string[]} */ (this.values[key]); }

  /** Takes new values, tells all who listen which changed, and puts them into the address. @param {Record<string, Value>} values */
  set(values) {
    const changed = new Set(Object.keys(values).filter((key) => shown(values[key]) !== shown(this.values[key])));
    if (!changed.size) return;
    for (const key of changed) this.values[key] = values[key];
    this.tell(changed);
    clearTimeout(this.timer);
    if ([...changed].some((key) => STEPS_OF_HISTORY.has(key))) history.pushState(null, "", this.hash());
    else this.timer = setTimeout(() => history.replaceState(null, "", this.hash()), 150);
  }

  /** Calls `listen` after each change with the keys that changed; returns what ends it. @param {(changed: Set<string>) => void} listen */
  listen(listen) {
    this.listeners.add(listen);
    return () => this.listeners.delete(listen);
  }

  /** The part of the address after #: what differs from the defaults. */
  hash() {
    const known = Object.keys(this.values).filter((key) => shown(this.values[key]) !== shown(this.defaults[key]));
    return `#${known.map((key) => `${key}=${encodeURIComponent(shown(this.values[key]))}`).join("&")}`;
  }

  read() {
    this.given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    if (this.given.pane) this.given.panes = this.given.pane; // what `gnomon view pane=` and its aliases open
    /** @type {Set<string>} */
    const changed = new Set();
    for (const [key, value] of Object.entries(this.defaults)) {
      const next = key in this.given ? parsed(key, this.given[key], value) : value;
      if (shown(next) !== shown(this.values[key])) changed.add(key);
      this.values[key] = next;
    }
    if (changed.size) this.tell(changed);
  }

  /** @param {Set<string>} changed */
  tell(changed) {
    for (const listen of [...this.listeners]) listen(changed);
  }
}

/** @param {Value} value */
function shown(value) {
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** A value of the address in the type of the default; the default where it is none. @param {string} key @param {string} text @param {Value} value */
function parsed(key, text, value) {
  if (Array.isArray(value)) {
    const words = text.split(",").filter((word) => word !== "");
    const isNumbers = NUMBER_LISTS.has(key) || typeof value[0] === "number";
    return isNumbers ? words.map(Number).filter(Number.isFinite) : words;
  }
  if (typeof value === "number") return Number.isFinite(Number(text)) && text !== "" ? Number(text) : value;
  if (typeof value === "boolean") return text === "true";
  return text;
}
