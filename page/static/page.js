// The page: it opens the stream of events and hands what comes to the parts that show it.

import { describeRun, mayAct, post } from "./api.js";
import { Table, makeCharts, show } from "./charts.js";
import { Timeline } from "./timeline.js";
import { startLatent } from "./latent.js";

const byId = (id) => document.getElementById(id);
const tell = (text) => { byId("message").textContent = text; };
const count = (n) => n.toLocaleString("en");

const phases = {
  starting: "Starting", training: "Training", pausing: "Pausing after this step", paused: "Paused",
  stopping: "Stopping after this step", ended: "Ended", folder: "Run folder",
};

const scalars = new Table(["step", "epoch", "critic_loss", "critic_loss_gp", "penalty", "generator_loss", "images_per_s"]);
const probe = new Table(["step", "critic_gradient", "generator_gradient", "memory"]);
let run, charts, timeline, state = {}, ended = false;

function bytes(n) {
  return n >= 1e9 ? `${(n / 1e9).toFixed(2)} GB` : `${(n / 1e6).toFixed(1)} MB`;
}

// showFigures lists the newest figures as text, for everybody who cannot read a curve.
function showFigures() {
  const entries = [
    ["Steps", state.total ? `${count(state.step)} of ${count(state.total)}` : count(state.step)],
    ["Epoch", count(state.epoch)],
    ["Critic’s loss", show(scalars.last("critic_loss"))],
    ["Penalty", show(scalars.last("penalty"))],
    ["Generator’s loss", show(scalars.last("generator_loss"))],
    ["Images/s", show(scalars.last("images_per_s"))],
    ["Newest checkpoint", state.checkpoint === undefined ? "none" : `step ${count(state.checkpoint)}`],
  ];
  if (run.live) {
    entries.push(["Critic’s gradient norm", show(probe.last("critic_gradient"))], ["Generator’s gradient norm", show(probe.last("generator_gradient"))]);
  }
  if (state.memory) {
    const { device, used, total } = state.memory;
    entries.push([device === "process" ? "Memory of the process" : `Memory of the ${device}`, total ? `${bytes(used)} of ${bytes(total)}` : bytes(used)]);
  }
  const list = byId("figures");
  if (list.children.length !== entries.length) {
    list.replaceChildren(...entries.map(() => {
      const item = document.createElement("div");
      item.append(document.createElement("dt"), document.createElement("dd"));
      return item;
    }));
  }
  entries.forEach(([name, value], i) => {
    const [term, text] = list.children[i].children;
    if (term.textContent !== name) term.textContent = name;
    if (text.textContent !== value) text.textContent = value;
  });
}

function showState(next) {
  state = next;
  byId("phase").textContent = phases[state.phase] ?? state.phase;
  byId("problem").hidden = !state.problem;
  byId("problem").textContent = state.problem ?? "";
  byId("progress-box").hidden = !state.total;
  if (state.total) {
    byId("progress").max = state.total;
    byId("progress").value = state.step;
    byId("progress-text").textContent = `Step ${count(state.step)} of ${count(state.total)}, epoch ${count(state.epoch)}`;
  }
  const halted = state.phase === "paused" || state.phase === "pausing";
  byId("pause").textContent = halted ? "Resume" : "Pause";
  const going = mayAct && !ended && ["training", "paused", "pausing", "starting"].includes(state.phase);
  for (const id of ["pause", "checkpoint", "stop"]) byId(id).disabled = !going;
  document.title = `${run.name} · ${count(state.step)}`;
  showFigures();
}

// act asks for something and tells how it went.
async function act(path, done) {
  try {
    const next = await (await post(path)).json();
    showState({ ...state, ...next }); // with what has come meanwhile
    tell(done());
  } catch (error) {
    tell(`That did not work: ${error.message}`);
  }
}

function startControls() {
  byId("controls").hidden = !run.live;
  byId("pause").addEventListener("click", () => {
    if (byId("pause").textContent === "Resume") act("/api/resume", () => "The training goes on.");
    else act("/api/pause", () => "The training pauses after the step at hand.");
  });
  byId("checkpoint").addEventListener("click", () => {
    tell("Saving after the step at hand…");
    act("/api/checkpoint", () => "Checkpoint saved.");
  });
  const dialog = byId("stop-dialog");
  byId("stop").addEventListener("click", () => dialog.showModal());
  byId("stop-no").addEventListener("click", () => dialog.close());
  byId("stop-yes").addEventListener("click", () => {
    dialog.close();
    act("/api/stop", () => "The training stops after the step at hand, and saves everything.");
  });
}

function showConfig() {
  const groups = new Map();
  for (const entry of run.config) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  byId("config").replaceChildren(...[...groups].map(([group, entries]) => {
    const table = document.createElement("table");
    table.className = "keys";
    table.createCaption().textContent = group;
    const body = table.createTBody();
    for (const { key, value, doc } of entries) {
      const row = body.insertRow();
      const name = row.appendChild(document.createElement("th"));
      name.scope = "row";
      name.textContent = key;
      row.insertCell().textContent = value;
      row.insertCell().textContent = doc;
    }
    return table;
  }));
}

function listen() {
  const source = new EventSource("/api/events");
  const on = (name, take) => source.addEventListener(name, (event) => take(JSON.parse(event.data)));
  on("state", showState);
  on("scalars", (rows) => {
    scalars.take(rows);
    byId("stride").hidden = scalars.stride === 1;
    byId("stride").textContent = `Each point is the mean of ${count(scalars.stride)} steps.`;
    charts.update(scalars);
    showFigures();
  });
  on("probe", (rows) => { probe.take(rows); charts.update(probe); showFigures(); });
  on("pictures", (more) => timeline.take(more));
  on("end", (outcome) => {
    ended = true;
    source.close();
    showState({ ...state, phase: "ended" });
    tell(outcome);
  });
  source.addEventListener("error", () => { if (!ended) byId("phase").textContent = "No connection; trying again"; });
}

async function start() {
  run = await describeRun();
  byId("name").textContent = run.name;
  byId("system").textContent = `${run.preset}, ${run.variant}`;
  byId("readonly").hidden = mayAct || !(run.live || run.latent);
  byId("latent").hidden = !run.latent || !mayAct;
  showConfig();
  timeline = new Timeline();
  charts = makeCharts(byId("charts"), scalars, probe, { live: run.live, penalty: run.variant === "wgan-gp" });
  byId("window").addEventListener("change", () => charts.setWindow(Number(byId("window").value)));
  if (run.latent && mayAct) startLatent({ points: run.points, tell });
  startControls();
  listen();
}

start().catch((error) => tell(`The page could not start: ${error.message}`));
