// What is done with the keys and with the buttons of an answer: ask again, change a question, go on, judge, stop; and
// the quote that a mark shows before it is opened.
(() => {
  const { kept, send } = window.paperchat;
  const isBusy = () => Boolean(document.querySelector("#chat .answer:is(.draft, .checking)"));
  const boxOf = () => document.querySelector("#box textarea");

  // How the buttons of a search's answer want it: see `ui.wishes.shaped`.
  const SHAPES = {
    shorter: { length: "short" },
    longer: { length: "long" },
    table: { table: true },
    anywhere: { context: false },
  };

  function ask(question, since = "", shape = {}) {
    if (!isBusy()) send("again", JSON.stringify({ question, since, ...shape }));
  }

  // The question becomes a field in its place; sent, it and what followed are replaced.
  function amend(answer, record) {
    const shown = [...document.querySelectorAll("#chat .question, #chat .answer")];
    const question = shown[shown.indexOf(answer) - 1];
    if (!question?.matches(".question") || question.nextElementSibling?.matches(".amending")) return;
    const field = Object.assign(document.createElement("textarea"), { value: record.question, rows: 2 });
    field.setAttribute("aria-label", "Edit your question");
    const form = Object.assign(document.createElement("form"), { className: "amending" });
    const button = (words, type) => Object.assign(document.createElement("button"), { type, textContent: words });
    const cancel = button("Cancel", "button");
    form.append(field, cancel, button("Ask", "submit"));
    const end = () => (form.remove(), (question.hidden = false), answer.querySelector(".amend")?.focus());
    cancel.onclick = end;
    form.onsubmit = (event) => {
      event.preventDefault();
      if (!field.value.trim() || isBusy()) return;
      ask(field.value, record.id);
      end();
      boxOf().focus();
    };
    field.onkeydown = (event) => {
      if (event.isComposing || (event.key !== "Escape" && event.key !== "Enter") || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      event.key === "Enter" ? form.requestSubmit() : end();
    };
    question.hidden = true;
    question.after(form);
    field.focus();
  }

  function vote(button, record) {
    const talk = kept.get(record.talk);
    const way = button.matches(".up") ? "up" : "down";
    const now = talk?.votes?.[record.id] === way ? "" : way;
    if (talk) kept.put({ ...talk, votes: { ...talk.votes, [record.id]: now } });
    press(button.closest(".answer"), now);
    send("vote", JSON.stringify({ id: record.id, vote: now }));
  }

  function press(answer, way) {
    for (const button of answer.querySelectorAll(".vote")) {
      const pressed = String(Boolean(way) && button.matches(`.${way}`));
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
  }

  document.addEventListener("click", (event) => {
    const suggested = event.target.closest?.("#follow .suggested");
    if (suggested) return ask(suggested.textContent);
    if (event.target.closest?.("#chat .connect")) {
      const tabs = [...document.querySelectorAll("#tabs [role=tab]")];
      return tabs.find((tab) => tab.textContent.trim() === "Settings")?.click();
    }
    const button = event.target.closest?.(".answer :is(.actions, .understood) button:not(.copy)");
    const answer = button?.closest(".answer");
    const record = answer && kept.recordOf(answer);
    if (!record) return;
    const shape = Object.keys(SHAPES).find((name) => button.classList.contains(name));
    if (shape) ask(record.question, record.id, SHAPES[shape]);
    else if (button.matches(".again")) ask(record.question, record.id);
    else if (button.matches(".amend")) amend(answer, record);
    else if (button.matches(".vote")) vote(button, record);
  });

  // -- keys -------------------------------------------------------------------------------------------------------

  const isTyping = (element) => element.matches?.("input, textarea, select, [contenteditable=true]");

  document.addEventListener("keydown", (event) => {
    const cancel = event.key === "Escape" && !event.defaultPrevented && document.querySelector(".amending [type=button]");
    if (cancel) cancel.click(), event.preventDefault();
    else if (event.key === "Escape" && !event.defaultPrevented && isBusy()) {
      event.preventDefault();
      document.querySelector('#box [data-testid="stop-button"]')?.click();
    }
    const plain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain || isTyping(event.target) || !boxOf()?.offsetParent) return;
    event.preventDefault();
    boxOf().focus();
  });

  // What was typed and not sent outlives a reload, which Gradio does by itself when the server was gone.
  addEventListener("pagehide", () => {
    try {
      sessionStorage.setItem("paperchat.box", boxOf()?.value ?? "");
    } catch {} // a browser may forbid it
  });

  function retype() {
    let words = "";
    try {
      words = sessionStorage.getItem("paperchat.box") ?? "";
    } catch {} // a browser may forbid it
    if (!words || boxOf().value) return;
    boxOf().value = words;
    boxOf().dispatchEvent(new Event("input", { bubbles: true }));
  }

  // -- the quote of a mark ------------------------------------------------------------------------------------------

  const tip = Object.assign(document.createElement("div"), { id: "quote", role: "tooltip", hidden: true });
  let marked = null;
  let timer = 0;

  function showQuote(mark) {
    hideQuote();
    const title = mark.getAttribute("aria-label")?.replace(/^Citation \d+: /, "") ?? "";
    const words = mark.title;
    if (!words) return;
    marked = mark;
    const paper = Object.assign(document.createElement("span"), { className: "of", textContent: title });
    tip.replaceChildren(words, paper);
    mark.dataset.quote = words; // lest the browser show it a second time
    mark.removeAttribute("title");
    mark.setAttribute("aria-describedby", "quote");
    if (!tip.isConnected) document.body.append(tip);
    tip.hidden = false;
    const at = mark.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(at.left - 24, innerWidth - own.width - 8))}px`;
    tip.style.top = `${at.top - own.height - 8 > 0 ? at.top - own.height - 8 : at.bottom + 8}px`;
  }

  function hideQuote() {
    clearTimeout(timer);
    tip.hidden = true;
    if (!marked) return;
    marked.title = marked.dataset.quote;
    marked.removeAttribute("aria-describedby");
    marked = null;
  }

  const later = (act, wait) => (clearTimeout(timer), (timer = setTimeout(act, wait)));
  const markOf = (target) => target.closest?.(".answer button.cite");

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const mark = markOf(event.target);
    if (mark && mark !== marked) later(() => showQuote(mark), 120);
    else if (mark || event.target.closest?.("#quote")) clearTimeout(timer);
    else if (marked) later(hideQuote, 200);
    else clearTimeout(timer);
  });
  document.addEventListener("focusin", (event) => {
    const mark = markOf(event.target);
    if (mark?.matches(":focus-visible")) showQuote(mark);
    else if (marked && marked !== mark) hideQuote();
  });
  document.addEventListener("click", hideQuote, true);
  document.addEventListener("scroll", hideQuote, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !marked) return;
    const asked = marked === document.activeElement && !isBusy(); // not only the pointer's
    hideQuote();
    if (asked) event.preventDefault();
  }, true);

  let begun = false;
  new MutationObserver(() => {
    if (!begun && boxOf()) (begun = true), setTimeout(retype);
    for (const answer of document.querySelectorAll("#chat .answer:has(.votes)")) {
      const record = kept.recordOf(answer);
      if (record) press(answer, kept.get(record.talk)?.votes?.[record.id]);
    }
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
