// The canvas of the map: points to look at, to move over and to draw around. Knows no list and no server; what it is
// given as text it only writes as text. Screen = offset + place * scale; places run from -1 to 1, upwards.
window.paperchat = window.paperchat ?? {};
window.paperchat.plane = (field, tip, heard) => {
  const canvas = field.appendChild(document.createElement("canvas"));
  const pen = canvas.getContext("2d");
  const SHAPES = ["circle", "square", "triangle", "diamond"];
  const NEAR = 14; // pixels from a point within which it is meant
  let data = { ids: [], titles: [], x: [], y: [], group: [], terms: [] };
  let scale = 1, left = 0, top = 0, least = 1;
  let lit = new Set(), chosen = new Set(), meant = -1, only = -1;
  let isLasso = false, loop = null, drawn = false;
  const held = new Map(); // pointers that are down: id to [x, y]
  let moved = 0;

  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");

  const at = (i) => [left + data.x[i] * scale, top - data.y[i] * scale];
  const radius = () => Math.min(9, (data.ids.length > 3000 ? 1.7 : data.ids.length > 400 ? 3 : 5) * Math.sqrt(scale / least));

  function fit() {
    const { width, height } = field.getBoundingClientRect();
    least = Math.max(20, Math.min(width, height) / 2 - 34);
    [scale, left, top] = [least, width / 2, height / 2];
    draw();
  }

  function zoom(by, x = field.clientWidth / 2, y = field.clientHeight / 2) {
    const to = Math.min(least * 60, Math.max(least * 0.5, scale * by));
    left = x - ((x - left) * to) / scale;
    top = y - ((y - top) * to) / scale;
    scale = to;
    draw();
  }

  function pan(dx, dy) {
    left += dx;
    top += dy;
    draw();
  }

  // -- drawing

  function draw() {
    if (drawn) return;
    drawn = true;
    requestAnimationFrame(() => ((drawn = false), paint()));
  }

  // One picture of each group's shape, put down ten thousand times: some times quicker than as many paths.
  function stamp(group, r, colour) {
    const side = 2 * r + 4;
    const picture = Object.assign(document.createElement("canvas"), { width: Math.ceil(side * devicePixelRatio), height: Math.ceil(side * devicePixelRatio) });
    const ink = picture.getContext("2d");
    ink.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, side * devicePixelRatio / 2, side * devicePixelRatio / 2);
    ink.fillStyle = colour;
    ink.beginPath();
    if (SHAPES[group % 4] === "circle") ink.arc(0, 0, r, 0, 7);
    else if (SHAPES[group % 4] === "square") ink.rect(-r * 0.9, -r * 0.9, r * 1.8, r * 1.8);
    else if (SHAPES[group % 4] === "triangle") ink.moveTo(0, -r * 1.2), ink.lineTo(r * 1.15, r), ink.lineTo(-r * 1.15, r);
    else ink.moveTo(0, -r * 1.3), ink.lineTo(r * 1.3, 0), ink.lineTo(0, r * 1.3), ink.lineTo(-r * 1.3, 0);
    ink.fill();
    return picture;
  }

  function paint() {
    const style = getComputedStyle(field);
    const colour = (name) => style.getPropertyValue(name).trim();
    const { clientWidth: width, clientHeight: height } = field;
    const r = radius();
    const isDim = (i) => (only >= 0 && data.group[i] !== only) || (chosen.size > 0 && !chosen.has(i));
    const stamps = data.terms.map((_, group) => stamp(group, r, colour(`--g${group}`)));
    pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const some = chosen.size > 0 || only >= 0;
    for (const dim of some ? [true, false] : [false]) {
      pen.globalAlpha = dim ? 0.2 : 0.9;
      for (let i = 0; i < data.ids.length; i++) {
        if (some && isDim(i) !== dim) continue;
        const [x, y] = at(i);
        if (x < -r || y < -r || x > width + r || y > height + r) continue;
        pen.drawImage(stamps[data.group[i]], x - r - 2, y - r - 2, 2 * r + 4, 2 * r + 4);
      }
    }
    pen.globalAlpha = 1;
    ring(lit, r + (lit.size > 60 ? 1.5 : 3.5), colour("--marker-strong"), colour("--ink"));
    if (meant >= 0) ring([meant], r + 3, "", colour("--ink"));
    if (loop) outline(colour("--ink"));
    names(colour);
  }

  function ring(points, r, fill, line) {
    for (const i of points) {
      const [x, y] = at(i);
      pen.beginPath();
      pen.arc(x, y, r, 0, 7);
      if (fill) (pen.fillStyle = fill), pen.fill();
      pen.strokeStyle = line;
      pen.lineWidth = 1.5;
      pen.stroke();
    }
  }

  function outline(line) {
    pen.beginPath();
    loop.forEach(([x, y], step) => (step ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.setLineDash([5, 4]);
    pen.strokeStyle = line;
    pen.lineWidth = 1.5;
    pen.stroke();
    pen.setLineDash([]);
  }

  // Each group is named in its middle; a name that would cover another moves beside it, or is left to the list.
  function names(colour) {
    const size = field.clientWidth < 500 ? 11 : 13;
    pen.font = `600 ${size}px ${colour("--sans") || "sans-serif"}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const taken = [];
    data.terms.forEach((terms, group) => {
      if (!data.middle?.[group]) return;
      const text = terms.split(", ")[0];
      const half = pen.measureText(text).width / 2 + 6;
      let [x, y] = [left + data.middle[group][0] * scale, top - data.middle[group][1] * scale];
      if (x < 0 || y < 0 || x > field.clientWidth || y > field.clientHeight) return;
      x = Math.min(Math.max(x, half), field.clientWidth - half);
      const isFree = (y) => !taken.some(([tx, ty, th]) => Math.abs(tx - x) < th + half && Math.abs(ty - y) < size + 4);
      y = [y, y + size + 4, y - size - 4].find(isFree);
      if (y === undefined) return;
      taken.push([x, y, half]);
      pen.strokeStyle = colour("--paper");
      pen.lineWidth = 5;
      pen.strokeText(text, x, y);
      pen.fillStyle = colour("--ink");
      pen.fillText(text, x, y);
    });
  }

  // -- pointing

  function nearest(x, y) {
    let best = -1, least = (NEAR + radius()) ** 2;
    for (let i = 0; i < data.ids.length; i++) {
      const [px, py] = at(i);
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    return best;
  }

  function within(loop) {
    const found = [];
    for (let i = 0; i < data.ids.length; i++) {
      const [x, y] = at(i);
      let inside = false;
      for (let a = 0, b = loop.length - 1; a < loop.length; b = a++) {
        const [[ax, ay], [bx, by]] = [loop[a], loop[b]];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
      if (inside) found.push(data.ids[i]);
    }
    return found;
  }

  function point(i, x, y) {
    if (i !== meant) (meant = i), draw();
    tip.hidden = i < 0;
    canvas.style.cursor = i >= 0 ? "pointer" : isLasso ? "crosshair" : "grab";
    if (i < 0) return;
    tip.replaceChildren(data.titles[i], Object.assign(document.createElement("span"), { textContent: data.terms[data.group[i]] }));
    const { clientWidth, clientHeight } = field;
    tip.style.left = `${Math.max(8, Math.min(x + 14, clientWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${y + 18 + tip.offsetHeight > clientHeight ? y - tip.offsetHeight - 12 : y + 18}px`;
  }

  const place = (event) => [event.offsetX, event.offsetY];

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, place(event));
    moved = 0;
    loop = held.size === 1 && (isLasso || event.shiftKey) ? [place(event)] : null;
  });

  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    const before = held.get(event.pointerId);
    if (!before) return point(nearest(x, y), x, y);
    moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
    if (held.size === 2) pinch(event.pointerId, before, [x, y]);
    else if (loop) loop.push([x, y]), draw();
    else pan(x - before[0], y - before[1]);
    held.set(event.pointerId, [x, y]);
    if (moved > 4) point(-1);
  });

  function pinch(id, before, now) {
    const other = [...held].find(([key]) => key !== id)[1];
    const far = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
    zoom(far(now) / far(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }

  function release(event) {
    if (!held.delete(event.pointerId)) return;
    const [x, y] = place(event);
    if (event.type === "pointerup" && moved <= 4) {
      const i = nearest(x, y);
      if (i >= 0) heard.open(data.ids[i]);
    } else if (event.type === "pointerup" && loop?.length > 2) {
      const found = within(loop);
      if (found.length) heard.choose(found);
    }
    loop = null;
    draw();
  }
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => point(-1));
  canvas.addEventListener("wheel", (event) => (event.preventDefault(), zoom(Math.exp(-event.deltaY / 400), ...place(event))), { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) pan(...step);
    else if (event.key === "+" || event.key === "=") zoom(1.4);
    else if (event.key === "-") zoom(1 / 1.4);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });

  let wide = 0;
  new ResizeObserver(() => {
    const { clientWidth, clientHeight } = field;
    canvas.width = clientWidth * devicePixelRatio;
    canvas.height = clientHeight * devicePixelRatio;
    if (clientWidth && Math.abs(clientWidth - wide) > 1) (wide = clientWidth), fit();
    else draw();
  }).observe(field);
  new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ["class"] }); // the theme

  const indices = (ids) => new Set(data.ids.flatMap((id, i) => (ids.has(id) ? [i] : [])));
  return {
    fit, zoom,
    load(given) {
      data = given;
      meant = -1;
      canvas.setAttribute("aria-label", `Map of ${data.ids.length} papers in ${data.terms.length} groups; the list next to it has the same papers.`);
      draw();
    },
    light: (ids) => ((lit = indices(ids)), draw()),
    choose: (ids) => ((chosen = indices(ids)), draw()),
    single: (group) => ((only = group), draw()),
    lasso: (on) => ((isLasso = on), point(-1)),
    where: (id) => at(data.ids.indexOf(id)),
  };
};
