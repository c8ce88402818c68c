const YEAR = 31_536_000; // seconds
const NARROW = "(max-width: 768px)"; // where Streamlit's sidebar lies over the page

const PATIENCE = 20_000; // ms, until a page has drawn what was asked for

let place = null; // the page and the model that were chosen last, in this document
let section = ""; // the heading that was scrolled to last

export default function ({ data: [data] }) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  for (const [name, value] of data.cookies) {
    const age = value ? YEAR : 0;
    document.cookie = `${name}=${value}; path=/; max-age=${age}; samesite=lax${secure}`;
  }
  if (place !== null && place !== data.place && matchMedia(NARROW).matches) closeSidebar();
  place = data.place;
  if (data.section && section !== data.section) scrollTo(data.section);
  section = data.section;
}

function scrollTo(id) {
  const isThere = () => {
    const heading = document.getElementById(id);
    heading?.scrollIntoView();
    return heading;
  };
  if (isThere()) return;
  const observer = new MutationObserver(() => isThere() && observer.disconnect());
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => observer.disconnect(), PATIENCE);
}

function closeSidebar() {
  if (find("stExpandSidebarButton")) return; // closed already
  find("stSidebarCollapseButton")?.querySelector("button")?.click();
}

function find(name) {
  return document.querySelector(`[data-testid="${name}"]`);
}
