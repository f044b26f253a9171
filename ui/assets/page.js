// The source panel: a mark [n] or a title in an answer opens its paper beside the conversation.
// The card to show lies hidden in the same answer, already escaped and sanitised; it is only cloned here.
(() => {
  const sheet = () => document.querySelector("#source .sheet");
  let opener = null;

  const token = (element, letter) =>
    [...element.classList].find((name) => name[0] === letter && /^\d+$/.test(name.slice(1)));

  function open(control, byKeyboard) {
    const answer = control.closest(".answer");
    const number = token(control, "n");
    const card = answer?.querySelector(`.cards .card.${token(control, "p")}`);
    if (!card || !sheet()) return;
    const copy = card.cloneNode(true);
    const content = sheet().querySelector(".content");
    content.replaceChildren(copy);
    content.scrollTop = 0;
    document.querySelectorAll(".answer .chosen").forEach((chosen) => chosen.classList.remove("chosen"));
    control.classList.add("chosen");
    document.body.classList.add("source-open");
    sheet().setAttribute("aria-label", "Source");
    opener = control;
    const cited = number ? copy.querySelectorAll(`mark.${number}`) : [];
    cited.forEach((mark) => mark.classList.add("chosen"));
    if (byKeyboard) sheet().focus({ preventScroll: true });
    // The sheet may still be sliding in: scroll inside it only, never the page.
    if (cited.length) {
      const top = cited[0].getBoundingClientRect().top - content.getBoundingClientRect().top;
      content.scrollTop = Math.max(0, top - content.clientHeight / 3);
    }
  }

  function close() {
    if (!document.body.classList.contains("source-open")) return;
    document.body.classList.remove("source-open");
    document.querySelectorAll(".answer .chosen").forEach((chosen) => chosen.classList.remove("chosen"));
    sheet()?.querySelector(".content").replaceChildren();
    opener?.isConnected && opener.focus({ preventScroll: true });
    opener = null;
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.(".answer button.cite, .answer button.source");
    // A click made by Enter or Space counts no presses of a pointer.
    if (control) open(control, event.detail === 0);
    else if (event.target.closest?.("#source .close, #fresh")) close();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
})();
