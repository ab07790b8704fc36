// What the theme leaves unsaid to who hears a page or has no mouse: names of buttons, and ways into what scrolls.
// Its search lives in a root of its own, which it fills when it is first opened.
function mend(root) {
  const each = (what, change) => root.querySelectorAll(what).forEach(change);
  const say = (name, value) => (one) => one.getAttribute(name) === value || one.setAttribute(name, value);
  each("a[id^=__codelineno]", (line) => line.removeAttribute("href")); // an anchor, no link
  each("nav.md-code__nav", say("role", "presentation")); // a button, no way through the page
  each(".md-overlay", (curtain) => curtain.removeAttribute("aria-label"));
  each(".md-typeset__scrollwrap, .md-typeset__table, pre > code", say("tabindex", "0"));
}
function mendSearch(host) {
  const root = host.shadowRoot;
  const say = (what, name, value) =>
    root.querySelectorAll(what).forEach((one) => one.getAttribute(name) === value || one.setAttribute(name, value));
  host.getAttribute("role") || host.setAttribute("role", "search");
  say("input[type=text]", "role", "searchbox");
  say("input[type=text]", "aria-label", "Search");
  root.querySelectorAll("button:not([aria-label])").forEach((one, number) =>
    one.textContent.trim() || one.setAttribute("aria-label", number ? "Filters" : "Close the search"));
  say("h3, h4", "role", "presentation");
  say("div.a, ol, div.X", "tabindex", "0");
}
const watched = new WeakSet();
function look() {
  mend(document);
  for (const host of document.querySelectorAll("body > div")) {
    if (!host.shadowRoot) continue;
    mendSearch(host);
    if (watched.has(host)) continue;
    watched.add(host);
    new MutationObserver(() => mendSearch(host)).observe(host.shadowRoot, { childList: true, subtree: true });
  }
}
new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
look();
