// Sorting, and moving between the numbers of a table with the arrow keys: one stop of Tab per table.
function sortable(table) {
  const body = table.querySelector("tbody.body");
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => {
    if (!column) return row.cells[0].textContent.trim();
    const text = row.cells[column].dataset.v;
    return text === "" || text === undefined ? null : Number(text);
  };
  const sort = (column, falls) => {
    const sign = falls ? -1 : 1;
    const rows = [...body.rows].map((row) => [key(row, column), row]);
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (column ? (a > b) - (a < b) : a.localeCompare(b));
    });
    body.append(...rows.map(([, row]) => row));
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", falls ? "descending" : "ascending");
  };
  heads.forEach((head, column) => {
    const button = make("button", { type: "button" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      sort(column, now ? now === "ascending" : head.dataset.first === "desc");
    });
  });
}

function roving(table) {
  const link = (row, column) => row?.cells[column]?.querySelector("a");
  const all = [...table.querySelectorAll("tbody a")];
  all.forEach((each, place) => { each.tabIndex = place ? -1 : 0; });
  const go = (to) => {
    if (!to) return;
    all.forEach((each) => { each.tabIndex = -1; });
    to.tabIndex = 0;
    to.focus();
  };
  const step = (cell, across, down) => {
    const rows = [...table.querySelectorAll("tbody tr")];
    let row = rows.indexOf(cell.parentNode), column = cell.cellIndex;
    for (;;) {
      row += down;
      column += across;
      if (!rows[row]?.cells[column]) return null;
      const found = link(rows[row], column);
      if (found) return found;
    }
  };
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("tbody td, tbody th");
    if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
    const links = [...cell.parentNode.querySelectorAll("a")];
    const to = {
      ArrowLeft: () => step(cell, -1, 0), ArrowRight: () => step(cell, 1, 0),
      ArrowUp: () => step(cell, 0, -1), ArrowDown: () => step(cell, 0, 1),
      Home: () => links[0], End: () => links.at(-1),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    go(to());
  });
  table.addEventListener("focusin", (event) => {
    if (event.target.matches("tbody a")) {
      all.forEach((each) => { each.tabIndex = -1; });
      event.target.tabIndex = 0;
    }
  });
}

document.querySelectorAll("table.sortable").forEach(sortable);
document.querySelectorAll("table.sortable, table.matrix").forEach(roving);

// A link to a run inside a closed list opens the list.
function reveal() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const list = target && target.closest("details");
  if (list && !list.open) {
    list.open = true;
    target.scrollIntoView({ block: "center" });
  }
}
addEventListener("hashchange", reveal);
reveal();
