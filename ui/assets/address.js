// Each place has an address: #chat, #library, #map, #import, #settings, #chat/<conversation>, #paper/<paper>. It
// follows the page; the page follows Back, Forward and an address that is opened. An address is anyone's text: it
// chooses a tab by its exact name, a conversation that is kept here, or a paper that the server looks up.
(() => {
  const { kept, send } = window.paperchat;
  const TABS = ["chat", "library", "map", "import", "settings"];
  const $ = (selector) => document.querySelector(selector);
  const told = Object.assign(document.createElement("p"), { className: "notice", role: "status" });
  let coming = null; // the conversation on its way, which counts as the one shown: {id ("" for none), from, until}
  let leaving = false; // whether a paper was closed and the steps into it are being gone back
  let [ready, due] = [false, 0];

  const path = (name, id) => (id ? `#${name}/${encodeURIComponent(id)}` : `#${name}`);
  const has = (name) => document.body.classList.contains(name);
  const isShelf = (tab) => tab === "library" || tab === "map"; // where papers open
  const tabOf = () => TABS.find((name) => $(`#tab-${name}-button`)?.ariaSelected === "true");
  const choose = (tab) => tab !== tabOf() && $(`#tab-${tab}-button`).click();
  const paperOf = () => (has("paper-open") && !has("paper-coming") && $("#leaf .ask")?.value) || "";
  const talkOf = () => kept.current() ?? "";
  const talkAt = (id) => kept.all().find((talk) => talk.id === id);
  const bring = (id) => (coming = { id, from: talkOf(), until: Date.now() + 10_000 });
  const soon = () => (due ||= setTimeout(settle, 100));

  // The name in the address and the id after it, null where there is none.
  function read() {
    const [name, ...rest] = location.hash.slice(1).split("/");
    try { return [name, rest.length ? decodeURIComponent(rest.join("/")) : null]; } catch { return [name, ""]; }
  }

  // Brings the address in step with the page. `deep` is how many steps a paper is from its tab, NaN for from elsewhere.
  function settle() {
    clearTimeout(due), (due = 0);
    const [tab, was] = [tabOf(), history.state];
    if (!ready) return (ready = Boolean(tab && $("#wire-show textarea") && $("#wish textarea"))) && go();
    if (!tab || leaving || (isShelf(tab) && has("paper-coming"))) return;
    const [named, isSame] = [read()[0] === "paper", was?.tab === tab];
    if (named && isShelf(tab) && has("paper-open") && $("#leaf .note")) return miss("This paper is not in the library.");
    if (coming && (talkOf() !== coming.from || Date.now() > coming.until)) coming = null;
    const paper = isShelf(tab) && paperOf();
    const here = paper ? path("paper", paper) : path(tab, tab === "chat" && (coming?.id ?? talkOf()));
    const deep = !paper ? 0 : isSame ? was.deep + 1 : NaN;
    if (isSame && here === location.hash) return;
    if (isSame && named && !paper && was.deep) (leaving = true), history.go(-was.deep);
    else history[!was || (isSame && (named ? !paper : tab === "chat")) ? "replaceState" : "pushState"]({ tab, deep }, "", here);
  }

  // Brings the page in step with the address. An empty chat is worth no answer under way, nor one that is kept nowhere.
  function go() {
    (leaving = false), told.remove(), soon();
    const [name, id] = read();
    if (name === "paper" && id !== null) {
      choose([history.state?.tab, tabOf(), "library"].find(isShelf));
      $("#paper .leave")?.click(); // lest it be compared with another
      return (paperOf() || null) !== id && document.dispatchEvent(new CustomEvent("paperchat:open", { detail: id }));
    }
    const talk = name === "chat" && talkAt(id);
    if (name === "chat" && id !== null && !talk) return miss("This conversation is not in this browser.");
    choose(talk || (id === null && TABS.includes(name)) ? name : "chat");
    if (isShelf(name) && has("paper-open")) $("#paper .close").click();
    const isWorth = $("#chat .answer.draft") || (talkOf() && !talkAt(talkOf()));
    if (name !== "chat" || (!coming && talkOf() === (id ?? "")) || (!talk && isWorth)) return;
    kept.sync();
    $("#source .close")?.click();
    kept.remember(bring(id ?? "").id);
    send("show", talk ? JSON.stringify(kept.plain(talk)) : "");
  }

  function miss(words) {
    if (has("paper-open")) $("#paper .close").click();
    choose("chat");
    history.replaceState(null, "", location.hash); // so that what is shown instead is no step
    told.textContent = words;
    $("#notice").append(told);
  }

  // The reader opens a conversation, or a new one.
  function step(id) {
    settle();
    if (ready && talkOf() !== id) bring(id), history.pushState({ tab: "chat" }, "", path("chat", id));
  }

  document.addEventListener("paperchat:shown", (event) => step(event.detail));
  document.addEventListener("click", (event) => event.isTrusted && event.target.closest?.("#fresh") && step(""));
  document.addEventListener("click", (event) => event.target.closest?.("button") && told.remove());
  document.addEventListener("keydown", (event) => event.key === "Enter" && told.remove());
  addEventListener("popstate", go);
  if (read()[0] === "chat" && read()[1] !== null) kept.remember(talkAt(read()[1])?.id); // which is shown at first
  new MutationObserver(soon).observe(document, { subtree: true, childList: true, attributeFilter: ["class", "aria-selected"] });
})();
