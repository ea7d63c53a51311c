// The page of the playground: a form, plots, and a list of what happens. What is right or wrong, Python says.
//
// Law: no library, and no figure that is made up here. Colours are those of the page, light or dark.

const HERE = new URL(".", document.currentScript.src);
const page = document.getElementById("furo-main-content");
const part = (name) => page.querySelector(`[data-part="${name}"]`);

// The worker, and who waits for its answers.

let worker;
let asked = new Map();
let last = 0;

function ask(what, given = {}, onevent = () => {}) {
  const id = ++last;
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject, onevent });
    worker.postMessage({ id, what, ...given });
  });
}

function answered({ data: { id, event, result, error } }) {
  const waiting = asked.get(id);
  if (!waiting) return;
  if (event) return waiting.onevent(event);
  asked.delete(id);
  error === undefined ? waiting.resolve(result) : waiting.reject(new Error(error));
}

async function begin() {
  worker?.terminate();
  for (const { reject } of asked.values()) reject(new Error("stopped"));
  asked = new Map();
  page.dataset.state = "loading";
  say("state", "Loading Python …");
  const settings = await (await fetch(new URL("settings.json", HERE))).json();
  // An address of the site itself is given from here, one of another host is whole.
  const pyodide = new URL(settings.pyodide, HERE).href;
  worker = new Worker(new URL("worker.js", HERE));
  worker.onmessage = answered;
  const { python } = await ask("begin", { pyodide });
  say("state", `Python ${python} runs in this page.`);
  page.dataset.state = "ready";
}

// Elements.

function say(name, text) {
  part(name).textContent = text;
}

function element(name, attributes = {}, ...children) {
  const svg = ["svg", "g", "line", "rect", "path", "circle", "text", "title"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const seconds = (value) => `${Number(value.toPrecision(3))} s`;

// A plot with axes: `draw` gets the functions that turn values into places.

function plot({ width = 640, height = 220, x, y, labels, draw }) {
  const [left, right, top, bottom] = [46, 12, 12, 38];
  const toX = (value) => left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right);
  const toY = (value) => height - bottom - ((value - y[0]) / (y[1] - y[0])) * (height - top - bottom);
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": labels.title });
  for (const value of ticks(...y)) {
    svg.append(element("line", { class: "grid", x1: left, x2: width - right, y1: toY(value), y2: toY(value) }));
    svg.append(element("text", { x: left - 6, y: toY(value) + 4, "text-anchor": "end" }, labels.y(value)));
  }
  for (const value of labels.ticks ?? ticks(...x)) {
    svg.append(element("text", { x: toX(value), y: height - bottom + 16, "text-anchor": "middle" }, labels.x(value)));
  }
  svg.append(element("text", { x: width - right, y: height - 4, "text-anchor": "end" }, labels.under));
  draw(svg, toX, toY);
  return svg;
}

function ticks(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step) {
    found.push(Number(value.toPrecision(6)));
  }
  return found;
}

const path = (points) => points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");

// The policy and its schedule.

function form() {
  return Object.fromEntries([...part("form").elements].filter(({ name }) => name).map(({ name, value }) => [name, value]));
}

let latest = 0;

async function describe() {
  const turn = ++latest;
  const told = await ask("describe", { form: form() });
  if (turn !== latest) return;
  part("policy").classList.toggle("wrong", Boolean(told.error));
  say("policy", told.error ?? told.code);
  part("run").disabled = Boolean(told.error);
  if (told.error) return;
  const rows = told.waits.map(([lowest, mean, highest], at) =>
    element("tr", {}, ...[at + 1, lowest, mean, highest].map((value, column) =>
      element("td", {}, value === null ? "–" : column ? value.toFixed(3) : String(value)))));
  part("waits").replaceChildren(...rows);
  const most = Math.max(...told.waits.map((wait) => wait[2]), 1e-3);
  const count = told.waits.length;
  part("schedule").replaceChildren(plot({
    width: 460,
    x: [0.4, count + 0.6],
    y: [0, most * 1.05],
    labels: {
      title: "Each wait, from its lowest to its highest value",
      x: String,
      y: seconds,
      under: "number of the wait",
      ticks: told.waits.map((_, at) => at + 1),
    },
    draw(svg, toX, toY) {
      told.waits.forEach(([lowest, mean, highest], at) => {
        const [x, half] = [toX(at + 1), Math.min(18, 200 / count)];
        const height = Math.max(toY(lowest) - toY(highest), 2);
        svg.append(element("rect", { class: "range", x: x - half, y: toY(highest), width: 2 * half, height, rx: 3 },
          element("title", {}, `wait ${at + 1}: ${seconds(lowest)} to ${seconds(highest)}`)));
        if (mean !== null) {
          svg.append(element("line", { class: "mean", x1: x - half, x2: x + half, y1: toY(mean), y2: toY(mean) }));
        }
      });
    },
  }));
}

// A run.

