/** All images of the sweep in a strip: how many spots each has, which one is shown, and play. */

import { element } from "../dom.js";
import { button } from "./controls.js";

/** @typedef {import("../panes.js").App} App */

const HEIGHT = 34; // CSS pixels
const PER_SECOND = 10;

/** @param {App} app @param {() => Promise<void>} shown resolves when the image of the state is on the screen, or cannot be read */
export function strip(app, shown) {
  const { state } = app;
  const canvas = element("canvas", { class: "counts", height: HEIGHT, "aria-hidden": "true" });
  const slider = element("input", { type: "range", min: 1, max: 1, step: 1, "aria-label": "Image" });
  const told = element("output", { class: "value" });
  const start = button("▶", "Play, or stop", play);
  const root = element("div", { class: "strip" }, start, element("div", { class: "track" }, canvas, slider), told);
  let [first, last] = [1, 1];
  /** @type {ArrayLike<number>} */
  let counts = [];
  let playing = 0;
  let asked = 0;
  slider.addEventListener("input", () => state.set({ image: Number(slider.value) }));

  function draw() {
    const ratio = devicePixelRatio, width = canvas.clientWidth;
    canvas.width = width * ratio;
    canvas.height = HEIGHT * ratio;
    const pen = canvas.getContext("2d");
    if (!pen || !width) return;
    pen.scale(ratio, ratio);
    const style = getComputedStyle(root);
    const n = last - first + 1, room = width / n;
    let most = 1;
    for (let i = 0; i < counts.length; i++) most = Math.max(most, counts[i]);
    pen.fillStyle = style.getPropertyValue("--faint");
    pen.globalAlpha = 0.55;
    for (let x = 0; x < width; x++) { // the most spotted image under each pixel
      const [from, to] = [Math.floor(x / room), Math.max(Math.floor(x / room) + 1, Math.ceil((x + 1) / room))];
      let here = 0;
      for (let i = from; i < Math.min(to, counts.length); i++) here = Math.max(here, counts[i]);
      const tall = (here / most) * (HEIGHT - 4);
      if (here) pen.fillRect(x, HEIGHT - tall, 1, tall);
    }
    pen.globalAlpha = 1;
    pen.fillStyle = style.getPropertyValue("--mark");
    pen.fillRect((state.number("image") - first) * room, 0, Math.max(2, room * state.number("image.n")), HEIGHT);
    slider.value = String(state.number("image"));
    const here = counts[state.number("image") - first];
    told.textContent = `${state.number("image")} of ${last}${here === undefined ? "" : `, ${here} spots`}`;
  }

  async function spots() {
    const now = ++asked;
    counts = [];
    draw();
    const stage = app.workspace.stages[state.number("stage")];
    if (!stage.tables.length) return;
    const query = { stage: state.number("stage"), table: state.number("table"), experiment: state.number("experiment") };
    const { arrays } = await app.api.arrays("image/spots", query);
    if (now !== asked) return;
    counts = arrays.counts;
    draw();
  }

  function stop() {
    clearTimeout(playing);
    playing = 0;
    start.textContent = "▶";
    start.setAttribute("aria-pressed", "false");
  }

  function play() {
    if (playing) return stop();
    start.textContent = "❚❚";
    start.setAttribute("aria-pressed", "true");
    const on = async () => {
      const next = state.number("image") + state.number("image.n"), began = performance.now(), run = playing;
      state.set({ image: next > last ? first : next });
      await shown();
      if (playing === run) playing = setTimeout(on, Math.max(0, 1000 / PER_SECOND - (performance.now() - began)));
    };
    playing = setTimeout(on, 0);
  }

  new ResizeObserver(draw).observe(canvas);
  return {
    root, play, stop,
    /** @param {import("./geometry.js").Instrument} instrument */
    opened(instrument) {
      [first, last] = instrument.images ?? [1, 1];
      slider.min = String(first);
      slider.max = String(last);
      root.hidden = !instrument.images;
      spots().catch((error) => app.say(error.message));
    },
    /** @param {Set<string>} keys */
    changed(keys) {
      if (keys.has("table")) spots().catch((error) => app.say(error.message));
      if (["image", "image.n", "theme"].some((key) => keys.has(key))) draw();
    },
  };
}
