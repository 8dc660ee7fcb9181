// The chart of a section: what is shown, and what happens when a reader asks for something else.
function pathOf(points, x, y) {
  return points.map((p, i) => `${i ? "L" : "M"}${x.at(p.x).toFixed(1)} ${y.at(p.y).toFixed(1)}`).join("");
}

function bandOf(points, x, y) {
  const known = points.filter((p) => p.low !== null);
  const line = (list, side) => list.map((p) => `${x.at(p.x).toFixed(1)} ${y.at(p[side]).toFixed(1)}`).join("L");
  return known.length ? `M${line(known, "low")}L${line([...known].reverse(), "high")}Z` : "";
}

const HEIGHT = 420, TOP = 12, BOTTOM = 44, LEFT = 52;

class Chart {
  constructor(root, section) {
    this.root = root;
    this.section = section;
    this.data = curvesOf(section);
    this.svg = root.querySelector(".plot svg");
    this.tip = root.querySelector(".tip");
    this.spoken = root.querySelector("[data-spoken]");
    const axes = Object.keys(section.chart.axes);
    const metric = this.data.metrics.includes(section.metric) ? section.metric : this.data.metrics[0];
    this.state = { metric, axis: section.chart.own, xlog: false, ylog: metric === "regret", bands: true, at: null };
    this.on = new Set(section.methods.flatMap((each, place) => (each.on ? [place] : [])));
    this.controls(axes);
    this.chips();
    this.pointing();
    new ResizeObserver(() => this.draw()).observe(root.querySelector(".plot"));
  }

  controls(axes) {
    const { section, state, root } = this;
    root.querySelector("[data-control=metric]").append(...this.data.metrics.map((metric) => {
      const input = make("input", { type: "radio", name: `${section.id}-metric`, value: metric });
      input.checked = metric === state.metric;
      input.addEventListener("change", () => this.change({ metric, ylog: metric === "regret" }));
      return make("label", {}, input, metric);
    }));
    const select = root.querySelector("[data-control=axis]");
    select.append(...axes.map((axis) => make("option", { value: axis }, section.chart.axes[axis].words)));
    select.value = state.axis;
    select.addEventListener("change", () => {
      this.change({ axis: select.value, xlog: ["wall", "total"].includes(select.value) });
    });
    for (const name of ["xlog", "ylog", "bands"]) {
      root.querySelector(`[data-control=${name}]`).addEventListener("click", () => this.change({ [name]: !state[name] }));
    }
  }

  chips() {
    const { section, root } = this, chips = root.querySelector(".chips");
    this.buttons = new Map(section.listed.map((place) => {
      const method = section.methods[place];
      const button = make("button", { type: "button", title: method.flaw }, swatch(method), method.label);
      button.addEventListener("click", () => {
        if (!this.on.delete(place)) this.on.add(place);
        this.draw();
      });
      return [place, button];
    }));
    chips.append(...this.buttons.values());
    const first = [...this.on];
    const choices = { best: first, all: section.listed, none: [] };
    root.querySelectorAll("[data-show]").forEach((button) => button.addEventListener("click", () => {
      this.on = new Set(choices[button.dataset.show]);
      this.draw();
    }));
  }

  change(state) {
    Object.assign(this.state, state, { at: null });
    this.draw();
  }

  shown() {
    const { metric, axis } = this.state;
    return this.section.listed.filter((place) => this.on.has(place))
      .map((place) => ({ place, method: this.section.methods[place], points: this.data.curve(metric, axis, place) }))
      .filter((each) => each.points.length);
  }

  limits(lines) {
    const { metric, axis, ylog, xlog } = this.state;
    const grids = this.section.chart.axes[axis].grids;
    const xs = grids.flatMap((grid) => (grid.length ? [grid[0], grid.at(-1)] : []));
    const right = Math.max(...xs), left = xlog ? Math.max(Math.min(...xs), right / 1e4) : Math.min(0, Math.min(...xs));
    const all = lines.flatMap((each) => each.points);
    // A linear axis leaves out the first sixth, whose range would flatten the rest.
    const later = ylog || xlog ? all : all.filter((p) => p.x >= right / 6);
    const ys = (later.length ? later : all).map((p) => p.y).filter((y) => !ylog || y > 0.0005);
    let low = Math.min(...ys), high = Math.max(...ys);
    if (!ys.length) [low, high] = [0.01, 100];
    const optimum = this.data.optimum(metric);
    if (optimum !== null) high = Math.max(high, optimum);
    if (metric === "regret" && !ylog) low = 0;
    if (ylog) return { left, right, low: low / 1.3, high: high * 1.1 };
    const pad = 0.05 * (high - low || 1);
    return { left, right, low: metric === "regret" ? 0 : low - pad, high: high + pad };
  }

