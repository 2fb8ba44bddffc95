/** Keys of the keyboard: each does one thing, in the pane that has the focus or everywhere, and the help lists all. */

import { byId, element } from "./dom.js";

/** @typedef {{ key: string, what: string, where: string, act: (event: KeyboardEvent) => void }} Key */

export class Keys {
  constructor() {
    /** @type {Key[]} */
    this.known = [];
    addEventListener("keydown", (event) => this.pressed(event));
  }

  /**
   * Adds a key, as `event.key` names it (`Shift+` before those with shift); where: a pane's name, or "" for everywhere.
   * @param {string} where @param {string} key @param {string} what @param {(event: KeyboardEvent) => void} act
   */
  add(where, key, what, act) {
    this.known.push({ key, what, where, act });
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea, dialog[open]")) return;
    const name = event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
    const pane = target.closest("[data-pane]") ?? document.querySelector("[data-pane]");
    const where = pane instanceof HTMLElement ? pane.dataset.pane : "";
    const found = this.known.find((k) => k.key === name && k.where === where) ?? this.known.find((k) => k.key === name && !k.where);
    if (!found) return;
    event.preventDefault();
    found.act(event);
  }

  /** Shows what all keys do. */
  help() {
    const dialog = /** @type {HTMLDialogElement} */ (byId("keys"));
    const rooms = [...new Set(this.known.map((k) => k.where))];
    const parts = rooms.flatMap((where) => [
      element("h3", {}, where ? `In ${where}` : "Everywhere"),
      element("dl", {}, ...this.known.filter((k) => k.where === where).flatMap((k) => [
        element("dt", {}, element("kbd", {}, k.key === " " ? "space" : k.key)), element("dd", {}, k.what),
      ])),
    ]);
    dialog.replaceChildren(
      element("h2", { id: "keys-title" }, "Keys"), ...parts,
      element("form", { method: "dialog" }, element("button", {}, "Close")),
    );
    dialog.showModal();
  }
}
