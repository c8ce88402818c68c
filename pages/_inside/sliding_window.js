const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const states = new WeakMap(); // sheet → which number of the output is looked at, and of what

export default function ({ data, parentElement }) {
  const [about] = data;
  const sheet = parentElement.querySelector(".sheet");
  const state = states.get(sheet) ?? {};
  states.set(sheet, state);
  const text = JSON.stringify(about);
  if (state.text === text) return;
  // Another kernel on the same image is looked at in the same place.
  const image = JSON.stringify(about.image);
  if (state.image !== image || state.kind !== about.kind) state.place = about.start;
  Object.assign(state, { text, image, kind: about.kind });
  draw(sheet, about, state);
}

function draw(sheet, about, state) {
  const { image, output, before, after, stride, kind } = about;
  const padded = image.length + before + after;
  const [rows, columns] = [output.length, output[0].length];
  const top = largest(output) || 1;

  const input = figure(
    "input",
    before + after ? `Image and padding, ${padded} × ${padded}` : `Image, ${padded} × ${padded}`,
    scale("0", "255", false),
  );
  paint(input.canvas, padded, padded, (r, c) => {
    const value = image[r - before]?.[c - before];
    return value === undefined ? ((r + c) % 2 ? [52, 56, 64] : [72, 76, 84]) : [value, value, value];
  });
  const result = figure(
    "output",
    `Output, ${rows} × ${columns}`,
    scale(smallest(output) < 0 ? `−${spell(top)}` : "0", spell(top), smallest(output) < 0),
  );
  paint(result.canvas, rows, columns, (r, c) => colour(output[r][c] / top));
  const working = element("section", "working");
  const spoken = element("p", "spoken");
  spoken.setAttribute("aria-live", "polite");
  sheet.replaceChildren(input.figure, working, result.figure, spoken);

  const pad = result.stage;
  pad.tabIndex = 0;
  pad.setAttribute("role", "application");
  pad.setAttribute("aria-label", "Output; move the window with the arrow keys");
  const move = (r, c) => {
    r = clamp(r, rows - 1);
    c = clamp(c, columns - 1);
    state.place = [r, c];
    const first = [r * stride, c * stride];
    place(result.marker, r, c, 1, rows, columns);
    place(input.marker, ...first, about.window, padded, padded);
    working.replaceChildren(...explain(about, r, c, top));
  };
  const follow = ({ clientX, clientY }) => {
    const box = result.canvas.getBoundingClientRect();
    const [r, c] = [
      Math.floor(((clientY - box.top) / box.height) * rows),
      Math.floor(((clientX - box.left) / box.width) * columns),
    ];
    if (state.place[0] !== r || state.place[1] !== c) move(r, c);
  };
  pad.onpointermove = follow;
  pad.onpointerdown = follow;
  const lead = ({ clientX, clientY }) => {
    // On the image, the window that lies around what is pointed at.
    const box = input.canvas.getBoundingClientRect();
    const at = (from, start, size) =>
      Math.round((((from - start) / size) * padded - about.window / 2) / stride);
    move(at(clientY, box.top, box.height), at(clientX, box.left, box.width));
  };
  input.stage.onpointermove = lead;
  input.stage.onpointerdown = lead;
  pad.onkeydown = (event) => {
    const [down, right] = ARROWS[event.key] ?? [];
    if (down === undefined) return;
    event.preventDefault();
    move(state.place[0] + down, state.place[1] + right);
    const [r, c] = state.place;
    spoken.textContent = `Row ${r}, column ${c}: ${spell(output[r][c])}`;
  };
  move(...state.place);
}

/* What one number of the output is made of, as it would be worked out on paper. */
function explain(about, r, c, top) {
  const { image, kernel, window, stride, before, kind } = about;
  const cells = [];
  for (let i = 0; i < window; i++)
    for (let j = 0; j < window; j++) {
      const value = image[r * stride + i - before]?.[c * stride + j - before];
      cells.push({ value, weight: kernel?.[i][j] });
    }
  const table = element("table", `of-${window}`);
  table.setAttribute("aria-label", "The window");
  const inside = cells.filter(({ value }) => value !== undefined);
  const highest = Math.max(...inside.map(({ value }) => value));
  for (let i = 0; i < window; i++) {
    const line = element("tr");
    line.append(...cells.slice(i * window, (i + 1) * window).map((one) => cell(one, about, highest)));
    table.append(line);
  }
  const heading = element("h4", "", `Output at row ${r}, column ${c}`);
  return [heading, table, sum(about, cells, inside, highest, about.output[r][c], top)];
}

