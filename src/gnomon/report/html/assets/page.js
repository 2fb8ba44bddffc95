"use strict";

// Colours of the plots' frame, as the style sheet has them now.
function frame() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), line: of("--line"), box: of("--box") };
}

// Names of data sets under a plot need this much room each, in pixels; with less, hover tells them.
const ROOM = 13;

function layoutOf(own, width) {
  const colours = frame();
  const layout = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colours.ink },
    margin: { l: 55, r: 15, t: 10, b: 45 }, hovermode: "closest", dragmode: matchMedia("(hover: hover)").matches ? "zoom" : false,
    hoverlabel: { bgcolor: colours.box, bordercolor: colours.line, font: { color: colours.ink }, align: "left", namelength: -1 },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    ...own,
  };
  for (const key of Object.keys(layout).concat(["xaxis", "yaxis"])) {
    if (!/^[xy]axis\d*$/.test(key)) continue;
    const axis = { automargin: true, gridcolor: colours.line, linecolor: colours.line, zeroline: false, ...layout[key] };
    if (key[0] === "x" && axis.tickangle === -90 && axis.ticktext.length * ROOM > width - 70) {
      Object.assign(axis, { showticklabels: false, title: axis.ticktext.length + " data sets" });
    }
    if (typeof axis.title === "string") axis.title = { text: axis.title, standoff: 8 };
    layout[key] = axis;
  }
  return layout;
}

// The words on hover of each cell of a heat map: both names.
function withPairs(traces, names) {
  if (!names.length) return traces;
  const table = names.map((b) => names.map((a) => (a === b ? a : b + " with " + a)));
  return traces.map((trace) => (trace.type === "heatmap" ? { ...trace, text: table } : trace));
}

// What a figure shows; large ones are gzip in base64.
async function dataOf(plot) {
  const element = document.getElementById(plot.dataset.figure);
  if (!("gzip" in element.dataset)) return JSON.parse(element.textContent);
  const bytes = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function draw(plot) {
  plot.wanted = true;
  if (plot.drawn || !plot.figure) return;
  plot.drawn = true;
  const figure = plot.figure;
  plot.own = figure.layout;
  const options = { responsive: true, displaylogo: false, displayModeBar: false };
  Plotly.newPlot(plot, withPairs(figure.traces, figure.pairs), layoutOf(figure.layout, plot.clientWidth), options);
}

// All figures are read at once, so that printing, which does not wait, has them.
document.querySelectorAll(".plot").forEach(async (plot) => {
  plot.figure = await dataOf(plot);
  if (plot.wanted) draw(plot);
});

function recolour() {
  document.querySelectorAll(".plot").forEach((plot) => plot.drawn && Plotly.relayout(plot, layoutOf(plot.own, plot.clientWidth)));
}

// A plot is drawn when it comes near the screen, so that a page with many opens at once.
const watcher = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.isIntersecting && (watcher.unobserve(entry.target), draw(entry.target))),
  { rootMargin: "600px" },
);
document.querySelectorAll(".plot").forEach((plot) => watcher.observe(plot));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
addEventListener("beforeprint", () => { document.querySelectorAll(".plot").forEach(draw); recolour(); });
addEventListener("afterprint", recolour);

function sortBy(header) {
  const body = header.closest("table").tBodies[0];
  const column = [...header.parentNode.children].indexOf(header);
  const down = header.getAttribute("aria-sort") === "ascending";
  const value = (row) => row.children[column].textContent.trim();
  const number = (text) => (/^[-+]?\.?\d/.test(text) ? parseFloat(text) : NaN);
  const order = (a, b) => {
    const [x, y] = [value(a), value(b)];
    const [p, q] = [number(x), number(y)];
    if (Number.isNaN(p) !== Number.isNaN(q)) return Number.isNaN(p) ? 1 : -1;
    return (Number.isNaN(p) ? x.localeCompare(y, undefined, { numeric: true }) : p - q) * (down ? -1 : 1);
  };
  [...header.parentNode.children].forEach((other) => other.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...[...body.rows].sort(order));
}
document.querySelectorAll("thead th").forEach((th) => th.addEventListener("click", () => sortBy(th)));
