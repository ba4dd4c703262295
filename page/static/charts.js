// The curves. A chart shows some columns of a table that grows; the tables are kept here.

/* global uPlot */

const height = 200;

export class Table {
  constructor(columns) {
    this.names = columns;
    this.columns = columns.map(() => []);
    this.stride = 1;
  }

  take({ reset, stride, columns }) {
    if (reset) this.columns = this.names.map(() => []);
    this.stride = stride;
    columns.forEach((values, i) => { for (const v of values) this.columns[i].push(v); });
  }

  column(name) { return this.columns[this.names.indexOf(name)]; }

  // last returns the newest number of a column, or undefined.
  last(name) { return this.column(name).at(-1); }
}

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
export const show = (value) => (value === null || value === undefined ? "–" : number.format(value));

// Chart is a figure with the curves of some columns of a table.
class Chart {
  constructor(parent, table, { title, unit = "", curves }) {
    Object.assign(this, { table, title, unit, curves, window: 0 });
    const figure = parent.appendChild(document.createElement("figure"));
    const caption = figure.appendChild(document.createElement("figcaption"));
    caption.textContent = title + (unit ? `, ${unit}` : "");
    this.box = figure.appendChild(document.createElement("div"));
    this.box.className = "plot";
    this.box.setAttribute("role", "img");
    new ResizeObserver(() => this.plot?.setSize({ width: this.width(), height })).observe(this.box);
    this.build();
  }

  width() { return Math.max(this.box.clientWidth, 120); }

  build() {
    this.plot?.destroy();
    const axis = { stroke: style("--soft"), grid: { stroke: style("--grid"), width: 1 }, ticks: { stroke: style("--grid"), width: 1 } };
    this.plot = new uPlot({
      width: this.width(), height,
      scales: { x: { time: false } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map((v) => (Number.isInteger(v) ? v.toLocaleString("en") : "")) }, { ...axis, size: 62, values: (_, ticks) => ticks.map(show) }],
      series: [{ label: "step" }, ...this.curves.map(({ label }, i) => ({
        label, stroke: style(`--curve-${i + 1}`), width: 1.5, spanGaps: false, points: { show: false },
        value: (_, v) => show(v),
      }))],
      cursor: { drag: { x: false, y: false } },
      legend: { show: true, live: false },
    }, this.data(), this.box);
  }

  data() {
    const steps = this.table.columns[0];
    let from = 0;
    if (this.window > 0 && steps.length > 0) {
      const first = steps.at(-1) - this.window;
      from = steps.findIndex((s) => s >= first);
    }
    return [steps.slice(from), ...this.curves.map(({ column }) => this.table.column(column).slice(from))];
  }

  update() {
    const data = this.data();
    this.plot.setData(data);
    const latest = this.curves.map(({ label, column }) => `${label} ${show(this.table.last(column))}`).join(", ");
    const steps = data[0];
    this.box.setAttribute("aria-label", steps.length === 0
      ? `${this.title}: no values yet`
      : `${this.title} of steps ${Math.round(steps[0])} to ${Math.round(steps.at(-1))}; latest: ${latest}`);
    this.box.dataset.points = String(steps.length);
  }
}

// makeCharts fills parent with the charts of both tables.
export function makeCharts(parent, scalars, probe, { live, penalty }) {
  const charts = [
    new Chart(parent, scalars, { title: "Loss", curves: [
      { label: penalty ? "critic, without penalty" : "critic", column: "critic_loss" }, { label: "generator", column: "generator_loss" }] }),
    new Chart(parent, scalars, { title: penalty ? "Gradient penalty" : "Critic’s loss with penalty", curves: penalty
      ? [{ label: "penalty", column: "penalty" }, { label: "critic, with penalty", column: "critic_loss_gp" }]
      : [{ label: "critic", column: "critic_loss_gp" }] }),
    new Chart(parent, scalars, { title: "Speed", unit: "images/s", curves: [{ label: "images/s", column: "images_per_s" }] }),
  ];
  if (live) {
    charts.push(new Chart(parent, probe, { title: "Gradient norms, while this page is open", curves: [
      { label: "critic", column: "critic_gradient" }, { label: "generator", column: "generator_gradient" }] }));
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((c) => c.build()));
  return {
    update(table) { charts.filter((c) => c.table === table).forEach((c) => c.update()); },
    setWindow(steps) { charts.forEach((c) => { c.window = steps; c.update(); }); },
  };
}
