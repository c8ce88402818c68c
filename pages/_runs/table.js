const SVG = "http://www.w3.org/2000/svg";
const STEP = 40; // rows drawn at first, and again whenever the end of them comes in sight
const AHEAD = 600; // px
const tables = new WeakMap(); // frame element → the table drawn in it

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".frame");
  if (!tables.has(frame)) tables.set(frame, new RunsTable(frame, data.seq));
  tables.get(frame).update(data, (view) => setTriggerValue("view", view));
}

class RunsTable {
  constructor(frame, seq) {
    this.seq = seq; // of the last change sent: what the server says of an earlier one is outdated
    this.drawn = new Map(); // id → { element, text, … }
    this.sorting = { column: null, down: false };
    this.unfolded = new Set(); // ids of groups that fold and were opened
    this.most = STEP; // rows drawn
    this.table = frame.appendChild(create("table"));
    this.head = this.table.appendChild(create("thead")).appendChild(create("tr"));
    this.body = this.table.appendChild(create("tbody"));
    this.body.onkeydown = (event) => this.move(event);
    this.table.setAttribute("aria-label", "Runs");
    frame.onscroll = () => {
      const below = frame.scrollHeight - frame.clientHeight - frame.scrollTop;
      if (below < AHEAD) this.drawMore();
    };
  }

  drawMore() {
    if (this.most >= this.data.rows.length) return;
    this.most += STEP;
    this.drawBody();
    this.mark();
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    if (data.seq >= this.seq) {
      this.seq = data.seq;
      this.shown = [...data.shown];
      this.selected = new Set(data.selected);
      this.opened = data.opened;
    }
    if (this.opened !== this.cameFrom) {
      // A run that an address opens is in sight.
      const group = data.rows.find((row) => row.folds && row.members.includes(this.opened));
      if (group) this.unfolded.add(group.id);
      this.cameFrom = this.opened;
    }
    const columns = JSON.stringify(data.columns);
    if (columns !== this.columns) {
      this.keepSorting(data.columns);
      this.columns = columns;
      this.drawn.clear();
      this.drawHead();
    }
    this.drawBody();
    this.mark();
  }

  // Columns come and go with the filter; the rows stay sorted by what they were sorted by.
  keepSorting(columns) {
    const { column } = this.sorting;
    if (column === null) return;
    const by = JSON.parse(this.columns)[column].label;
    const place = columns.findIndex(({ label }) => label === by);
    if (place < 0) this.sorting = { column: null, down: false };
    else this.sorting.column = place;
  }

  drawHead() {
    this.all = create("input", "", { type: "checkbox", ariaLabel: "Select all runs listed" });
    this.all.onchange = () => this.select(this.data.rows, this.all.checked);
    const cells = [create("th", "tick"), create("th", "eye")];
    cells[0].append(this.all);
    cells[1].append(create("span", "unseen", { textContent: "In the chart" }));
    this.data.columns.forEach((column, place) => {
      const cell = create("th", column.kind);
      cell.scope = "col";
      const button = create("button", "", { type: "button", textContent: column.label });
      button.title = column.help || `Sort by ${column.label}`;
      button.onclick = () => this.sortBy(place);
      cell.append(button);
      cells.push(cell);
    });
    this.head.replaceChildren(...cells);
  }

  sortBy(place) {
    const { column, down } = this.sorting;
    const isNumber = this.data.columns[place].kind === "number";
    if (column !== place) this.sorting = { column: place, down: isNumber };
    else if (down === isNumber) this.sorting = { column: place, down: !down };
    else this.sorting = { column: null, down: false };
    this.most = STEP;
    this.drawBody();
    this.mark();
  }

