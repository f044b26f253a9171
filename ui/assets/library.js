// What the library, an opened paper and the line of those selected can do. Gradio tells of no click inside of shown
// text, so a wish is typed into a hidden box of its: "#wish" to open a paper or ask about it, "#picks" to select.
// Which papers are selected is what the server said last (".ids"), and what was chosen since.
(() => {
  const $ = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const steps = []; // chosen, and not yet heeded: {seen, on | off | only}
  let seen = Date.now(); // grows with each choice, in this tab and the next
  let first = null; // the paper to be compared with another
  let opener = null;

  function type(box, wish) {
    const field = $(`${box} textarea, ${box} input`);
    if (!field) return;
    field.value = JSON.stringify(wish);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // -- selecting

  function selected() {
    const ids = new Set($("#scope .ids")?.textContent.split(" ").filter(Boolean));
    for (const step of steps) {
      if (step.only) ids.clear();
      (step.off ?? []).forEach((id) => ids.delete(id));
      [...(step.only ?? []), ...(step.on ?? [])].forEach((id) => ids.add(id));
    }
    return ids;
  }

  function choose(step) {
    steps.push({ ...step, seen: ++seen });
    type("#picks", { seen, steps });
    reflect();
  }

  function heeded() {
    const last = Number($("#scope .selected")?.className.match(/\bs(\d+)/)?.[1] ?? 0);
    while (steps.length && steps[0].seen <= last) steps.shift();
    reflect();
  }

  function reflect() {
    const ids = selected();
    for (const box of all("input.pick")) {
      if (box.checked !== ids.has(box.value)) box.checked = ids.has(box.value);
      if (!box.ariaLabel) box.ariaLabel = box.title; // which Gradio's sanitiser would drop
    }
    document.dispatchEvent(new CustomEvent("paperchat:selected", { detail: ids }));
  }

  // -- one paper

  function open(id, control) {
    if (first && first !== id) {
      const pair = [first, id];
      leave();
      return toChat({ do: "compare", papers: pair });
    }
    opener = control?.isConnected ? control : opener;
    document.body.classList.add("paper-open", "paper-coming");
    type("#wish", { do: "open", papers: [id], at: ++seen });
  }

  function arrived() {
    if (!document.body.classList.contains("paper-coming") || $("#leaf [data-testid=status-tracker] > div")) return; // still asked for
    document.body.classList.remove("paper-coming");
    $("#paper")?.scrollTo(0, 0);
    $("#paper .leaf")?.setAttribute("aria-label", "Paper");
    if (!$("#paper").contains(document.activeElement)) $("#paper .leaf")?.focus({ preventScroll: true });
  }

  function close() {
    leave();
    if (!document.body.classList.contains("paper-open")) return;
    document.body.classList.remove("paper-open", "paper-coming");
    opener?.isConnected && opener.focus({ preventScroll: true });
    opener = null;
  }

  function leave() {
    first = null;
    document.body.classList.remove("comparing");
  }

  // The question stands in the box when the chat is open again.
  function toChat(wish) {
    type("#wish", { ...wish, at: ++seen });
    const box = $("#box textarea");
    const before = box.value;
    let tries = 0;
    const wait = setInterval(() => {
      if (++tries > 100) return clearInterval(wait);
      if (box.offsetParent === null || (box.value === before && tries < 20)) return;
      clearInterval(wait);
      box.focus();
      box.setSelectionRange(box.value.length, box.value.length);
    }, 50);
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("button, input, label, a");
    const row = event.target.closest?.("table.papers tbody tr");
    if (row && (!control || control.matches(".open"))) return open(row.querySelector(".open").value, row.querySelector(".open"));
    if (!control) return;
    if (control.matches("#paper .open, #groups .open")) open(control.value, control.closest("#groups") && control);
    else if (control.matches("#paper .close")) close();
    else if (control.matches("#paper .ask")) toChat({ do: "ask", papers: [control.value] });
    else if (control.matches("#paper .compare")) (first = control.value), document.body.classList.add("comparing");
    else if (control.matches("#paper .leave")) leave();
    else if (control.matches(".selected .clear")) choose({ only: [] });
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("input.pick")) choose({ [event.target.checked ? "on" : "off"]: [event.target.value] });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !document.body.classList.contains("paper-open")) return;
    if (first) leave();
    else close();
  });

  // For the map.
  document.addEventListener("paperchat:open", (event) => open(event.detail));
  document.addEventListener("paperchat:choose", (event) => choose(event.detail));

  new MutationObserver((changes) => {
    const within = (id) => changes.some((change) => change.target.closest?.(id));
    if (within("#leaf")) arrived(), reflect();
    if (within("#scope")) heeded();
    else if (within("#rows")) reflect();
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
