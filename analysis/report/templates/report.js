// A figure is downloaded from the page itself, so that it is not stored twice.
for (const link of document.querySelectorAll("a.svg")) {
  link.addEventListener("click", () => {
    const svg = link.closest("article").querySelector("svg");
    const text = '<?xml version="1.0" encoding="UTF-8"?>\n' + new XMLSerializer().serializeToString(svg);
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
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
// What is folded away on screen belongs on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
