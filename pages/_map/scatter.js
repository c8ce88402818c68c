const MOST_CORNERS = 60;
const SHEETS = Symbol.for("fmnist thumbnails"); // key → { image, columns }, of the whole tab
const NEAR = 14; // pixels between the pointer and the point it means
const APART = 6; // pixels between two corners of an outline
const THUMBNAIL = 84;
const drawn = new WeakMap(); // root element → its state

export default function ({ data: [data], parentElement, setTriggerValue }) {
  if (data.sheet) return keepSheet(data);
  const root = parentElement.querySelector(".map");
  const state = drawn.get(root) ?? begin(root);
  state.send = (name, value) => setTriggerValue(name, { value, content: data.content });
  if (state.data?.content !== data.content) {
    state.data = data;
    state.points = unpack(data.points, Uint16Array);
    state.labels = unpack(data.labels, Uint8Array);
    state.predictions = unpack(data.predictions, Uint8Array);
    state.confidence = unpack(data.confidence, Uint8Array);
    state.shown = data.shown && unpack(data.shown, Uint8Array);
    state.outline = data.outline.map(([x, y]) => [x / data.units, y / data.units]);
    state.canvas.setAttribute("aria-label", data.label);
    drawLegend(root.querySelector(".legend"), data.legend);
  }
  const key = data.key;
  if (!globalThis[SHEETS]?.has(key) && state.asked !== data.content) {
    state.asked = data.content; // again with the next points, should the answer be lost
    setTriggerValue("lacks", key);
  }
  draw(state);
}

function keepSheet(data) {
  const sheets = (globalThis[SHEETS] ??= new Map());
  const image = new Image();
  image.src = data.sheet;
  sheets.clear(); // one dataset at a time
  sheets.set(data.key, { image, columns: data.columns });
}

function unpack(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Kind(bytes.buffer);
}

function begin(root) {
  const canvas = root.querySelector(".points");
  const state = { root, canvas, outline: [], path: null, hovered: -1 };
  drawn.set(root, state);
  new ResizeObserver(() => state.data && draw(state)).observe(canvas);
  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    state.path = [place(canvas, event)];
    state.box = event.shiftKey;
  };
  canvas.onpointermove = (event) => {
    const at = place(canvas, event);
    if (state.path) extend(state, at);
    else hover(state, at);
  };
  canvas.onpointerup = (event) => finish(state, place(canvas, event));
  canvas.onpointercancel = () => {
    state.path = null;
    draw(state);
  };
  canvas.onpointerleave = () => state.path || hover(state, null);
  return state;
}

function place(canvas, event) {
  const box = canvas.getBoundingClientRect();
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  return [clamp(event.clientX - box.left, box.width), clamp(event.clientY - box.top, box.height)];
}

function extend(state, at) {
  const last = state.path.at(-1);
  if (Math.hypot(at[0] - last[0], at[1] - last[1]) < APART) return;
  if (state.box) state.path = rectangle(state.path[0], at);
  else state.path.push(at);
  hover(state, null);
  draw(state);
}

function rectangle([x1, y1], [x2, y2]) {
  return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
}

function finish(state, at) {
  const path = state.path;
  state.path = null;
  if (!path) return;
  if (path.length < 3) {
    const index = nearest(state, at);
    if (index >= 0) state.send("opened", index);
    return draw(state);
  }
  const step = Math.ceil(path.length / MOST_CORNERS);
  const { width, height } = inner(state);
  const units = state.data.units;
  state.send(
    "outlined",
    path
      .filter((_, number) => number % step === 0)
      .map(([x, y]) => [toUnits(x, width, units), toUnits(y, height, units)]),
  );
  state.outline = path.map(([x, y]) => [(x - PAD) / width, (y - PAD) / height]);
  draw(state);
}

const PAD = 8; // pixels around the points

function inner({ canvas }) {
  return { width: canvas.clientWidth - 2 * PAD, height: canvas.clientHeight - 2 * PAD };
}

function toUnits(value, size, units) {
  return Math.min(Math.max(Math.round(((value - PAD) / size) * units), 0), units - 1);
}

