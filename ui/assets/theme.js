// Light or dark as the reader chose under Settings; kept in this browser, heeded before the page is drawn.
(() => {
  const KEY = "paperchat-theme";
  const night = matchMedia("(prefers-color-scheme: dark)");
  let chosen = "system";
  try { chosen = localStorage.getItem(KEY) ?? "system"; } catch { /* a browser that keeps nothing */ }

  function apply() {
    if (!document.body) return;
    const dark = chosen === "dark" || (chosen !== "light" && night.matches);
    if (document.body.classList.contains("dark") !== dark) document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  }

  // Gradio sets the theme of the system by itself, once it is there and whenever that changes.
  function watch() {
    new MutationObserver(apply).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    apply();
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("#theme input")) return;
    chosen = event.target.value;
    try { localStorage.setItem(KEY, chosen); } catch { /* then it holds until the page is left */ }
    apply();
  });
  night.addEventListener("change", apply);
  document.body ? watch() : document.addEventListener("DOMContentLoaded", watch);
})();
