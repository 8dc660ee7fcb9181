// The curves of a section in percent, decoded when they are asked for.
const PERCENT = 1e4; // data are millionths

function curvesOf(section) {
  const { chart, methods } = section, known = new Map();
  const metrics = Object.keys(chart.series);
  if (chart.optimum !== null) metrics.splice(1, 0, "regret");
  const best = chart.optimum;

  function curve(metric, axis, place) {
    const name = `${metric} ${axis} ${place}`;
    if (!known.has(name)) known.set(name, decoded(metric, axis, place));
    return known.get(name);
  }

  function decoded(metric, axis, place) {
    const turned = metric === "regret";
    const [means = [], below, above] = chart.series[turned ? "truth" : metric][axis][place];
    const grids = chart.axes[axis].grids, grid = grids.length === 1 ? grids[0] : grids[place];
    const points = [];
    means.forEach((mean, i) => {
      if (mean === null) return;
      const y = (turned ? best - mean : mean) / PERCENT;
      const down = (turned ? above : below)?.[i] ?? null, up = (turned ? below : above)?.[i] ?? null;
      points.push({ x: grid[i], y, low: down === null ? null : y - down / PERCENT, high: up === null ? null : y + up / PERCENT });
    });
    return points;
  }

  function random(metric, axis) {
    if (axis !== "queries" || !["truth", "regret"].includes(metric)) return [];
    const [grid] = chart.axes.queries.grids;
    return chart.random.map((each, i) => ({ x: grid[i], y: (metric === "regret" ? best - each : each) / PERCENT }));
  }

  return {
    metrics, random, curve, methods,
    optimum: (metric) => (metric === "truth" && best !== null ? best / PERCENT : null),
  };
}

// What is known at x: the last point that is not beyond it, if the curve has not ended before.
function pointAt(points, x) {
  if (!points.length || x > points.at(-1).x * 1.0001) return null;
  let low = 0, high = points.length - 1;
  if (points[0].x > x * 1.0001) return null;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (points[middle].x <= x * 1.0001) low = middle;
    else high = middle - 1;
  }
  return points[low];
}

// Rising heights moved as little as it takes to lie a gap apart, between two bounds.
function apart(heights, gap, top, bottom) {
  const blocks = [];
  heights.forEach((height, i) => {
    blocks.push([1, height - i * gap]);
    while (blocks.length > 1) {
      const [a, b] = blocks.slice(-2);
      if (a[1] / a[0] < b[1] / b[0]) break;
      blocks.splice(-2, 2, [a[0] + b[0], a[1] + b[1]]);
    }
  });
  const highest = bottom - (heights.length - 1) * gap;
  return blocks.flatMap(([count, total]) => Array(count).fill(total / count))
    .map((start, i) => Math.max(Math.min(start, highest), top) + i * gap);
}
