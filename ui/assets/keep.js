// Conversations in the browser's storage, each under its own key as JSON: what the server hid in the messages on the
// page, which is also what it reads again. Nothing of it leaves this machine. Other scripts use `paperchat.kept`.
(() => {
  const PREFIX = "paperchat.talk.";
  const MOST_TALK = 1_000_000; // bytes of one conversation: what the server takes at once
  const MOST_ALL = 4_000_000; // characters of all: browsers give some five million
  const parsed = new Map(); // raw text to what it says, since all are read for every list
  const dropped = new Set();
  let sent = 0;
  const seen = new Map(); // conversation to the exchanges this page has shown of it

  function storage() {
    try {
      return window.localStorage;
    } catch {
      return null; // a browser may forbid it
    }
  }

  function read(raw) {
    if (!parsed.has(raw)) {
      if (parsed.size > 400) parsed.clear();
      try {
        parsed.set(raw, JSON.parse(raw));
      } catch {
        parsed.set(raw, null);
      }
    }
    return parsed.get(raw);
  }

  const keys = () => Object.keys(storage() ?? {}).filter((key) => key.startsWith(PREFIX));
  const raws = () => keys().map((key) => [key, storage().getItem(key) ?? ""]);

  // The conversations, the latest first; a damaged one is passed over and left where it is.
  function all() {
    const talks = raws().map(([, raw]) => read(raw)).filter((talk) => Array.isArray(talk?.turns) && talk.id);
    return talks.sort((a, b) => String(b.changed).localeCompare(String(a.changed)));
  }

  const get = (id) => read(storage()?.getItem(PREFIX + id) ?? "null");
  const bytes = (text) => new TextEncoder().encode(text).length;

  // Puts a conversation in place and makes room for it. Tells what had to go.
  function put(talk) {
    if (!storage()) return tell("This browser blocks storage, so this conversation is lost when the page is closed.");
    const turns = [...talk.turns];
    let raw = JSON.stringify({ ...talk, turns });
    let cut = 0;
    for (; bytes(raw) > MOST_TALK && turns.length > 1; cut++) {
      turns.shift();
      raw = JSON.stringify({ ...talk, turns });
    }
    const others = all().filter((other) => other.id !== talk.id);
    const size = () => raws().reduce((sum, [key, text]) => sum + (key === PREFIX + talk.id ? 0 : text.length), raw.length);
    const gone = [];
    const drop = () => {
      const oldest = others.pop();
      if (oldest) gone.push(oldest.title), storage().removeItem(PREFIX + oldest.id);
      return oldest;
    };
    while (size() > MOST_ALL && drop());
    for (;;) {
      try {
        storage().setItem(PREFIX + talk.id, raw);
        break;
      } catch {
        if (!drop()) return tell("The browser's storage is full; this conversation is not saved.");
      }
    }
    if (cut) tell("This conversation is too long to save in full; its oldest questions were removed.");
    if (gone.length) tell(`To make room, the oldest was deleted: ${gone.map((title) => `“${title}”`).join(", ")}.`);
    changed();
  }

  // Takes a conversation away, though the page may show it for a moment longer; gives back a way to undo it.
  function remove(id) {
    const raw = storage()?.getItem(PREFIX + id);
    storage()?.removeItem(PREFIX + id);
    dropped.add(id);
    changed();
    return () => (dropped.delete(id), storage().setItem(PREFIX + id, raw), changed());
  }

  const changed = () => document.dispatchEvent(new CustomEvent("paperchat:kept"));
  const tell = (words) => document.dispatchEvent(new CustomEvent("paperchat:told", { detail: words }));

  // The exchange that a message shows; of an answer under way it holds what has come.
  const recordOf = (answer) => read(answer.querySelector(":scope > .record")?.textContent ?? "null");

  const shown = () => [...document.querySelectorAll("#chat .answer")].map(recordOf).filter(Boolean);

  function current() {
    const last = [...document.querySelectorAll("#chat .answer")].at(-1);
    return (last && recordOf(last)?.talk) ?? null;
  }

  // Brings what is kept in step with what the page shows. What the page no longer shows was asked anew, or is too long
  // ago to be shown; what it never showed came from another window: only the first of these goes.
  function sync() {
    const records = shown();
    if (!records.length && seen.size) remember(null);
    const id = records.at(-1)?.talk;
    if (!id || dropped.has(id)) return;
    const own = records.filter((record) => record.talk === id);
    const talk = get(id) ?? blank(id, own[0]);
    const known = seen.get(id) ?? new Set();
    const from = talk.turns.findIndex((turn) => turn.id === own[0].after) + 1;
    const mine = new Set(own.map((turn) => turn.id));
    const others = talk.turns.slice(from).filter((turn) => !mine.has(turn.id) && !known.has(turn.id));
    const turns = [...talk.turns.slice(0, from), ...own, ...others];
    seen.set(id, new Set([...known, ...mine]));
    remember(id);
    if (JSON.stringify(turns) === JSON.stringify(talk.turns)) return;
    put({ ...talk, turns, title: talk.named ? talk.title : shorten(turns[0].question), changed: new Date().toISOString() });
  }

  function blank(id, first) {
    return { format: "paperchat conversation", version: 1, id, title: shorten(first.question), changed: "", turns: [] };
  }

  // What the server reads of a conversation, and what is exported.
  const plain = ({ format, version, title, changed: when, turns }) =>
    ({ format, version, title, changed: when, turns });

  function shorten(text) {
    const line = text.split(/\s+/).join(" ").trim();
    return line.length <= 200 ? line : line.slice(0, 200).replace(/[ ,:;.]*\S*$/, "") + " …";
  }

  // Which conversation this window shows, so that a reload shows it again.
  function remember(id) {
    try {
      id ? sessionStorage.setItem("paperchat.open", id) : sessionStorage.removeItem("paperchat.open");
    } catch {} // a browser may forbid it
  }

  function remembered() {
    try {
      return get(sessionStorage.getItem("paperchat.open"));
    } catch {
      return null;
    }
  }

  // Writes into a hidden box of the page, of which Gradio tells the server where it changed: so each time is counted.
  function send(wire, value, head = "") {
    const box = document.querySelector(`#wire-${wire} textarea`);
    if (!box) return;
    box.value = `${++sent} ${head}\n${value}`;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  window.paperchat = { kept: { all, get, put, remove, sync, current, recordOf, plain, remember, remembered }, send, tell };

  let due = 0;
  const now = () => (clearTimeout(due), (due = 0), sync());
  new MutationObserver(() => (due ||= setTimeout(now, 150))).observe(document.documentElement, {
    subtree: true, childList: true, characterData: true,
  });
  window.addEventListener("pagehide", now);
  document.addEventListener("click", (event) => event.target.closest?.("#fresh, #talks") && now(), true);
  window.addEventListener("storage", (event) => (event.key ?? PREFIX).startsWith(PREFIX) && changed());
})();