  draw() {
    const { svg, state, root } = this, width = Math.max(root.querySelector(".plot").clientWidth, 280);
    const lines = this.shown(), labelled = width > 640;
    const longest = Math.max(13, ...lines.map((each) => each.method.label.length));
    const right = width - (labelled ? Math.min(24 + 6.9 * longest, 220) : 10);
    const area = this.limits(lines);
    const x = scale(area.left, area.right, LEFT, right, state.xlog);
    const y = scale(area.low, area.high, HEIGHT - BOTTOM, TOP, state.ylog);
    Object.assign(this, { x, y, right, lines, area });
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const clip = `${this.section.id}-clip`;
    const box = draw("rect", { x: LEFT, y: TOP, width: right - LEFT, height: HEIGHT - TOP - BOTTOM });
    this.cross = draw("g", { "aria-hidden": "true" });
    svg.replaceChildren(
      draw("clipPath", { id: clip }, box), ...this.frame(width),
      draw("g", { "clip-path": `url(#${clip})` }, ...this.context(), ...this.curves()),
      ...(labelled ? this.labels() : []), this.cross,
    );
    for (const [place, button] of this.buttons) button.setAttribute("aria-pressed", String(this.on.has(place)));
    for (const name of ["xlog", "ylog", "bands"]) {
      root.querySelector(`[data-control=${name}]`).setAttribute("aria-pressed", String(state[name]));
    }
    this.point(state.at);
  }

  frame(width) {
    const { x, y, right, state } = this, bottom = HEIGHT - BOTTOM;
    const unit = state.metric === "regret" ? "regret (@points)" : `${state.metric} (@unit)`;
    const across = x.ticks(width < 500 ? 5 : 8).map(([value, text]) => [
      draw("line", { class: "grid", x1: x.at(value), x2: x.at(value), y1: TOP, y2: bottom }),
      draw("text", { x: x.at(value), y: bottom + 18, "text-anchor": "middle" }, text),
    ]);
    const up = y.ticks(7).map(([value, text]) => [
      draw("line", { class: "grid", x1: LEFT, x2: right, y1: y.at(value), y2: y.at(value) }),
      draw("text", { x: LEFT - 8, y: y.at(value) + 4, "text-anchor": "end" }, text),
    ]);
    const words = this.section.chart.axes[state.axis].words;
    return [
      ...[...across, ...up].flat(),
      draw("path", { class: "frame", d: `M${LEFT} ${TOP}V${bottom}H${right}` }),
      draw("text", { x: right, y: HEIGHT - 6, "text-anchor": "end" }, words),
      draw("text", { x: LEFT + 8, y: TOP + 6, class: "unit" }, unit),
    ];
  }

  context() {
    const { x, y, state, data } = this, found = [];
    const optimum = data.optimum(state.metric), random = data.random(state.metric, state.axis);
    if (optimum !== null) found.push(draw("path", { class: "optimum", d: `M${LEFT} ${y.at(optimum)}H${this.right}` }));
    if (random.length) found.push(draw("path", { class: "random", d: pathOf(this.clipped(random), x, y) }));
    return found;
  }

  // A logarithmic axis has no room for 0: what lies below the picture stays at its edge.
  clipped(points) {
    if (!this.state.ylog) return points;
    const floor = this.area.low / 2, raised = (value) => (value == null ? null : Math.max(value, floor));
    return points.map((p) => ({ x: p.x, y: raised(p.y), low: raised(p.low), high: raised(p.high) }));
  }

  curves() {
    const { x, y } = this;
    return [...this.lines].reverse().map(({ place, method, points }) => {
      const shown = this.clipped(points).filter((p) => !this.state.xlog || p.x > 0);
      const line = draw("path", { class: "line", d: pathOf(shown, x, y), "stroke-dasharray": method.dash });
      const band = this.state.bands ? [draw("path", { class: "band", d: bandOf(shown, x, y) })] : [];
      return draw("g", { style: `--c:${colour(method)}`, "data-line": place }, ...band, line);
    });
  }

  labels() {
    const bottom = HEIGHT - BOTTOM, { x, y, right } = this;
    const ends = this.lines.map(({ method, points }) => {
      const last = this.clipped(points).at(-1);
      return { method, from: x.at(last.x), at: Math.min(Math.max(y.at(last.y), TOP), bottom) };
    });
    const far = ({ from }) => right - from < 0.12 * (right - LEFT);
    return [...this.outer([...ends.filter(far), ...this.references()]), ...this.inner(ends.filter((each) => !far(each)))];
  }

  // Lines that end at the right edge have their names beyond it.
  outer(ends) {
    const { right } = this;
    ends.sort((a, b) => a.at - b.at);
    const heights = apart(ends.map((each) => each.at), 15, TOP + 4, HEIGHT - BOTTOM);
    return ends.map(({ method, words, from, at }, i) => draw("g", { style: `--c:${method ? colour(method) : "var(--muted)"}` },
      draw("path", { class: "leader", d: `M${from + 2} ${at}L${right + 14} ${heights[i]}` }),
      draw("text", { class: method ? "name" : "name ref", x: right + 18, y: heights[i] + 4 }, method?.label ?? words)));
  }

