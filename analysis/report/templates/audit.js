// Rows of the audit are hidden, never removed: what is filtered away is one choice from being back.
(() => {
  const form = document.querySelector("#audit .filter");
  const rows = [...document.querySelectorAll("#claims tbody tr")];
  const show = () => {
    const { verdict, section, words } = Object.fromEntries(new FormData(form));
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = rows.filter((row) => {
      const text = row.textContent.toLowerCase();
      const fits = (!verdict || row.dataset.verdict === verdict) && (!section || row.dataset.section === section)
        && wanted.every((word) => text.includes(word));
      row.hidden = !fits;
      return fits;
    });
    form.querySelector("output").textContent = `${shown.length} of ${rows.length} claims`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();
