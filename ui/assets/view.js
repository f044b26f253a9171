// What of the conversation is in view: the last question stays on top once it was asked or is shown again, while its
// answer grows and whatever changes size, until the reader scrolls.
(() => {
  const { kept } = window.paperchat;
  const CLOSE = 2; // pixels that do not count
  const log = () => document.querySelector("#chat [role=log]");
  const last = (kind) => [...document.querySelectorAll(`#chat .${kind}`)].at(-1);
  let shown = null; // the exchange that was last put in view
  let pinned = false;

  // How far the question is below where it belongs; of one that would fill the view, the end is in view.
  function gap() {
    const view = log().getBoundingClientRect();
    const question = last("question")?.getBoundingClientRect() ?? view;
    return Math.max(question.top - view.top, question.bottom - view.top - view.height / 2);
  }

  function pin() {
    if (pinned && Math.abs(gap()) > CLOSE) log().scrollTop += gap();
  }

  const resized = new ResizeObserver(() => {
    pin();
    log()?.dispatchEvent(new Event("scroll")); // Gradio looks only then whether to offer a way to the end
  });

  // Does what changes the width of the conversation and keeps an element of it where it stands.
  function hold(element, act) {
    const before = element?.isConnected && element.getBoundingClientRect().top;
    act();
    const moved = element?.isConnected ? element.getBoundingClientRect().top - before : 0;
    if (Math.abs(moved) <= CLOSE || !log()?.contains(element)) return;
    pinned = false;
    log().scrollTop += moved;
  }

  document.addEventListener("scroll", (event) => {
    if (event.target === log() && Math.abs(gap()) > CLOSE) pinned = false;
  }, true);

  let watched = null;
  new MutationObserver(() => {
    const whole = document.querySelector("#chat .message-wrap");
    if (whole !== watched) resized.disconnect(), (watched = whole) && resized.observe(whole);
    const answer = last("answer");
    const record = answer && kept.recordOf(answer);
    if (!answer) shown = null;
    if (!record || record.id === shown) return;
    shown = record.id;
    pinned = true;
    pin();
  }).observe(document.documentElement, { subtree: true, childList: true });

  window.paperchat.hold = hold;
})();
