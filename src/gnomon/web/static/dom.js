/** Elements of the page, made in one call. */

/**
 * An element with attributes (`on...`: listeners; true: present; false, null: absent) and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The element of the page with this id. @param {string} id */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** A number of so many significant digits, thin spaces for none of them. @param {number} value @param {number} [digits] */
export function figure(value, digits = 4) {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits)));
}

const LIGHTER = 0.4; // of white in it

/** A colour as it can be seen on the page: on dark ones lighter. @param {string} hex #rrggbb */
export function inked(hex) {
  if (document.documentElement.dataset.theme !== "dark") return hex;
  const channel = (/** @type {number} */ i) => { const v = parseInt(hex.slice(i, i + 2), 16); return Math.round(v + (255 - v) * LIGHTER).toString(16).padStart(2, "0"); };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}
