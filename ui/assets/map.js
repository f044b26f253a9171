// The map's data, its list of groups, and what choosing there does. The list says in words all that the canvas shows.
(() => {
  const $ = (selector) => document.querySelector(selector);
  const ROWS = 40; // papers of a group listed at once
  let plane = null, data = null, timer = 0;
  let selected = new Set();

  const make = (tag, given = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), given);
    element.append(...children);
    return element;
  };
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const papers = (count) => (count === 1 ? "1 paper" : `${count.toLocaleString("en")} papers`);
  const isOpen = () => $("#tab-map-button")?.getAttribute("aria-selected") === "true" && $("#plane .field");

  async function load() {
    clearTimeout(timer);
    if (!isOpen()) return;
    if (!plane || !$("#plane canvas")) {
      plane = window.paperchat.plane($("#plane .field"), $("#plane .tip"), {
        open: (id) => tell("paperchat:open", id),
        choose: (ids) => tell("paperchat:choose", { only: ids }),
      });
      if (data) show(data);
    }
    let answer;
    try {
      answer = await fetch(`paperchat/map.json?have=${data?.revision ?? ""}`);
      if (answer.status === 200) show(await answer.json());
    } catch {
      if (!data?.ids.length) $("#plane .state").textContent = "The server does not respond; trying again…";
    }
    if (!answer?.ok || data?.waits) timer = setTimeout(load, 2000);
    light();
  }

  function show(given) {
    data = given;
    data.members = data.terms.map(() => []);
    data.group.forEach((group, i) => data.members[group].push(i));
    const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
    data.middle = data.members.map((own) => own.length && [middle(own.map((i) => data.x[i])), middle(own.map((i) => data.y[i]))]);
    data.members.forEach((own, group) => {
      const [x, y] = data.middle[group] || [0, 0];
      const far = (i) => (data.x[i] - x) ** 2 + (data.y[i] - y) ** 2;
      own.sort((a, b) => far(a) - far(b));
    });
    $("#plane .state").textContent = data.state;
    plane.load(data);
    plane.choose(selected);
    $("#groups .list").replaceChildren(...data.terms.map((terms, group) => entry(terms, group)));
  }

  function entry(terms, group) {
    const own = data.members[group];
    const list = make("ul", { className: "nearest" });
    const more = make("button", { type: "button", className: "quiet further", textContent: "Show more" });
    const grow = () => {
      const start = list.children.length;
      list.append(...own.slice(start, start + ROWS).map((i) => make("li", {}, make("button", { type: "button", className: "open", value: data.ids[i], textContent: data.titles[i], dir: "auto" }))));
      more.hidden = list.children.length >= own.length;
    };
    more.addEventListener("click", grow);
    const take = make("button", { type: "button", className: "quiet take", textContent: `Select ${own.length === 1 ? "this paper" : `these ${papers(own.length)}`}` });
    take.addEventListener("click", () => tell("paperchat:choose", { only: own.map((i) => data.ids[i]) }));
    const summary = make("summary", {}, make("span", { className: `swatch g${group} shape${group % 4}` }), make("span", { className: "terms", textContent: terms }), make("span", { className: "count", textContent: own.length.toLocaleString("en"), title: papers(own.length) }));
    const details = make("details", { className: "group" }, summary, take, list, more);
    details.addEventListener("toggle", () => details.open && !list.children.length && grow());
    summary.addEventListener("pointerenter", () => plane.single(group));
    summary.addEventListener("pointerleave", () => plane.single(-1));
    return details;
  }

  // The papers that the last answer cites, or found nearest, shine on the map, and are said above the list.
  function light() {
    const answers = document.querySelectorAll("#chat .answer:not(.draft)");
    const said = answers[answers.length - 1]?.querySelectorAll(".cards .id") ?? [];
    const ids = new Set([...said].map((one) => one.textContent));
    plane?.light(ids);
    const here = data?.ids.filter((id) => ids.has(id)) ?? [];
    const note = $("#groups .cited");
    if (!note) return;
    const take = make("button", { type: "button", className: "quiet", textContent: "Select them" });
    take.addEventListener("click", () => tell("paperchat:choose", { only: here }));
    note.replaceChildren(...(here.length ? [make("p", {}, make("span", { className: "swatch lit" }), `${papers(here.length)} from the last answer`), take] : []));
  }

  document.addEventListener("paperchat:selected", (event) => {
    selected = event.detail;
    plane?.choose(selected);
  });

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("#tab-map-button, #plane .tools button");
    if (!control) return;
    if (control.matches(".nearer")) plane?.zoom(1.5);
    else if (control.matches(".farther")) plane?.zoom(1 / 1.5);
    else if (control.matches(".whole")) plane?.fit();
    else if (control.matches(".lasso")) {
      const on = control.getAttribute("aria-pressed") !== "true";
      control.setAttribute("aria-pressed", on);
      plane?.lasso(on);
    }
  });

  // A missing map is laid out before it is looked for, once the page has had time for what comes first.
  setTimeout(() => fetch("paperchat/map.json?have=any").catch(() => {}), 4000);

  // The tab is drawn by Gradio a moment after it is chosen.
  let wasOpen = false;
  new MutationObserver(() => {
    const now = Boolean(isOpen());
    if (now && !wasOpen) load();
    wasOpen = now;
  }).observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-selected"] });
})();
