const shown = new WeakMap(); // the component's element → the run that was watched when last called
const SETTLED = 300; // ms in which the page has put the new run's panel in its place

export default function ({ data, parentElement }) {
  const isAnother = shown.has(parentElement) && shown.get(parentElement) !== data;
  shown.set(parentElement, data);
  if (!isAnother || !data) return;
  setTimeout(() => {
    const panel = document.querySelector(".st-key-train_live");
    const box = panel?.getBoundingClientRect();
    if (box && (box.bottom < 150 || box.top < 0 || box.top > window.innerHeight - 150)) {
      panel.scrollIntoView({ block: "start" });
    }
  }, SETTLED);
}
