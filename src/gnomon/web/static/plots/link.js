"use strict";
// Runs in the frame of plots: tells the workbench what was clicked or selected, by names and numbers alone, and takes its theme.

/** What plotly and the page's own script define. @type {any} */
const page = globalThis;

/** The words of an axis. @param {any} plot @param {string} key */
function titleOf(plot, key) {
  const title = plot._fullLayout?.[key]?.title;
  return (title && title.text) || "";
}

/** Without marks of HTML: names are escaped in plots. @param {string} text */
function plain(text) {
  const box = document.createElement("textarea");
  box.innerHTML = text;
  return box.value;
}

/** What a point means: names of data sets, an image, or limits of resolution. @param {any} plot @param {any} point */
function meaning(plot, point) {
  const trace = point.fullData ?? point.data, x = titleOf(plot, "xaxis");
  /** @type {{ names?: string[], image?: number, dmin?: number, dmax?: number }} */
  const found = {};
  if (Array.isArray(trace.meta) && Array.isArray(point.customdata)) found.names = trace.meta.slice(point.customdata[0], point.customdata[1] + 1);
  else if (trace.type === "heatmap" && plot.figure?.pairs?.length) found.names = [plot.figure.pairs[point.x], plot.figure.pairs[point.y]].filter(Boolean);
  else if (typeof point.text === "string") found.names = [plain(point.text)];
  if (/^image/.test(x)) found.image = Math.round(point.x);
  if (/resolution/.test(x)) {
    const xs = [...new Set(trace.x)].filter((v) => v !== null).sort((a, b) => a - b), i = xs.indexOf(point.x);
    const low = i > 0 ? (xs[i - 1] + xs[i]) / 2 : 0, high = i < xs.length - 1 ? (xs[i] + xs[i + 1]) / 2 : xs[i] + (xs[i] - (xs[i - 1] ?? 0)) / 2;
    Object.assign(found, { dmax: low > 0 ? low ** -0.5 : 0, dmin: high > 0 ? high ** -0.5 : 0 }); // the axis is 1/d²
  }
  return found;
}

/** @param {string} kind @param {object} found */
function tell(kind, found) {
  parent.postMessage({ from: "gnomon.plots", kind, ...found }, "*");
}

/** @param {any} plot */
function listen(plot) {
  plot.on("plotly_click", (/** @type {any} */ event) => tell("click", meaning(plot, event.points[0])));
  plot.on("plotly_selected", (/** @type {any} */ event) => {
    const names = (event?.points ?? []).flatMap((/** @type {any} */ point) => meaning(plot, point).names ?? []);
    if (names.length) tell("select", { names: [...new Set(names)] });
  });
  // Points of data sets are selected by a lasso; a drag in other plots zooms.
  const ofSets = plot._fullData.some((/** @type {any} */ trace) => trace.mode === "markers" && trace.text?.length);
  if (ofSets && matchMedia("(hover: hover)").matches) {
    plot.own = { ...plot.own, dragmode: "lasso" }; // in every theme
    page.Plotly.relayout(plot, { dragmode: "lasso" });
  }
  plot.linked = true;
}

// Before a plot is whole, what is asked of it is lost; its page says when it is.
document.addEventListener("ready", (event) => listen(event.target));
document.querySelectorAll(".plot").forEach((/** @type {any} */ plot) => plot.ready && listen(plot));

addEventListener("message", (event) => {
  if (event.source !== parent || event.data?.to !== "gnomon.plots") return;
  document.documentElement.style.colorScheme = event.data.theme;
  document.documentElement.dataset.theme = event.data.theme;
  page.recolour();
});
tell("ready", {});
