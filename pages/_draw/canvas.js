// A square to draw on, white on black. The strokes live here and in this browser's storage; Python
// gets them at once after each change, and may replace them.
// The first three are those of fmnist/drawing/strokes.py, which refuses more.
const SIDE = 256; // places on either side, whatever size the canvas has on screen
const MAX_STROKES = 250;
const MAX_POINTS = 2000; // of all strokes together
const FINER = 2; // pixels to a place
const MAX_RAW_POINTS = 5000; // of the stroke under way
const MAX_STEPS_BACK = 200;
const TOLERANCE = 0.6; // places; how far a simplified stroke may lie from the drawn one
const IDLE_AFTER = 450; // ms without a change
const STORED_AS = "fmnist-lab-drawing";
const pads = new WeakMap(); // root element → its pad

export default function ({ data: [data], parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".draw");
  if (!pads.has(root)) pads.set(root, makePad(root));
  const pad = pads.get(root);
  pad.send = (strokes) => setStateValue("drawing", { version: pad.version, strokes });
  pad.idle = () => setTriggerValue("idle", true);
  if (data.version === pad.version) return;
  pad.version = data.version;
  pad.meet(data.strokes);
}

function makePad(root) {
  const canvas = root.querySelector("canvas");
  const context = canvas.getContext("2d");
  const note = root.querySelector(".note");
  const brush = root.querySelector("input");
  const buttons = Object.fromEntries(
    [...root.querySelectorAll("button")].map((button) => [button.name, button]),
  );
  const pad = {};
  let strokes = [];
  let before = []; // what undo brings back: the strokes as they were, the latest last
  let after = []; // what redo does
  let pointer = null; // of the finger or mouse that draws
  let current = null; // the stroke under way
  let timer = null;

  function show(next) {
    strokes = next;
    context.fillStyle = "black";
    context.fillRect(0, 0, canvas.width, canvas.height);
    strokes.forEach((stroke) => drawStroke(context, stroke));
    buttons.undo.disabled = !before.length;
    buttons.redo.disabled = !after.length;
    buttons.clear.disabled = !strokes.length;
    note.hidden = !isFull();
    store(strokes);
  }
  function change(next) {
    before = [...before.slice(-MAX_STEPS_BACK), strokes];
    after = [];
    show(next);
    tell();
  }
  function tell() {
    pad.send(strokes);
    clearTimeout(timer);
    timer = setTimeout(() => !current && pad.idle(), IDLE_AFTER);
  }
  pad.meet = (given) => {
    if (!given.length) {
      if (strokes.length) tell(); // Python has just met this tab
    } else if (JSON.stringify(given) !== JSON.stringify(strokes)) {
      if (strokes.length) before.push(strokes);
      after = [];
      show(given);
    }
  };

  const count = () => strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
  const isFull = () => strokes.length >= MAX_STROKES || count() > MAX_POINTS - 2;

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * SIDE) / box.width - 0.5,
      ((event.clientY - box.top) * SIDE) / box.height - 0.5,
    ];
  }
  function extend(point) {
    if (!current) {
      if (!isInside(point) || isFull()) return;
      const erases = buttons.eraser.getAttribute("aria-pressed") === "true";
      current = { width: +brush.value, erases, points: [] };
    }
    if (current.points.length < MAX_RAW_POINTS) current.points.push(point.map(toPlace));
    drawStroke(context, { ...current, points: current.points.slice(-2) });
    if (!isInside(point)) finish(); // a new stroke begins where the pen comes back
  }
  function finish() {
    if (!current) return;
    const { points, ...stroke } = current;
    current = null;
    change([...strokes, { ...stroke, points: simplify(points, MAX_POINTS - count()) }]);
  }

  canvas.onpointerdown = (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    clearTimeout(timer);
    extend(place(event));
  };
  canvas.onpointermove = (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    (events.length ? events : [event]).forEach((one) => extend(place(one)));
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    finish();
  };

  buttons.undo.onclick = () => {
    if (current || !before.length) return;
    after.push(strokes);
    show(before.pop());
    tell();
  };
  buttons.redo.onclick = () => {
    if (current || !after.length) return;
    before.push(strokes);
    show(after.pop());
    tell();
  };
  buttons.clear.onclick = () => strokes.length && change([]);
  buttons.eraser.onclick = () => {
    const pressed = buttons.eraser.getAttribute("aria-pressed") === "true";
    buttons.eraser.setAttribute("aria-pressed", !pressed);
  };
  root.onkeydown = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    buttons[event.shiftKey ? "redo" : "undo"].onclick();
  };
  show(stored());
  return pad;
}

function drawStroke(context, { erases, width, points }) {
  context.setTransform(FINER, 0, 0, FINER, FINER / 2, FINER / 2); // a place is a square's middle
  context.strokeStyle = erases ? "black" : "white";
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(...points[0]);
  points.forEach((point) => context.lineTo(...point)); // the first one too: a dot is a line
  context.stroke();
  context.resetTransform();
}

const toPlace = (value) => Math.min(SIDE - 1, Math.max(0, Math.round(value)));
const isInside = (point) => point.every((value) => value >= -0.5 && value <= SIDE - 0.5);

// At most `most` points, as near to all of them as that allows.
function simplify(points, most) {
  let tolerance = TOLERANCE;
  let kept = keepCorners(points, tolerance);
  while (kept.length > most) kept = keepCorners(points, (tolerance *= 2));
  return kept;
}

// Ramer 1972, Douglas and Peucker 1973: the ends, and what lies far from the line between them.
function keepCorners(points, tolerance) {
  const kept = new Set([0, points.length - 1]);
  const parts = [[0, points.length - 1]];
  while (parts.length) {
    const [first, last] = parts.pop();
    let farthest = tolerance;
    let corner = null;
    for (let i = first + 1; i < last; i++) {
      const distance = distanceToLine(points[i], points[first], points[last]);
      if (distance > farthest) [farthest, corner] = [distance, i];
    }
    if (corner === null) continue;
    kept.add(corner);
    parts.push([first, corner], [corner, last]);
  }
  return points.filter((_, i) => kept.has(i));
}

function distanceToLine([x, y], [x1, y1], [x2, y2]) {
  const [width, height] = [x2 - x1, y2 - y1];
  const square = width * width + height * height;
  const share = square ? ((x - x1) * width + (y - y1) * height) / square : 0;
  const nearest = Math.min(1, Math.max(0, share));
  return Math.hypot(x - x1 - nearest * width, y - y1 - nearest * height);
}

function store(strokes) {
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(strokes));
  } catch {
    // Storage is full or forbidden: the drawing lasts as long as the tab.
  }
}

function stored() {
  try {
    const strokes = JSON.parse(localStorage.getItem(STORED_AS)) ?? [];
    strokes.forEach(({ points }) => points.forEach(([x, y]) => x + y)); // throws unless strokes
    return strokes;
  } catch {
    return [];
  }
}
