// What answers can do: a mark [n] or a title opens its paper beside the conversation, "edit" takes the question as it
// was understood back into the box, "Copy" copies a table. All of it lies in the same answer, escaped and sanitised,
// so older answers go on working; it is only cloned, or taken as text, here.
(() => {
  const { kept, hold } = window.paperchat;
  const sheet = () => document.querySelector("#source .sheet");
  let opener = null;
  let talk = null; // whose source is open

  const token = (element, letter) =>
    [...element.classList].find((name) => name[0] === letter && /^\d+$/.test(name.slice(1)));

  const cardOf = (control) => control.closest(".answer").querySelector(`.cards .${token(control, "p")}`);

  function open(control, byKeyboard) {
    const number = token(control, "n");
    const card = cardOf(control);
    if (!card || !sheet()) return;
    const copy = card.cloneNode(true);
    copy.querySelector(".abstract").tabIndex = 0; // it scrolls, so a keyboard must reach it
    const content = sheet().querySelector(".content");
    content.replaceChildren(copy);
    document.querySelectorAll(".answer .chosen").forEach((chosen) => chosen.classList.remove("chosen"));
    control.classList.add("chosen");
    hold(control, () => document.body.classList.add("source-open"));
    sheet().setAttribute("aria-label", "Source");
    [opener, talk] = [control, kept.current()];
    const cited = number ? copy.querySelectorAll(`mark.${number}`) : [];
    cited.forEach((mark) => mark.classList.add("chosen"));
    if (byKeyboard) sheet().focus({ preventScroll: true });
    if (cited.length) reveal(cited[0], copy.querySelector(".abstract"));
  }

  // The sheet may still be sliding in, so this scrolls inside the abstract only, never the page.
  function reveal(mark, abstract) {
    const top = mark.getBoundingClientRect().top - abstract.getBoundingClientRect().top;
    const bottom = mark.getBoundingClientRect().bottom - abstract.getBoundingClientRect().top;
    if (bottom > abstract.clientHeight) abstract.scrollTop = Math.max(0, top - abstract.clientHeight / 4);
  }

  function close() {
    if (!document.body.classList.contains("source-open")) return;
    hold(opener, () => document.body.classList.remove("source-open"));
    document.querySelectorAll(".answer .chosen").forEach((chosen) => chosen.classList.remove("chosen"));
    sheet()?.querySelector(".content").replaceChildren();
    opener?.isConnected && opener.focus({ preventScroll: true });
    opener = null;
  }

  // Typed for the reader rather than set, so that Gradio hears of it and undo brings back what stood there.
  function edit(text) {
    const box = document.querySelector("#box textarea");
    box.focus();
    box.select();
    document.execCommand("insertText", false, text);
  }

  // Opens the Import tab, whose box is only there once it was opened, with these ids in it.
  async function bring(ids) {
    document.querySelector("#tab-import-button").click();
    for (let left = 100; left; left--) {
      const box = document.querySelector("#pasted textarea");
      if (box?.offsetParent) {
        box.value = ids;
        box.dispatchEvent(new Event("input", { bubbles: true }));
        return document.querySelector("#add").focus();
      }
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async function copy(control) {
    await clip(control.nextElementSibling.textContent);
    const name = control.textContent;
    control.textContent = "Copied";
    setTimeout(() => (control.textContent = name), 1500);
  }

  // A page that is served without https has no clipboard but the old one.
  async function clip(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const lent = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
    lent.select();
    document.execCommand("copy");
    lent.remove();
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.(".answer button, #source .close, #fresh");
    if (!control) return;
    // A click made by Enter or Space counts no presses of a pointer.
    if (control.matches(".cite, .source")) open(control, event.detail === 0);
    else if (control.matches(".edit")) edit(control.title);
    else if (control.matches(".copy")) copy(control);
    else if (control.matches(".bring")) bring(control.nextElementSibling.textContent);
    else close();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  });

  // Gradio names each message by its source, markup and all, its two round buttons not at all, and drops the
  // names that marks could bring.
  const NAMES = { bot: "Answer", user: "Question", "submit-button": "Send", "stop-button": "Stop" };

  function tidy() {
    if ((kept.current() ?? talk) !== talk) close();
    for (const [id, words] of Object.entries(NAMES))
      for (const element of document.querySelectorAll(`[data-testid="${id}"]`))
        if (element.getAttribute("aria-label") !== words) element.setAttribute("aria-label", words);
    for (const mark of document.querySelectorAll(".answer button.cite:not([aria-label])")) {
      const title = cardOf(mark)?.querySelector("h3").textContent;
      mark.setAttribute("aria-label", `Citation ${mark.textContent}: ${title}`);
    }
    for (const starters of document.querySelectorAll('#chat .examples[role="list"]')) {
      starters.setAttribute("role", "group"); // a list whose items are none
      starters.setAttribute("aria-label", "Example questions");
    }
  }

  new MutationObserver(tidy).observe(document.documentElement, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"],
  });
})();