function cell({ value, weight }, { kind }, highest) {
  const td = element("td", value === undefined ? "outside" : "");
  const grey = value ?? 0;
  if (value !== undefined) {
    td.style.backgroundColor = `rgb(${grey} ${grey} ${grey})`;
    td.style.color = grey < 118 ? "#fff" : "#000";
  }
  if (kind !== "convolution") {
    td.append(element("b", "", value === undefined ? "–" : String(value)));
    if (kind === "max" && value === highest) td.classList.add("highest");
    return td;
  }
  td.append(element("span", "", `${grey} × ${spell(weight)}`));
  td.append(element("b", "", spell(grey * weight)));
  return td;
}

function sum({ kind, bias, relu }, cells, inside, highest, shown, top) {
  const lines = element("dl");
  const line = (word, value, isResult) => {
    const dd = element("dd", isResult ? "result" : "", spell(value));
    if (isResult) {
      const chip = element("i");
      chip.style.backgroundColor = `rgb(${colour(value / top).join(" ")})`;
      dd.prepend(chip);
    }
    lines.append(element("dt", "", word), dd);
  };
  if (kind === "max") line(`Largest of ${inside.length}`, highest, true);
  else if (kind === "average") {
    line("Sum", inside.reduce((total, { value }) => total + value, 0));
    line(`÷ ${inside.length}`, shown, true);
  } else {
    const total = cells.reduce((sum, { value, weight }) => sum + (value ?? 0) * weight, 0);
    line(`Sum of ${cells.length} products`, total, !bias && !relu);
    if (bias) line(`+ bias ${spell(bias)}`, total + bias, !relu);
    if (relu) line(total + bias < 0 ? "ReLU: below 0, so" : "ReLU: not below 0, so", shown, true);
  }
  return lines;
}

function figure(name, caption, legend) {
  const stage = element("div", "stage");
  const [canvas, marker] = [element("canvas"), element("div", "marker")];
  canvas.setAttribute("aria-hidden", "true");
  stage.append(canvas, marker);
  const whole = element("figure", name);
  whole.append(element("figcaption", "", caption), stage, legend);
  return { figure: whole, stage, canvas, marker };
}

/* One scale for everything: black is 0, white the most, and orange is below 0. */
function scale(low, high, isSigned) {
  const legend = element("div", "scale");
  legend.append(
    element("span", "", low),
    element("i", isSigned ? "signed" : ""),
    element("span", "", high),
  );
  return legend;
}

function colour(fraction) {
  const level = Math.min(1, Math.abs(fraction));
  const full = fraction < 0 ? [255, 100, 15] : [255, 255, 255];
  return full.map((channel) => Math.round(channel * level));
}

function paint(canvas, rows, columns, colourAt) {
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(columns, rows);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      pixels.data.set([...colourAt(r, c), 255], 4 * (r * columns + c));
  context.putImageData(pixels, 0, 0);
}

function place(marker, r, c, side, rows, columns) {
  Object.assign(marker.style, {
    top: `${(100 * r) / rows}%`,
    left: `${(100 * c) / columns}%`,
    height: `${(100 * side) / rows}%`,
    width: `${(100 * side) / columns}%`,
  });
}

function element(kind, className = "", text = "") {
  const made = document.createElement(kind);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function spell(number) {
  const size = Math.abs(number);
  const digits = Number.isInteger(number) || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
  const rounded = Number(number.toFixed(digits));
  return (Object.is(rounded, -0) ? 0 : rounded).toString().replace("-", "−");
}

const clamp = (number, most) => Math.min(most, Math.max(0, number));
const largest = (rows) => Math.max(...rows.flat().map(Math.abs));
const smallest = (rows) => Math.min(...rows.flat());
