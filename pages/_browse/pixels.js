const SIDE = 28;
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PAUSE = 200; // ms after the last arrow key until the server hears of it
const states = new WeakMap(); // table → what it shows and which pixel is picked

export default function ({ data, parentElement, setTriggerValue }) {
  const [values, picked] = data;
  const table = parentElement.querySelector("table");
  const readout = parentElement.querySelector("p");
  const state = states.get(table) ?? {};
  states.set(table, state);
  const text = JSON.stringify(values);
  if (state.text !== text) {
    draw(table, values);
    state.text = text;
  }
  // While a pick is on its way, the server's answer is about an earlier one.
  if (!state.timer) [state.row, state.column] = picked;

  const say = (r, c) => {
    const name = `pixel${r * SIDE + c + 1}`;
    readout.textContent = `Row ${r}, column ${c}: ${name} is ${values[r][c]}`;
  };
  const show = () => {
    frame(table, state.row, state.column);
    say(state.row, state.column);
  };
  const pick = (r, c, pause) => {
    [state.row, state.column] = [r, c];
    show();
    clearTimeout(state.timer);
    state.timer = setTimeout(() => {
      state.timer = undefined;
      setTriggerValue("picked", [r, c]);
    }, pause);
  };
  show();

  table.onmouseover = ({ target }) => target.dataset.row && say(...place(target));
  table.onmouseleave = show;
  table.onclick = ({ target }) => target.dataset.row && pick(...place(target), 0);
  table.onkeydown = (event) => {
    const [down, right] = ARROWS[event.key] ?? [];
    if (down === undefined) return;
    event.preventDefault();
    pick(clamp(state.row + down), clamp(state.column + right), PAUSE);
  };
}

function draw(table, values) {
  table.setAttribute("aria-label", "Pixel values; move with the arrow keys");
  const head = line([cell("th", ""), ...values[0].map((_, c) => cell("th", c))]);
  const rows = values.map((numbers, r) =>
    line([cell("th", r), ...numbers.map((value, c) => pixel(value, r, c))]),
  );
  table.replaceChildren(head, ...rows);
}

function pixel(value, r, c) {
  const td = cell("td", value);
  td.dataset.row = r;
  td.dataset.column = c;
  td.style.backgroundColor = `rgb(${value} ${value} ${value})`;
  td.className = value === 0 ? "zero" : value < 118 ? "dark" : "light";
  return td;
}

function cell(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}

function line(cells) {
  const tr = document.createElement("tr");
  tr.append(...cells);
  return tr;
}

function frame(table, r, c) {
  table.querySelector(".picked")?.classList.remove("picked");
  table.rows[r + 1].cells[c + 1].classList.add("picked");
}

const place = (td) => [Number(td.dataset.row), Number(td.dataset.column)];
const clamp = (number) => Math.min(SIDE - 1, Math.max(0, number));
