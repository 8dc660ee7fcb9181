// Axes: where a value lies, and which values are written beside.
function scale(low, high, from, to, isLog) {
  const place = isLog ? Math.log10 : Number;
  const a = place(low), b = place(high);
  return {
    at: (value) => from + ((place(value) - a) / (b - a || 1)) * (to - from),
    back: (pixel) => {
      const value = a + ((pixel - from) / (to - from)) * (b - a);
      return isLog ? 10 ** value : value;
    },
    ticks: (most) => (isLog ? logTicks(low, high, most) : linearTicks(low, high, most)),
  };
}

function linearTicks(low, high, most) {
  const rough = (high - low || 1) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => {
    const value = (first + i) * step;
    return [value, brief(value, digits)];
  });
}

function logTicks(low, high, most) {
  const powers = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) powers.push(power);
  const within = (factors) => powers.flatMap((power) => factors.map((factor) => factor * 10 ** power))
    .filter((value) => value >= low * 0.999 && value <= high * 1.001);
  const found = [[1, 2, 5], [1, 3], [1]].map(within);
  const chosen = found.find((values) => values.length <= most) ?? found[2];
  return chosen.map((value) => [value, brief(value, Math.max(0, -Math.floor(Math.log10(value) + 1e-9)))]);
}

function brief(value, digits) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))} M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(4))} k`;
  return value.toFixed(digits);
}
