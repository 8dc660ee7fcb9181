// The runs behind a number.
const dialog = document.getElementById("dialog");

function cellsOf(tag, texts) {
  return make("tr", {}, ...texts.map((each) => make(tag, tag === "th" ? { scope: "col" } : {}, each)));
}

function fileLink(run) {
  return make("a", { href: run[2] }, make("code", {}, `${run[1]}.json`));
}

function command(run) {
  return make("code", {}, `harness show ${run[1]}`);
}

function open(title, lead, columns, rows) {
  document.getElementById("dialog-title").textContent = title;
  document.getElementById("dialog-lead").textContent = lead;
  document.getElementById("dialog-columns").replaceChildren(cellsOf("th", columns));
  document.getElementById("dialog-rows").replaceChildren(...rows.map((row) => cellsOf("td", row)));
  dialog.showModal();
  document.getElementById("dialog-title").focus();
}

function sectionOf(element) {
  const name = element.closest("[data-section]").dataset.section;
  return DATA.find((section) => section.id === name);
}

function openRuns(link) {
  const section = sectionOf(link), cell = link.closest("td"), table = link.closest("table");
  const found = places(link.dataset.runs), values = section.values[link.dataset.values];
  const column = table.tHead.rows[0].cells[cell.cellIndex].textContent.trim();
  const corner = table.dataset.table === "curve" ? table.tHead.rows[0].cells[0].textContent.trim() : "";
  const shown = [".n", ".sd", "small"].map((part) => link.querySelector(part)?.textContent ?? "").filter(Boolean);
  const several = new Set(found.map((place) => section.owners[place])).size > 1;
  const rows = found.map((place, i) => {
    const run = section.runs[place];
    return [
      ...(several ? [section.methods[section.owners[place]].label] : []),
      String(run[0]), ...(values ? [values[i]] : []), fileLink(run), command(run),
    ];
  });
  const what = corner ? `${corner.replace(/ (q|x|s) (?=\S+( \S+)*$)/, ` ${column} `)}` : column;
  open(
    `${(cell.parentNode.cells[0].querySelector("a") ?? cell.parentNode.cells[0]).textContent.trim()}: ${what}`,
    `${shown.join(" ")} comes from ${found.length} run${found.length > 1 ? "s" : ""}.`,
    [...(several ? ["method"] : []), "seed", ...(values ? ["value"] : []), "file", "its ledger"],
    rows,
  );
}

if (dialog) {
  document.getElementById("dialog-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-runs]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openRuns(link);
  });
}
