const YEAR = 31_536_000; // seconds
const NARROW = "(max-width: 768px)"; // where Streamlit's sidebar lies over the page

let place = null; // the page and the model that were chosen last, in this document

export default function ({ data: [data] }) {
  const age = data.cookie ? YEAR : 0;
  document.cookie = `${data.name}=${data.cookie}; path=/; max-age=${age}; samesite=lax`;
  if (place !== null && place !== data.place && matchMedia(NARROW).matches) closeSidebar();
  place = data.place;
}

function closeSidebar() {
  if (find("stExpandSidebarButton")) return; // closed already
  find("stSidebarCollapseButton")?.querySelector("button")?.click();
}

function find(name) {
  return document.querySelector(`[data-testid="${name}"]`);
}
