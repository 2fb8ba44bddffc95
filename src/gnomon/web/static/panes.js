/** The panes, in the order of their tabs; a pane is a module that exports one. */

import { pane as files } from "./panes/files.js";
import { pane as image } from "./panes/image.js";
import { pane as live } from "./panes/live.js";
import { pane as plots } from "./panes/plots.js";
import { pane as reflection } from "./panes/reflection.js";
import { pane as space } from "./panes/space.js";

/** @typedef {import("./api.js").Api} Api */
/** @typedef {import("./api.js").Workspace} Workspace */
/** @typedef {{ state: import("./state.js").State, api: Api, keys: import("./keys.js").Keys, workspace: Workspace,
 *   say: (text: string) => void, reload: () => Promise<void>, show: (pane: string) => void }} App */
/**
 * A pane: `create` fills `root` once, when first shown, and returns what it does: `changed` after each change of the state (while
 * shown), `resized` after each change of its size, `hidden` when it goes out of sight (its timers and drawing stop).
 * @typedef {{ name: string, title: string, key: string,
 *   create: (root: HTMLElement, app: App) => { changed: (keys: Set<string>) => void, resized?: () => void, hidden?: () => void } }} Pane
 */

/** @type {Pane[]} */
export const PANES = [files, image, space, reflection, plots, live];