  // Lines that end before have them beside their ends, each below those it would cover.
  inner(ends) {
    const taken = [];
    ends.sort((a, b) => a.at - b.at);
    const names = ends.map(({ method, from, at }) => {
      const width = 7 * method.label.length, left = from + 8 + width > this.right + 100 ? from - width - 8 : from + 8;
      let height = at;
      const covers = (other) => left < other.right && other.left < left + width && Math.abs(other.height - height) < 14;
      while (taken.some(covers)) height += 2;
      taken.push({ left, right: left + width, height });
      const leader = height - at > 4 ? [draw("path", { class: "leader", d: `M${from} ${at}L${left - 1} ${height}` })] : [];
      return [
        draw("g", { style: `--c:${colour(method)}` }, ...leader, draw("circle", { class: "dot", cx: from, cy: at, r: 3 })),
        draw("text", { class: "name inner", x: left, y: height + 4 }, method.label),
      ];
    });
    return [...names.map(([dot]) => dot), ...names.map(([, name]) => name)];
  }

  // The table's own lines have names at their ends too.
  references() {
    const { state, data, area, right, y } = this, found = [];
    const optimum = data.optimum(state.metric), random = data.random(state.metric, state.axis);
    if (optimum !== null) found.push(["optimum", optimum]);
    if (random.length) found.push(["random, exact", random.at(-1).y]);
    return found.filter(([, value]) => value >= area.low && value <= area.high)
      .map(([words, value]) => ({ words, from: right, at: y.at(value) }));
  }

  pointing() {
    const { svg, state } = this;
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const at = (event.clientX - box.left) * (svg.viewBox.baseVal.width / box.width);
      this.point(at < LEFT || at > this.right ? null : this.snapped(this.x.back(at)));
    });
    svg.addEventListener("pointerleave", () => this.point(null));
    svg.addEventListener("blur", () => this.point(null));
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
      const xs = this.stops(), now = state.at === null ? xs.length : xs.findIndex((each) => each >= state.at);
      const ends = { Home: 0, End: xs.length - 1 };
      if (event.key === "Escape") return this.point(null);
      if (!xs.length || (step === undefined && !(event.key in ends))) return undefined;
      event.preventDefault();
      const next = event.key in ends ? ends[event.key] : now + step;
      this.point(xs[Math.min(Math.max(next, 0), xs.length - 1)]);
      this.spoken.textContent = this.tip.innerText.replace(/\s+/g, " ");
      return undefined;
    });
  }

  stops() {
    const { grids } = this.section.chart.axes[this.state.axis];
    return [...new Set(grids.flat())].sort((a, b) => a - b);
  }

  snapped(value) {
    return this.stops().reduce((best, each) => (Math.abs(each - value) < Math.abs(best - value) ? each : best));
  }

  point(at) {
    this.state.at = at;
    this.cross.replaceChildren();
    const found = at === null ? [] : this.ranking(at);
    this.tip.hidden = !found.length;
    if (!found.length) return;
    const px = this.x.at(at), bottom = HEIGHT - BOTTOM;
    this.cross.append(draw("line", { class: "cross", x1: px, x2: px, y1: TOP, y2: bottom }));
    for (const { method, point } of found) {
      const height = Math.min(Math.max(this.y.at(this.clipped([point])[0].y), TOP), bottom);
      this.cross.append(draw("circle", { class: "dot", cx: px, cy: height, r: 3.5, style: `--c:${colour(method)}` }));
    }
    this.fillTip(at, found, px);
  }

  // Degenerate lines are not ranked: they stand below, in the order of the tables.
  ranking(at) {
    const outside = (each) => (each.method.flaw ? 1 : 0);
    const sign = this.state.metric === "regret" ? 1 : -1;
    return this.lines.map((each) => ({ method: each.method, point: pointAt(each.points, at) }))
      .filter((each) => each.point).sort((a, b) => outside(a) - outside(b) || (outside(a) ? 0 : sign * (a.point.y - b.point.y)));
  }

  fillTip(at, found, px) {
    const words = this.section.chart.axes[this.state.axis].words.split(",")[0];
    const rows = found.map(({ method, point }) => make("div", {},
      swatch(method), make("span", {}, method.label), make("span", {}, point.y.toFixed(2)),
      make("small", {}, point.low === null ? "" : `[${point.low.toFixed(2)}, ${point.high.toFixed(2)}]`)));
    this.tip.replaceChildren(make("b", {}, `${Number(at.toPrecision(4))} ${words}`), ...rows);
    const wide = this.svg.getBoundingClientRect().width, mine = this.tip.offsetWidth;
    const left = px + 16 + mine > wide ? Math.max(px - mine - 16, 0) : px + 16;
    this.tip.style.transform = `translate(${left}px, ${TOP}px)`;
  }
}

for (const section of DATA) {
  const root = document.querySelector(`[data-section="${section.id}"] .chart`);
  if (root) new Chart(root, section);
}
