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
  const shown = Plotly.newPlot(plot, withPairs(figure.traces, figure.pairs), layoutOf(figure.layout, plot.clientWidth), options);
  shown.then(() => { plot.ready = true; plot.dispatchEvent(new Event("ready", { bubbles: true })); });
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
addEventListener("beforeprint", () => { document.querySelectorAll("section > details").forEach((box) => { box.open = true; }); document.querySelectorAll(".plot").forEach(draw); recolour(); });
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

// What a plot shows as a table: a row a point, or a square of a heat map.
function csvOf(figure) {
  const cell = (value) => (/[",\n]/.test(String(value ?? "")) ? '"' + String(value).replaceAll('"', '""') + '"' : String(value ?? ""));
  const label = (key) => figure.layout[key]?.title?.text ?? figure.layout[key]?.title ?? key[0];
  const rows = [["series", "point", label("xaxis"), label("yaxis"), "value"]];
  for (const trace of figure.traces) {
    const at = (values, start, step, i) => (values ? values[i] : (start ?? 0) + i * (step ?? 1));
    if (trace.type === "heatmap") {
      trace.z.forEach((line, j) => line.forEach((value, i) =>
        rows.push([trace.name ?? "", "", at(trace.x, trace.x0, trace.dx, i), at(trace.y, trace.y0, trace.dy, j), value])));
    } else {
      (trace.y ?? []).forEach((y, i) => rows.push([trace.name ?? "", trace.text?.[i] ?? "", at(trace.x, 0, 1, i), y, ""]));
    }
  }
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

function save(url, name) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
}

// Buttons that save the plot as a picture (twice as many pixels as on the screen), a drawing or its numbers.
document.querySelectorAll("figure").forEach((box) => {
  const plot = box.querySelector(".plot"), title = box.querySelector("h3").textContent;
  const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  const row = document.createElement("div");
  row.className = "save";
  for (const kind of ["png", "svg", "csv"]) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: kind.toUpperCase() });
    button.setAttribute("aria-label", `Save ${title} as ${kind.toUpperCase()}`);
    button.addEventListener("click", async () => {
      if (kind === "csv") {
        const url = URL.createObjectURL(new Blob([csvOf(await dataOf(plot))], { type: "text/csv" }));
        save(url, name + ".csv");
        setTimeout(() => URL.revokeObjectURL(url), 60000);
        return;
      }
      draw(plot);
      const size = { width: plot.clientWidth || 600, height: plot.clientHeight || 400 };
      save(await Plotly.toImage(plot, { format: kind, ...size, scale: kind === "png" ? 2 : 1 }), `${name}.${kind}`);
    });
    row.append(button);
  }
  box.querySelector("figcaption").append(row);
});

// The contents stand beside the page where there is room, and are folded where there is none.
const contents = document.querySelector("nav > details");
const roomy = matchMedia("(min-width: 1100px)");
const fold = () => { contents.open = roomy.matches; };
fold();
roomy.addEventListener("change", fold);
contents.addEventListener("click", (event) => { if (event.target.closest("a") && !roomy.matches) contents.open = false; });

// Whoever follows a link to a folded section, or prints, sees what is in it.
function unfold() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const box = target && target.querySelector("details");
  if (box) { box.open = true; target.scrollIntoView(); }
}
addEventListener("hashchange", unfold);
unfold();
