const SIDE = 28;
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const states = new WeakMap(); // sheet → the paint on it, and of which image

/* Paint is 784 greys, null where untouched; after each stroke all of it goes to Python. */
export default function ({ data: [about], parentElement, setTriggerValue }) {
  const sheet = parentElement.querySelector(".sheet");
  const [canvas, cursor] = [sheet.querySelector("canvas"), sheet.querySelector(".cursor")];
  const stage = sheet.querySelector(".stage");
  const state = states.get(sheet) ?? { at: [14, 14] };
  states.set(sheet, state);
  if (state.content !== about.content) {
    // Later, what is painted here is ahead of what Python knows.
    Object.assign(state, { content: about.content, paint: read(about.paint) });
  }
  const value = (name) => sheet.querySelector(`[name=${name}]`).value;
  const tool = () => sheet.querySelector("[name=tool]:checked").value;

  const show = () => {
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(SIDE, SIDE);
    state.paint.forEach((painted, place) => {
      const grey = painted ?? about.image[place];
      pixels.data.set([grey, grey, grey, 255], 4 * place);
    });
    context.putImageData(pixels, 0, 0);
  };
  const square = ([row, column]) => {
    const size = Number(value("size"));
    const from = [row, column].map((middle) => middle - Math.floor((size - 1) / 2));
    return { size, from };
  };
  const point = () => {
    const { size, from } = square(state.at);
    Object.assign(cursor.style, {
      top: `${(100 * from[0]) / SIDE}%`,
      left: `${(100 * from[1]) / SIDE}%`,
      width: `${(100 * size) / SIDE}%`,
      height: `${(100 * size) / SIDE}%`,
    });
  };
  const dab = (at) => {
    const grey = { erase: 0, paint: Number(value("grey")), restore: null }[tool()];
    const { size, from } = square(at);
    for (let row = from[0]; row < from[0] + size; row++)
      for (let column = from[1]; column < from[1] + size; column++)
        if (row >= 0 && row < SIDE && column >= 0 && column < SIDE)
          state.paint[row * SIDE + column] = grey;
  };
  const stroke = (from, to) => {
    const steps = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]));
    for (let step = 0; step <= steps; step++)
      dab([0, 1].map((axis) => Math.round(from[axis] + ((to[axis] - from[axis]) * step) / steps)));
    show();
  };
  const send = () => {
    const text = state.paint
      .map((grey) => (grey === null ? ".." : grey.toString(16).padStart(2, "0")))
      .join("");
    setTriggerValue("painted", { paint: text, content: about.content });
  };
  const place = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [
      Math.floor(((clientY - box.top) / box.height) * SIDE),
      Math.floor(((clientX - box.left) / box.width) * SIDE),
    ];
  };

  stage.onpointerdown = (event) => {
    if (event.button) return;
    stage.setPointerCapture(event.pointerId);
    state.pressed = event.pointerId;
    state.at = place(event);
    stroke(state.at, state.at);
    point();
  };
  stage.onpointermove = (event) => {
    const at = place(event);
    if (state.pressed === event.pointerId) stroke(state.at, at);
    else if (state.pressed !== undefined) return;
    state.at = at;
    point();
  };
  stage.onpointerup = stage.onpointercancel = (event) => {
    if (state.pressed !== event.pointerId) return;
    state.pressed = undefined;
    send();
  };
  stage.onkeydown = (event) => {
    const [down, right] = ARROWS[event.key] ?? [];
    if (down !== undefined) {
      const within = (number) => Math.min(SIDE - 1, Math.max(0, number));
      state.at = [within(state.at[0] + down), within(state.at[1] + right)];
      point();
    } else if (event.key === " " || event.key === "Enter") {
      stroke(state.at, state.at);
      send();
    } else return;
    event.preventDefault();
  };
  sheet.oninput = () => {
    sheet.querySelector(".grey").hidden = tool() !== "paint";
    sheet.querySelector(".swatch").style.backgroundColor = `rgb(${Array(3).fill(value("grey"))})`;
    sheet.querySelector("[for=grey] output").textContent = value("grey");
    sheet.querySelector("[for=size] output").textContent = value("size");
    point();
  };
  sheet.oninput();
  show();
}

function read(text) {
  return Array.from({ length: SIDE * SIDE }, (_, place) => {
    const pair = text.slice(2 * place, 2 * place + 2);
    return /^[0-9a-f]{2}$/i.test(pair) ? parseInt(pair, 16) : null;
  });
}
