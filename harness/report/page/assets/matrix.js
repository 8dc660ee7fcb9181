// Every pair of methods: what the test says, and the seeds it says it from.
function pairOf(link) {
  const section = sectionOf(link), sign = Number(link.dataset.sign);
  const [first, second, n, difference, low, high, effect, p, corrected, improvement] =
    section.pairs[Number(link.dataset.pair)];
  const turned = sign < 0;
  const flip = (value) => (value === null ? null : -value);
  return {
    section, n, p, corrected,
    row: turned ? second : first, column: turned ? first : second,
    difference: turned ? flip(difference) : difference,
    low: turned ? flip(high) : low, high: turned ? flip(low) : high,
    effect: turned && effect !== null ? String(-Number(effect)) : effect,
    improvement: turned && improvement !== null ? 1 - improvement : improvement,
  };
}

function signed(value) {
  return value === null ? "unknown" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function sentence(pair) {
  const name = (place) => pair.section.methods[place].label;
  const head = `${name(pair.row)} against ${name(pair.column)}: ${signed(pair.difference)} @points`;
  if (pair.p === null) return `${head}, n = ${pair.n}: too few seeds for a test.`;
  const total = pair.section.pairs.filter((each) => each[7] !== null).length;
  return (
    `${head} [${signed(pair.low)}, ${signed(pair.high)}], n = ${pair.n} seeds; p = ${pair.p}, ` +
    `Holm over ${total} pairs ${pair.corrected}; P(better) ${pair.improvement.toFixed(2)}; effect ${pair.effect}.`
  );
}

function openPair(link) {
  const pair = pairOf(link), { section } = pair;
  const name = (place) => section.methods[place].label;
  const bySeed = (method) => new Map(
    section.runs.map((run, place) => [run, place]).filter(([, place]) => section.owners[place] === method)
      .map(([run, place]) => [run[0], [run, section.last[place]]]),
  );
  const left = bySeed(pair.row), right = bySeed(pair.column);
  const seeds = [...left.keys()].filter((seed) => right.has(seed));
  const rows = seeds.map((seed) => {
    const [one, first] = left.get(seed), [two, second] = right.get(seed);
    return [String(seed), first, second, fileLink(one), fileLink(two)];
  });
  open(
    `${name(pair.row)} against ${name(pair.column)}`, `${sentence(pair)} “harness show ${rows[0][3].textContent.slice(0, 8)}” prints the ledger of a run.`,
    ["seed", name(pair.row), name(pair.column), "file", "file"], rows,
  );
}

document.querySelectorAll("table.matrix").forEach((table) => {
  const detail = table.closest("[data-section]").querySelector("[data-detail]");
  const show = (event) => {
    const link = event.target.closest("a[data-pair]");
    if (link) detail.textContent = sentence(pairOf(link));
  };
  table.addEventListener("pointerover", show);
  table.addEventListener("focusin", show);
  table.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-pair]");
    if (!link) return;
    event.preventDefault();
    openPair(link);
  });
});
