// The page reads and prints without this; with it, it shows where one is, enlarges figures and unpacks downloads.

// Where one is: the uppermost section that has reached the upper part of the window.
const entries = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const inView = new Set();
const watch = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) inView[isIntersecting ? "add" : "delete"](target.id);
  const here = [...entries.keys()].find((id) => inView.has(id));
  if (!here) return;
  for (const [id, link] of entries) {
    if (id === here) link.setAttribute("aria-current", "location");
    else link.removeAttribute("aria-current");
  }
}, { rootMargin: "-15% 0px -70% 0px" });
for (const id of entries.keys()) watch.observe(document.getElementById(id));

// A link into something folded away opens it.
const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  target.querySelector(":scope > details")?.setAttribute("open", "");
  target.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();

// Over a number: how it came about, from the row that it leads to.
document.addEventListener("pointerover", ({ target }) => {
  const link = target.closest?.("a.n");
  const row = link && !link.title && document.getElementById(link.hash.slice(1));
  if (row) link.title = [...row.cells].map((cell) => cell.innerText || cell.textContent).filter(Boolean).join("\n");
});

// A figure is downloaded from the page itself, so that it is not stored twice; its colours by name become colours.
const light = {{ light | tojson }};
const drawn = (svg) => '<?xml version="1.0" encoding="UTF-8"?>\n'
  + new XMLSerializer().serializeToString(svg).replace(/var\(--(\w+)\)/g, (_, name) => light[name]);
for (const link of document.querySelectorAll("a.svg")) {
  link.addEventListener("click", () => {
    const svg = link.closest("article").querySelector("svg");
    link.href = URL.createObjectURL(new Blob([drawn(svg)], { type: "image/svg+xml" }));
  });
}
const zoom = document.getElementById("zoom");
for (const button of document.querySelectorAll("button.zoom")) {
  button.hidden = false;
  button.setAttribute("aria-label", `Enlarge: ${button.closest("article").querySelector("h3, h4").textContent}`);
  button.addEventListener("click", () => {
    const svg = button.closest("article").querySelector("svg").cloneNode(true);
    for (const part of svg.querySelectorAll("[id]")) if (!part.closest("defs")) part.removeAttribute("id");
    svg.removeAttribute("aria-labelledby");
    svg.setAttribute("aria-hidden", "true");
    zoom.querySelector("div").replaceChildren(svg);
    zoom.showModal();
  });
}
// Data lie compressed in the page; without scripts the link gives the compressed file.
for (const link of document.querySelectorAll("a.packed")) {
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const packed = (await fetch(link.href)).body.pipeThrough(new DecompressionStream("gzip"));
    const file = document.createElement("a");
    file.href = URL.createObjectURL(new Blob([await new Response(packed).arrayBuffer()], { type: "text/csv" }));
    file.download = link.download.replace(/\.gz$/, "");
    file.click();
  });
}
const all = document.getElementById("open-all");
all.hidden = false;
all.addEventListener("click", () => document.querySelectorAll(".annex details").forEach((part) => { part.open = true; }));