function draw(state) {
  const { canvas, data, points } = state;
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const { width, height } = inner(state);
  const faded = style(state.root, "--st-faded-text-color") || "#8888";
  const at = (index) => [
    PAD + (points[2 * index] / data.largest) * width,
    PAD + (points[2 * index + 1] / data.largest) * height,
  ];
  const dot = (index, side) => {
    const [x, y] = at(index);
    context.fillRect(x - side / 2, y - side / 2, side, side);
  };
  const shown = state.shown;
  const groups = data.colours.map(() => []);
  context.fillStyle = faded;
  context.globalAlpha = 0.25;
  for (let index = 0; index < state.labels.length; index++) {
    if (shown && !shown[index]) dot(index, 2);
    else groups[group(state, index)].push(index);
  }
  context.globalAlpha = shown ? 0.95 : 0.75;
  groups.forEach((members, number) => {
    context.fillStyle = data.colours[number];
    for (const index of members) dot(index, shown ? 4.5 : 3);
  });
  context.globalAlpha = 1;
  const corners = state.path ?? state.outline.map(([x, y]) => [PAD + x * width, PAD + y * height]);
  if (corners.length > 1) outline(context, corners, style(state.root, "--st-text-color"));
  if (state.hovered >= 0) {
    const [x, y] = at(state.hovered);
    context.strokeStyle = style(state.root, "--st-text-color");
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.stroke();
  }
}

function outline(context, corners, colour) {
  context.beginPath();
  corners.forEach(([x, y], number) => (number ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 0.06;
  context.fill();
  context.globalAlpha = 1;
}

function style(root, name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

function group({ data, labels, predictions }, index) {
  if (data.by === "true") return labels[index];
  if (data.by === "predicted") return predictions[index];
  return labels[index] === predictions[index] ? 0 : 1;
}

function nearest(state, [x, y]) {
  const { points, data, shown } = state;
  const { width, height } = inner(state);
  let best = -1;
  let least = NEAR ** 2;
  for (let index = 0; index < state.labels.length; index++) {
    if (shown && !shown[index]) continue;
    const dx = PAD + (points[2 * index] / data.largest) * width - x;
    const dy = PAD + (points[2 * index + 1] / data.largest) * height - y;
    const distance = dx * dx + dy * dy;
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}

function hover(state, at) {
  const index = at ? nearest(state, at) : -1;
  if (index === state.hovered) return;
  state.hovered = index;
  const tip = state.root.querySelector(".tip");
  tip.hidden = index < 0;
  state.canvas.style.cursor = index < 0 ? "crosshair" : "pointer";
  if (index >= 0) {
    fillTip(state, tip, index);
    const right = at[0] > state.canvas.clientWidth / 2;
    const low = at[1] > state.canvas.clientHeight / 2;
    tip.style.left = right ? "auto" : `${at[0] + 16}px`;
    tip.style.right = right ? `${state.canvas.clientWidth - at[0] + 16}px` : "auto";
    tip.style.top = low ? "auto" : `${at[1] + 16}px`;
    tip.style.bottom = low ? `${state.canvas.clientHeight - at[1] + 16}px` : "auto";
  }
  draw(state);
}

function fillTip({ data, labels, predictions, confidence }, tip, index) {
  const sheet = globalThis[SHEETS]?.get(data.key);
  const picture = tip.querySelector("canvas");
  picture.width = picture.height = THUMBNAIL;
  const context = picture.getContext("2d");
  if (sheet?.image.complete) {
    const x = (index % sheet.columns) * data.side;
    const y = Math.floor(index / sheet.columns) * data.side;
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet.image, x, y, data.side, data.side, 0, 0, THUMBNAIL, THUMBNAIL);
  }
  const [name, said] = tip.querySelectorAll("span");
  name.textContent = `${data.names[labels[index]]} → ${data.names[predictions[index]]}`;
  said.textContent = `${confidence[index]} % confident`;
}

function drawLegend(legend, entries) {
  legend.replaceChildren(
    ...entries.map(([name, colour]) => {
      const entry = document.createElement("span");
      const chip = document.createElement("i");
      chip.style.background = colour;
      entry.append(chip, name); // as text: names are data
      return entry;
    }),
  );
}