function timeline(events, now, ended) {
  const span = Math.max(now, 1);
  const colour = ended ? (ended.what === "returned" ? "good" : "bad") : "open";
  return plot({
    height: 110,
    x: [0, span],
    y: [0, 1],
    labels: { title: "Attempts and waits", x: seconds, y: () => "", under: "since the call" },
    draw(svg, toX, toY) {
      svg.querySelectorAll(".grid").forEach((line) => line.remove());
      const attempts = events.filter(({ what }) => what === "attempt");
      for (const { at, seconds: wait } of events.filter(({ what }) => what === "wait")) {
        const end = Math.min(at + wait, now);
        svg.append(element("rect", { class: "range", x: toX(at), y: toY(0.62), width: Math.max(toX(end) - toX(at), 0),
          height: toY(0.38) - toY(0.62) }));
        if (toX(end) - toX(at) > 44) {
          svg.append(element("text", { x: (toX(at) + toX(end)) / 2, y: toY(0.5) + 4, "text-anchor": "middle" },
            seconds(wait)));
        }
      }
      attempts.forEach(({ at, attempt }, index) => {
        const failed = index < attempts.length - 1 || events.some((one) => one.what === "wait" && one.attempt === attempt);
        svg.append(element("circle", { class: failed ? "bad" : colour, cx: toX(at), cy: toY(0.5), r: 9 }));
        svg.append(element("text", { x: toX(at), y: toY(0.5) + 4, "text-anchor": "middle", class: "number" },
          String(attempt)));
      });
    },
  });
}

async function run() {
  const begun = performance.now();
  const events = [];
  let ended = null;
  part("lines").replaceChildren();
  part("run").disabled = true;
  part("stop").disabled = false;
  page.dataset.run = "running";
  const line = (text, kind) => part("lines").append(element("li", { class: kind }, text));
  const paint = () => {
    const now = ended ? ended.at : (performance.now() - begun) / 1000;
    part("timeline").replaceChildren(timeline(events, now, ended));
    if (page.dataset.run === "running") requestAnimationFrame(paint);
  };
  paint();
  try {
    await ask("run", { form: form(), code: part("code").value }, (event) => {
      events.push(event);
      const at = `${event.at.toFixed(2)} s`.padStart(8);
      if (event.what === "attempt") line(`${at}  attempt ${event.attempt} begins`, "attempt");
      if (event.what === "log") line(`${at}  ${event.level}  ${event.text}`, "log");
      if (event.what === "returned") line(`${at}  returned ${event.text}`, "good");
      if (event.what === "raised") line(`${at}  raised ${event.text}`, "bad");
      if (event.what === "returned" || event.what === "raised") ended = event;
    });
  } catch (error) {
    line(`          ${error.message}`, "bad");
    ended ??= { what: "raised", at: (performance.now() - begun) / 1000 };
  }
  page.dataset.run = "over";
  part("stop").disabled = true;
  part("run").disabled = false;
}

async function stop() {
  await begin();
  await describe();
}

// Storms.

async function storm() {
  const field = (name) => Number(part("storm").elements[name].value);
  const given = { load: field("load"), processes: field("processes"), times: field("times") };
  part("blow").disabled = true;
  page.dataset.storm = "running";
  say("weather", "The storm is computed …");
  try {
    const without = await ask("storm", { ...given, budgeted: false });
    const withBudget = await ask("storm", { ...given, budgeted: true });
    showStorm(without, withBudget);
  } catch (error) {
    say("weather", error.message);
  }
  part("blow").disabled = false;
  page.dataset.storm = "over";
}

function showStorm(without, withBudget) {
  const lines = [["without", without], ["with", withBudget]];
  const percent = (value) => `${Math.round(100 * value)} %`;
  const x = [-20, without.served.length + without.start - 1];
  const draw = (key) => (svg, toX, toY) => {
    svg.append(element("rect", { class: "outage", x: toX(-10), y: 12, width: toX(0) - toX(-10), height: 170 }));
    for (const [kind, outcome] of lines) {
      const points = outcome[key].map((value, at) => [toX(at + outcome.start), toY(value)]).filter(([at]) => at >= toX(-20));
      svg.append(element("path", { class: kind, d: path(points) }));
    }
  };
  const labels = { x: String, under: "seconds since the outage" };
  part("served").replaceChildren(plot({
    x, y: [0, 1.02], labels: { ...labels, title: "Calls that succeed", y: percent }, draw: draw("served"),
  }));
  const most = Math.max(...without.arrived, ...withBudget.arrived, 1);
  part("load").replaceChildren(plot({
    x, y: [0, most * 1.05], labels: { ...labels, title: "Attempts, as a multiple of the capacity", y: (value) => `${value} ×` },
    draw: draw("arrived"),
  }));
  const told = ({ recovered }) => recovered === null ? "does not recover within a minute"
    : recovered ? `is well again ${recovered} s after the outage` : "is well again at once";
  say("weather", `Without a budget the service ${told(without)}; with one it ${told(withBudget)}.`);
}

// Examples of code.

function choose({ target }) {
  const chosen = document.getElementById(`playground-${target.value}`);
  part("code").value = chosen.textContent.trim() + "\n";
  part("form").reset();
  for (const [option, value] of Object.entries(chosen.dataset)) part("form").elements[option].value = value;
  describe();
}

async function open() {
  choose({ target: part("examples") });
}

part("form").addEventListener("input", describe);
part("form").addEventListener("submit", (event) => event.preventDefault());
part("storm").addEventListener("submit", (event) => event.preventDefault());
part("examples").addEventListener("change", choose);
part("run").addEventListener("click", run);
part("stop").addEventListener("click", stop);
part("blow").addEventListener("click", storm);
begin().then(open, (error) => {
  page.dataset.state = "broken";
  say("state", `Python could not be loaded: ${error.message}`);
});