  drawBody() {
    const before = this.drawn;
    this.drawn = new Map();
    const rows = this.inSight(this.inOrder());
    const opened = rows.findIndex((row) => row.id === this.opened);
    this.most = Math.max(this.most, Math.ceil((opened + 1) / STEP) * STEP);
    this.table.setAttribute("aria-rowcount", rows.length + 1); // with the head
    const elements = rows.slice(0, this.most).map((row) => {
      const text = JSON.stringify([row.cells, row.name, row.tags, row.best, row.members, this.isUnfolded(row)]);
      const known = before.get(row.id);
      const entry = known?.text === text ? known : this.drawRow(row, text);
      entry.row = row;
      this.drawn.set(row.id, entry);
      return entry.element;
    });
    const isSame =
      elements.length === this.body.children.length &&
      elements.every((element, place) => element === this.body.children[place]);
    if (isSame) return;
    const focused = this.body.getRootNode().activeElement;
    const place = focused?.closest("tr")?.dataset.id;
    const kind = focused?.dataset.kind;
    this.body.replaceChildren(...elements);
    if (place && this.drawn.has(place)) this.focus(this.drawn.get(place).element, kind);
  }

  // Without the runs of groups that are folded.
  inSight(rows) {
    let hidden = false;
    return rows.filter((row) => {
      if (!row.inGroup) hidden = Boolean(row.folds) && !this.isUnfolded(row);
      return !row.inGroup || !hidden;
    });
  }

  isUnfolded(row) {
    return Boolean(row.folds) && this.unfolded.has(row.id);
  }

  fold(row) {
    if (!this.unfolded.delete(row.id)) this.unfolded.add(row.id);
    this.drawBody();
    this.mark();
  }

