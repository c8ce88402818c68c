const MARKS = { right: "✓", wrong: "✕" };
const drawn = new WeakMap(); // grid element → the content it shows

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".grid");
  const layout = JSON.stringify([data.content, data.captions, data.tones, data.size, data.label]);
  if (drawn.get(grid) !== layout) {
    draw(grid, data);
    drawn.set(grid, layout);
  }
  const buttons = [...grid.children];
  buttons.forEach((button, position) => {
    button.onclick = () => setTriggerValue("clicked", { position, content: data.content });
  });
  // One tab stop for the whole grid; the arrow keys move inside it.
  rove(buttons, buttons[0]);
  grid.onkeydown = (event) => {
    const next = neighbour(buttons, buttons.indexOf(event.target), event.key);
    if (!next) return;
    event.preventDefault();
    rove(buttons, next);
    next.focus();
  };
}

function draw(grid, data) {
  const rows = Math.ceil(data.alts.length / data.columns);
  const captioned = data.captions.some((caption) => caption);
  const style = document.createElement("style");
  style.textContent = `.image { background-image: url("${data.sprite}"); }`;
  grid.parentElement.querySelector("style")?.remove();
  grid.before(style);
  grid.setAttribute("aria-label", data.label);
  grid.style.setProperty("--size", `${data.size}px`);
  grid.style.setProperty("--cell", `${Math.max(data.size + 4, captioned ? 76 : 0)}px`);
  grid.style.setProperty("--sheet-width", `${data.columns * data.size}px`);
  grid.style.setProperty("--sheet-height", `${rows * data.size}px`);
  grid.replaceChildren(
    ...data.alts.map((alt, position) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = alt;
      button.setAttribute("aria-label", alt);
      const image = append(button, "image", "");
      const x = (position % data.columns) * data.size;
      const y = Math.floor(position / data.columns) * data.size;
      image.style.backgroundPosition = `-${x}px -${y}px`;
      const tone = data.tones[position];
      if (MARKS[tone]) append(image, `mark ${tone}`, MARKS[tone]);
      if (data.captions[position]) append(button, "caption", data.captions[position]);
      return button;
    }),
  );
}

function append(parent, className, text) {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = text; // never innerHTML: captions are data
  span.ariaHidden = "true"; // the button's label says it all
  parent.append(span);
  return span;
}

function rove(buttons, current) {
  buttons.forEach((button) => (button.tabIndex = button === current ? 0 : -1));
}

function neighbour(buttons, position, key) {
  const perRow = buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow }[key];
  if (key === "Home") return buttons[0];
  if (key === "End") return buttons.at(-1);
  return step && buttons[position + step];
}
