// A square to draw on, white on black. The strokes live here; Python gets the picture as it is
// after each stroke, at once.
const SIDE = 336; // pixels of the picture, whatever size the canvas has on screen
const MAX_STROKES = 1000;
const pads = new WeakMap(); // root element → its pad

export default function ({ parentElement, setStateValue }) {
  const root = parentElement.querySelector(".draw");
  if (!pads.has(root)) pads.set(root, makePad(root));
  pads.get(root).send = (drawing) => setStateValue("drawing", drawing);
}

function makePad(root) {
  const canvas = root.querySelector("canvas");
  const context = canvas.getContext("2d");
  const buttons = Object.fromEntries(
    [...root.querySelectorAll("button")].map((button) => [button.name, button]),
  );
  const brush = root.querySelector("input");
  const pad = { send: () => {} };
  let strokes = [];
  let undone = [];
  let current = null; // the stroke under way

  function changed() {
    buttons.undo.disabled = !strokes.length;
    buttons.redo.disabled = !undone.length;
    buttons.clear.disabled = !strokes.length;
    pad.send({ image: strokes.length ? canvas.toDataURL("image/png") : null });
  }

  function redraw() {
    context.fillStyle = "black";
    context.fillRect(0, 0, SIDE, SIDE);
    strokes.forEach((stroke) => drawStroke(context, stroke));
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * SIDE) / box.width,
      ((event.clientY - box.top) * SIDE) / box.height,
    ];
  }

  canvas.onpointerdown = (event) => {
    if (current || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const erases = buttons.eraser.getAttribute("aria-pressed") === "true";
    current = { pointer: event.pointerId, erases, width: +brush.value, points: [place(event)] };
    drawStroke(context, current);
  };
  canvas.onpointermove = (event) => {
    if (event.pointerId !== current?.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const point of events.length ? events : [event]) {
      current.points.push(place(point));
      drawStroke(context, { ...current, points: current.points.slice(-2) });
    }
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (event.pointerId !== current?.pointer) return;
    strokes = [...strokes.slice(-MAX_STROKES), current];
    undone = [];
    current = null;
    redraw(); // in one piece, as undo and redo will draw it
    changed();
  };

  function undo() {
    if (current || !strokes.length) return;
    undone.push(strokes.pop());
    redraw();
    changed();
  }
  function redo() {
    if (current || !undone.length) return;
    strokes.push(undone.pop());
    redraw();
    changed();
  }
  buttons.undo.onclick = undo;
  buttons.redo.onclick = redo;
  buttons.clear.onclick = () => {
    undone = strokes.reverse(); // so that redo brings it back, stroke by stroke
    strokes = [];
    redraw();
    changed();
  };
  buttons.eraser.onclick = () => {
    const pressed = buttons.eraser.getAttribute("aria-pressed") === "true";
    buttons.eraser.setAttribute("aria-pressed", !pressed);
  };
  root.onkeydown = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    event.shiftKey ? redo() : undo();
  };
  redraw();
  return pad;
}

function drawStroke(context, { erases, width, points }) {
  context.strokeStyle = erases ? "black" : "white";
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(...points[0]);
  points.forEach((point) => context.lineTo(...point)); // the first one too: a dot is a line
  context.stroke();
}
