// The list of conversations beside the chat: search, open, rename, delete with a way back, import and export.
(() => {
  const { kept, send } = window.paperchat;
  const WIDE = window.matchMedia("(min-width: 1200px)");
  const FORMS = { Markdown: ["markdown", "md", "text/markdown"], BibTeX: ["bibtex", "bib", "text/x-bibtex"] };
  const orders = new Map(); // what to do with a file once the server has written it
  let panel = null;
  let list, search, told;
  let unfolded = null; // the conversation whose actions are in sight
  let count = 0;

  function make(tag, properties = {}, ...children) {
    const { aria = {}, ...own } = properties;
    const element = Object.assign(document.createElement(tag), own);
    for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
    element.append(...children);
    return element;
  }

  const button = (words, act, properties = {}) =>
    make("button", { type: "button", onclick: act, textContent: words, ...properties });

  function build(place) {
    panel = place;
    panel.removeAttribute("title");
    panel.setAttribute("aria-label", "Conversations");
    search = make("input", { type: "search", placeholder: "Search", oninput: draw, aria: { label: "Search conversations" } });
    const file = make("input", { type: "file", accept: ".json,application/json", hidden: true, onchange: () => take(file) });
    told = make("p", { className: "told", role: "status" });
    list = make("ul");
    const bar = make("div", { className: "bar" }, make("h2", { textContent: "Conversations" }),
      button("Import", () => file.click(), { className: "import", title: "Import a conversation exported as JSON", aria: { label: "Import conversation" } }),
      button("Close", toggle, { className: "close" }));
    panel.replaceChildren(bar, search, file, told, list);
    setOpen(WIDE.matches && localOf("paperchat.list") !== "closed");
    draw();
  }

  const matches = (talk, words) => {
    const text = [talk.title, ...talk.turns.map((turn) => `${turn.question} ${turn.answer?.answer ?? ""}`)].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };

  function draw() {
    if (!panel || list.querySelector("input")) return; // a title is being written
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const talks = kept.all();
    const found = talks.filter((talk) => matches(talk, words));
    const focus = list.contains(document.activeElement) && document.activeElement.dataset.key;
    list.replaceChildren(...found.map(row));
    search.hidden = talks.length < 2 && !words.length;
    if (!found.length) {
      const none = words.length ? "No conversations match." : "Your conversations stay in this browser.";
      list.append(make("li", { className: "none", textContent: none }));
    }
    if (focus) list.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  }

  function row(talk) {
    const here = talk.id === kept.current();
    const open = button("", () => show(talk), { className: "open", title: talk.title });
    open.append(make("span", { className: "name", dir: "auto", textContent: talk.title }), make("span", { className: "when", textContent: when(talk.changed) }));
    open.dataset.key = `open ${talk.id}`;
    if (here) open.setAttribute("aria-current", "true");
    const more = button("⋯", () => unfold(talk.id), { className: "more", aria: { label: `Actions for ${talk.title}`, expanded: unfolded === talk.id } });
    more.dataset.key = `more ${talk.id}`;
    const item = make("li", { className: here ? "talk here" : "talk" }, open, more);
    if (unfolded === talk.id) item.append(choices(talk, open));
    return item;
  }

  function choices(talk, open) {
    const save = Object.entries(FORMS).map(([name, [form, ending, kind]]) =>
      button(name, () => order(form, JSON.stringify(kept.plain(talk)), (text) => download(talk, text, ending, kind)),
        { title: `Export as ${name}` }));
    const json = button("JSON", () => download(talk, JSON.stringify(kept.plain(talk), null, 1), "json", "application/json"),
      { title: "Export as JSON (can be imported again)" });
    return make("div", { className: "choices" },
      make("p", {}, button("Rename", () => rename(talk, open)), button("Delete", () => drop(talk))),
      make("p", {}, make("span", { textContent: "Export" }), ...save, json));
  }

  function unfold(id) {
    unfolded = unfolded === id ? null : id;
    draw();
  }

  function when(text) {
    const day = new Date(text);
    if (isNaN(day)) return "";
    const today = new Date().toDateString() === day.toDateString();
    return today ? day.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : day.toLocaleDateString([], { day: "numeric", month: "short" });
  }

  function show(talk) {
    document.dispatchEvent(new CustomEvent("paperchat:shown", { detail: talk.id }));
    if (talk.id !== kept.current()) send("show", JSON.stringify(kept.plain(talk)));
    kept.remember(talk.id);
    if (!WIDE.matches) setOpen(false);
  }

  function rename(talk, open) {
    const field = make("input", { value: talk.title, maxLength: 200, aria: { label: "Title" } });
    let over = false;
    const end = (save) => {
      if (over) return;
      over = true;
      const title = field.value.split(/\s+/).join(" ").trim();
      field.remove();
      unfolded = null;
      if (save && title) kept.put({ ...kept.get(talk.id), title, named: true });
      draw();
      list.querySelector(`[data-key="${CSS.escape(`open ${talk.id}`)}"]`)?.focus();
    };
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault(); // lest the key press what the focus goes to
      end(event.key === "Enter");
    };
    field.onblur = () => end(true);
    open.replaceWith(field);
    field.select();
  }

  function drop(talk) {
    if (talk.id === kept.current()) document.querySelector("#fresh").click();
    const back = kept.remove(talk.id);
    const undo = button("Undo", () => (back(), tell("")), { className: "undo" });
    tell(`Deleted “${talk.title}”.`, undo);
    undo.focus();
  }

  const tell = (words, ...more) => told.replaceChildren(...[words, ...more].filter(Boolean));

  // -- files ------------------------------------------------------------------------------------------------------

  function order(form, data, done) {
    const name = String(++count);
    orders.set(name, done);
    send("order", data, `${form} ${name}`);
  }

  // What the server wrote stands hidden on the page; each order is served once.
  function receive(element) {
    const answer = JSON.parse(element.textContent);
    const done = orders.get(answer.order);
    if (!done || !orders.delete(answer.order)) return;
    answer.error ? tell(answer.error) : done(answer.text);
  }

  function download(talk, text, ending, kind) {
    if (!text) return tell("This conversation cites no papers.");
    const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: kind })), download: `${fileName(talk.title)}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    tell(`Exported “${talk.title}”.`);
  }

  const fileName = (title) => title.normalize("NFKD").replace(/[^\w -]+/g, "").trim().replace(/\s+/g, "-").slice(0, 60).toLowerCase() || "conversation";

  async function take(field) {
    const [file] = field.files;
    field.value = "";
    if (!file) return;
    if (file.size > 1_500_000) return tell("The file is too large; the limit is 1,500,000 bytes.");
    order("json", await file.text(), (text) => {
      const read = JSON.parse(text);
      const id = crypto.randomUUID?.().slice(0, 12) ?? Math.random().toString(36).slice(2, 14);
      const turns = read.turns.map((turn) => ({ ...turn, talk: id }));
      kept.put({ ...read, id, turns, named: true, changed: new Date().toISOString() });
      tell(`Imported “${read.title}”.`);
      show(kept.get(id));
    });
  }

  // -- in sight or not --------------------------------------------------------------------------------------------

  function localOf(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  }

  function setOpen(open) {
    document.body.classList.toggle("talks-open", open);
    document.querySelector("#past")?.setAttribute("aria-expanded", open);
  }

  function toggle() {
    const open = !document.body.classList.contains("talks-open");
    setOpen(open);
    if (!WIDE.matches) return open ? panel.querySelector("button.open, .import").focus() : document.querySelector("#past").focus();
    try {
      localStorage.setItem("paperchat.list", open ? "open" : "closed");
    } catch {} // a browser may forbid it
  }

  const isDrawer = () => !WIDE.matches && document.body.classList.contains("talks-open");

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#past")) toggle();
    else if (event.target.closest?.("#fresh")) kept.remember(null), isDrawer() && setOpen(false);
    else if (isDrawer() && event.target.isConnected && !event.target.closest?.("#talks")) setOpen(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !isDrawer()) return;
    event.preventDefault();
    toggle();
  });
  WIDE.addEventListener("change", () => setOpen(WIDE.matches && localOf("paperchat.list") !== "closed"));
  document.addEventListener("paperchat:kept", draw);
  document.addEventListener("paperchat:told", (event) => panel && tell(event.detail));

  let last = null;
  let restored = false;
  new MutationObserver(() => {
    const place = document.querySelector("#talks .past");
    if (place && !place.firstElementChild) build(place);
    document.querySelectorAll("#wire-file .file").forEach(receive);
    if (panel && kept.current() !== last) (last = kept.current()), draw();
    if (restored || !document.querySelector("#wire-show textarea")) return;
    restored = true;
    const open = kept.remembered();
    if (open) send("show", JSON.stringify(kept.plain(open)));
  }).observe(document.documentElement, { subtree: true, childList: true, characterData: true });
})();