  inOrder() {
    const { column, down } = this.sorting;
    if (column === null) return this.data.rows;
    const blocks = []; // a group's line and its runs stay together
    for (const row of this.data.rows) {
      if (row.inGroup) blocks.at(-1).push(row);
      else blocks.push([row]);
    }
    const value = (row) => row.sort[column];
    const compare = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return (x === null) - (y === null); // unknown: always last
      const order = typeof x === "number" ? x - y : String(x).localeCompare(String(y));
      return down ? -order : order;
    };
    for (const block of blocks) block.splice(1, block.length, ...block.slice(1).sort(compare));
    return blocks.sort((a, b) => compare(a[0], b[0])).flat();
  }

  drawRow(row, text) {
    const element = create("tr", row.members ? "group" : row.inGroup ? "member" : "");
    element.dataset.id = row.id;
    const box = create("input", "", { type: "checkbox", ariaLabel: `Select ${row.name}` });
    box.dataset.kind = "tick";
    box.onchange = () => this.select([row], box.checked);
    const eye = create("button", "", { type: "button" });
    eye.dataset.kind = "eye";
    eye.append(drawEye());
    eye.onclick = () => this.show(row);
    const cells = [create("td", "tick"), create("td", "eye")];
    cells[0].append(box);
    if (row.members || row.hasCurves) cells[1].append(eye);
    row.cells.forEach((content, place) => {
      const cell = create("td", this.data.columns[place].kind);
      if (this.data.columns[place].kind === "tags") {
        for (const tag of row.tags) cell.append(create("span", "tag", { textContent: tag }));
      } else if (place) {
        cell.textContent = content; // never innerHTML: cells are data
        if (content.length > 24) cell.title = content;
      } else this.drawName(cell, row);
      cells.push(cell);
    });
    element.append(...cells);
    element.onclick = (event) => {
      if (event.target.closest("input, button")) return;
      if (row.folds) this.fold(row);
      else if (!row.members) this.open(row);
    };
    cells[0].onclick = (event) => {
      event.stopPropagation();
      if (event.target !== box) box.click();
    };
    return { element, box, eye, text };
  }

  drawName(cell, row) {
    const isButton = row.folds || !row.members;
    const name = create(isButton ? "button" : "span", "name", { textContent: row.name });
    name.title = row.name;
    name.dataset.kind = "name";
    if (isButton) {
      name.type = "button";
      name.onclick = () => (row.folds ? this.fold(row) : this.open(row));
    }
    if (row.folds) {
      name.classList.add("folds");
      name.ariaExpanded = this.isUnfolded(row);
    }
    cell.append(name);
    if (row.best) cell.append(create("span", "best", { textContent: "★ best", title: row.best }));
  }

  idsOf(row) {
    return row.members ?? [row.id];
  }

  select(rows, isOn) {
    for (const id of rows.flatMap((row) => this.idsOf(row))) {
      if (isOn) this.selected.add(id);
      else this.selected.delete(id);
    }
    if (isOn && rows.length === 1) this.addToChart(this.idsOf(rows[0]));
    this.tell();
  }

  show(row) {
    const ids = this.idsOf(row);
    if (ids.some((id) => this.shown.includes(id)))
      this.shown = this.shown.filter((id) => !ids.includes(id));
    else this.addToChart(ids);
    this.tell();
  }

  addToChart(ids) {
    const drawable = new Set(this.data.rows.filter((row) => row.hasCurves).map((row) => row.id));
    const fresh = ids.filter((id) => !this.shown.includes(id) && drawable.has(id));
    this.shown.push(...fresh.slice(0, this.data.most - this.shown.length));
  }

  open(row) {
    this.opened = this.opened === row.id ? null : row.id;
    this.tell();
  }

  tell() {
    this.seq += 1;
    this.mark();
    const { seq, shown, selected, opened } = this;
    this.send({ seq, shown, selected: [...selected], opened });
  }

  mark() {
    const isFull = this.shown.length >= this.data.most;
    for (const [id, { element, box, eye, row }] of this.drawn) {
      const ids = this.idsOf(row);
      const count = ids.filter((one) => this.selected.has(one)).length;
      const inChart = ids.some((one) => this.shown.includes(one));
      box.checked = count === ids.length;
      box.indeterminate = count > 0 && count < ids.length;
      element.classList.toggle("selected", count > 0);
      element.classList.toggle("opened", id === this.opened);
      eye.setAttribute("aria-pressed", inChart);
      eye.disabled = isFull && !inChart;
      const what = inChart ? `Hide ${row.name}` : `Show ${row.name} in the chart`;
      eye.title = eye.disabled ? `${this.data.most} curves at most: hide one first` : what;
      eye.ariaLabel = what;
      const coloured = ids.find((one) => this.data.colours[one]);
      eye.style.color = inChart ? (this.data.colours[coloured] ?? "") : "";
    }
    const listed = this.data.rows.flatMap((row) => this.idsOf(row));
    const ticked = listed.filter((id) => this.selected.has(id)).length;
    this.all.checked = ticked > 0 && ticked === listed.length;
    this.all.indeterminate = ticked > 0 && ticked < listed.length;
    [...this.head.children].slice(2).forEach((cell, place) => {
      const isBy = this.sorting.column === place;
      cell.ariaSort = isBy ? (this.sorting.down ? "descending" : "ascending") : "none";
    });
    this.rove();
  }

  // One tab stop for each of a row's controls; the arrow keys move between the rows.
  rove(current = null) {
    const rows = [...this.body.children];
    const kept = rows.find((row) => row.querySelector("[tabindex='0']"));
    const active = current ?? kept ?? rows[0];
    for (const control of this.body.querySelectorAll("[data-kind]"))
      control.tabIndex = control.closest("tr") === active ? 0 : -1;
  }

  move(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const kind = event.target.dataset.kind;
    const next = step && event.target.closest("tr")[step];
    if (!next || !kind) return;
    event.preventDefault();
    this.focus(next, kind);
  }

  focus(row, kind) {
    const control = row.querySelector(`[data-kind="${kind}"]`) ?? row.querySelector("input");
    this.rove(row);
    control.focus();
  }
}

function create(tag, className = "", properties = {}) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  return Object.assign(element, properties);
}

function drawEye() {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  for (const [kind, shape] of [
    ["lid", "M2 12 Q12 1 22 12 Q12 23 2 12 Z"],
    ["pupil", "M12 8 a4 4 0 1 0 0.01 0 Z"],
    ["slash", "M4 4 L20 20"],
  ]) {
    const path = picture.appendChild(document.createElementNS(SVG, "path"));
    path.setAttribute("class", kind);
    path.setAttribute("d", shape);
  }
  return picture;
}
