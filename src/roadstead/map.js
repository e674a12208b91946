"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const canvas = $("map"), pen = canvas.getContext("2d"), card = $("card"), tip = $("tip");
const GAP_S = 600, DATED_S = 1e8, PAGE = 100, REACH_PX = 13;
if (!(navigator.language || "").startsWith("zh")) $("as-en").checked = true;

// Mercator: the world is a square of side 1, north is 0.
const toX = lon => lon / 360 + 0.5;
const toY = lat => 0.5 - Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) / (2 * Math.PI);
const toLon = x => (x - 0.5) * 360;
const toLat = y => Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360 / Math.PI - 90;

const box = () => [Infinity, Infinity, -Infinity, -Infinity];
const widen = (b, x, y) => { if (x < b[0]) b[0] = x; if (y < b[1]) b[1] = y; if (x > b[2]) b[2] = x; if (y > b[3]) b[3] = y; };
const tracks = data.tracks.map(([mover, ts, lats, lons]) => {
  const n = ts.length, t = new Float64Array(n), x = new Float64Array(n), y = new Float64Array(n), bounds = box();
  let now = 0, lat = 0, lon = 0;
  for (let i = 0; i < n; i++) {
    now += ts[i]; lat += lats[i]; lon += lons[i];
    t[i] = now; x[i] = toX(lon / 1e6); y[i] = toY(lat / 1e6);
    widen(bounds, x[i], y[i]);
  }
  return {mover, t, x, y, bounds};
});
const marks = data.marks.mover.map((mover, i) => ({mover, t: data.marks.t[i], why: data.marks.why[i], x: toX(data.marks.lon[i]), y: toY(data.marks.lat[i])}));
const shapes = data.shapes.map(s => ({...s, xs: s.lon.map(toX), ys: s.lat.map(toY)}));
const number = new Map(data.movers.map((m, i) => [m[0], i]));
const findings = data.findings.map((f, i) => ({...f, i, mover: number.has(f.subject) ? number.get(f.subject) : -1, x: f.place ? toX(f.place[1]) : NaN, y: f.place ? toY(f.place[0]) : NaN}));
const tracksOf = new Map(), marksOf = new Map();
const put = (map, key, value) => { const there = map.get(key); if (there) there.push(value); else map.set(key, [value]); };
tracks.forEach(track => put(tracksOf, track.mover, track));
marks.forEach(mark => put(marksOf, mark.mover, mark));

const state = {text: "", rule: -1, outcomes: new Set(["violation", "insufficient"]), chosen: null, mover: -1};
let shown = findings, hue = {};

// What is on the screen: the middle in Mercator's square, and px per side of it.
const view = {x: 0.5, y: 0.5, scale: 400};
let wide = 0, high = 0;
const px = x => (x - view.x) * view.scale + wide / 2, py = y => (y - view.y) * view.scale + high / 2;
const metresPerPx = y => 40075016.686 * Math.cos(toLat(y) * Math.PI / 180) / view.scale;
const limit = () => {
  view.scale = Math.min(Math.max(view.scale, Math.min(wide, high) * 0.7), 4e8);
  view.x = Math.min(Math.max(view.x, 0), 1); view.y = Math.min(Math.max(view.y, 0), 1);
};
// While the map moves a great many fixes are drawn coarsely; as soon as it rests, all of them.
const crowded = tracks.reduce((n, track) => n + track.t.length, 0) > 30000;
let waiting = false, hasty = false, resting = 0;
const hurry = () => { hasty = crowded; clearTimeout(resting); resting = setTimeout(() => { hasty = false; redraw(); }, 160); };
const redraw = () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; draw(); }); } };
const zoomAt = (factor, sx, sy) => {
  const x = view.x + (sx - wide / 2) / view.scale, y = view.y + (sy - high / 2) / view.scale;
  view.scale *= factor; limit();
  view.x = x - (sx - wide / 2) / view.scale; view.y = y - (sy - high / 2) / view.scale;
  limit(); hurry(); redraw();
};
let flight = 0;
const goal = (b, least_m) => {
  const y = (b[1] + b[3]) / 2, unit = 40075016.686 * Math.cos(toLat(y) * Math.PI / 180);
  const beside = card.hidden || wide < 760 ? 0 : 440, span = least_m / unit;
  const below = beside || card.hidden ? 25 : 0.28 * high;
  const scale = Math.min((wide - beside - 120) / Math.max(b[2] - b[0], span), (high - 2 * below - 130) / Math.max(b[3] - b[1], span), 4e8);
  return {x: (b[0] + b[2]) / 2 + beside / 2 / scale, y: y + below / scale, scale};
};
const fly = (b, least_m = 2000) => {
  if (!isFinite(b[0])) return;
  const from = {...view}, to = goal(b, least_m), begun = performance.now(), mine = ++flight;
  const far = Math.hypot(to.x - from.x, to.y - from.y);
  const out = Math.min(from.scale, to.scale, far > 0 ? 0.8 * Math.min(wide, high) / far : Infinity);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) { Object.assign(view, to); limit(); redraw(); return; }
  const step = now => {
    if (mine !== flight) return;
    const k = Math.min(1, Math.max(0, (now - begun) / 600)), s = k * k * (3 - 2 * k), dip = 4 * s * (1 - s);
    view.x = from.x + (to.x - from.x) * s; view.y = from.y + (to.y - from.y) * s;
    const even = Math.log(from.scale) * (1 - s) + Math.log(to.scale) * s;
    view.scale = Math.exp(even + Math.min(0, Math.log(out) - even) * dip);
    limit(); hurry(); draw();
    if (k < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
};
const everything = () => {
  const [south, west, north, east] = data.view, b = box();
  widen(b, toX(west), toY(south)); widen(b, toX(east), toY(north));
  return b;
};

// Drawing
const FACE = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Micro Hei",system-ui,sans-serif';
const label = (text, x, y, colour, size = 12, align = "left") => {
  pen.font = `${size}px ${FACE}`; pen.textAlign = align; pen.lineWidth = 3; pen.lineJoin = "round";
  pen.strokeStyle = hue.sea; pen.strokeText(text, x, y); pen.fillStyle = colour; pen.fillText(text, x, y);
};
const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];
const degrees = (v, step, plus, minus) => `${Math.abs(v).toFixed(Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)))}°${v > 1e-9 ? plus : v < -1e-9 ? minus : ""}`;
const graticule = () => {
  const step = [...STEPS].reverse().find(s => s / 360 * view.scale >= 110) || 30;
  const west = Math.max(-180, toLon(view.x - wide / 2 / view.scale)), east = Math.min(180, toLon(view.x + wide / 2 / view.scale));
  const north = Math.min(85, toLat(view.y - high / 2 / view.scale)), south = Math.max(-85, toLat(view.y + high / 2 / view.scale));
  const lines = [];
  for (let k = Math.ceil(west / step); k * step <= east; k++) lines.push([px(toX(k * step)), null, degrees(k * step, step, "E", "W")]);
  for (let k = Math.ceil(south / step); k * step <= north; k++) lines.push([null, py(toY(k * step)), degrees(k * step, step, "N", "S")]);
  pen.strokeStyle = hue.grid; pen.lineWidth = 1; pen.beginPath();
  for (const [x, y] of lines) { if (y === null) { pen.moveTo(x, 0); pen.lineTo(x, high); } else { pen.moveTo(0, y); pen.lineTo(wide, y); } }
  pen.stroke();
  return lines;
};
const names = lines => lines.forEach(([x, y, text]) => y === null ? x > 40 && x < wide - 60 && label(text, x, 14, hue.quiet, 11, "center") : y > 24 && y < high - 70 && label(text, 6, y + 4, hue.quiet, 11));
const ground = () => shapes.forEach(s => {
  pen.beginPath();
  s.xs.forEach((x, i) => i ? pen.lineTo(px(x), py(s.ys[i])) : pen.moveTo(px(x), py(s.ys[i])));
  pen.strokeStyle = pen.fillStyle = hue.area; pen.lineWidth = s.kind === "way" ? 3 : 1.5;
  if (s.kind === "zone") { pen.closePath(); pen.globalAlpha = 0.12; pen.fill(); }
  pen.globalAlpha = s.kind === "way" ? 0.45 : 0.9; pen.stroke(); pen.globalAlpha = 1;
});
const groundNames = () => shapes.forEach(s => {
  const at = s.kind === "zone" ? [s.xs.reduce((a, b) => a + b) / s.xs.length, s.ys.reduce((a, b) => a + b) / s.ys.length] : [s.xs[s.xs.length >> 1], s.ys[s.ys.length >> 1]];
  label(s.name, px(at[0]), py(at[1]), hue.area, 13, "center");
});
const visible = b => px(b[2]) > -20 && px(b[0]) < wide + 20 && py(b[3]) > -20 && py(b[1]) < high + 20;
const strokeTracks = (some, colour, width, from = -Infinity, to = Infinity, bold = false) => {
  const solid = new Path2D(), dashed = new Path2D(), dots = new Path2D();
  const least = bold ? 1 : hasty ? 6 : 1.8, dotted = bold || (view.scale > 3e6 && !hasty), r = bold ? 2.2 : 1.6;
  for (const track of some) {
    if (!visible(track.bounds)) continue;
    const {t, x, y} = track, n = t.length;
    let lastX = NaN, lastY = NaN, dotX = NaN, dotY = NaN, drawn = false, joined = false;
    for (let i = 0; i < n; i++) {
      if (t[i] < from || t[i] > to) { lastX = NaN; joined = false; continue; }
      const sx = px(x[i]), sy = py(y[i]), off = Math.abs(sx - lastX) + Math.abs(sy - lastY);
      if (off < least && i < n - 1) continue;
      const seen = Math.max(lastX, sx) > -9 && Math.min(lastX, sx) < wide + 9 && Math.max(lastY, sy) > -9 && Math.min(lastY, sy) < high + 9;
      if (off > 0 && off < view.scale / 2 && seen) {
        const late = t[i] - t[i - 1] > GAP_S;
        if (late) { dashed.moveTo(lastX, lastY); dashed.lineTo(sx, sy); } else { if (!joined) solid.moveTo(lastX, lastY); solid.lineTo(sx, sy); }
        joined = !late; drawn = drawn || off >= 1;
      } else joined = false;
      if (dotted && sx > -5 && sy > -5 && sx < wide + 5 && sy < high + 5 && !(Math.abs(sx - dotX) + Math.abs(sy - dotY) < 4 * r)) { dots.rect(sx - r, sy - r, 2 * r, 2 * r); dotX = sx; dotY = sy; }
      lastX = sx; lastY = sy;
    }
    if (!drawn && from === -Infinity) dots.rect(px(x[n - 1]) - 1.2, py(y[n - 1]) - 1.2, 2.4, 2.4);
  }
  pen.strokeStyle = bold ? colour : hue.gap; pen.lineWidth = bold ? width * 0.6 : 1; pen.setLineDash([4, 4]); pen.stroke(dashed); pen.setLineDash([]);
  pen.strokeStyle = colour; pen.lineWidth = width; pen.lineJoin = "bevel"; pen.stroke(solid);
  pen.fillStyle = colour; pen.fill(dots);
};
// The places of one mover in the order of time, from the last before a finding to the first after it.
const sequence = f => {
  const all = (tracksOf.get(f.mover) || []).flatMap(w => Array.from(w.t, (t, i) => ({t, x: w.x[i], y: w.y[i]})));
  all.push(...(marksOf.get(f.mover) || []).filter(m => m.t !== null));
  all.sort((a, b) => a.t - b.t);
  let first = all.findIndex(p => p.t >= f.from - 1), end = all.findIndex(p => p.t > f.to + 1);
  if (first < 0) return all.slice(-1);
  if (end < 0) end = all.length;
  return all.slice(Math.max(0, first - 1), end + 1);
};
const thread = some => {
  pen.beginPath();
  some.forEach((p, i) => i ? pen.lineTo(px(p.x), py(p.y)) : pen.moveTo(px(p.x), py(p.y)));
  pen.strokeStyle = hue.chosen; pen.lineWidth = 1.2; pen.setLineDash([2, 4]); pen.stroke(); pen.setLineDash([]);
};
const crosses = (some, colour, size, width) => {
  const path = new Path2D();
  for (const m of some) {
    const x = px(m.x), y = py(m.y);
    if (x < -9 || y < -9 || x > wide + 9 || y > high + 9) continue;
    path.moveTo(x - size, y - size); path.lineTo(x + size, y + size); path.moveTo(x - size, y + size); path.lineTo(x + size, y - size);
  }
  pen.strokeStyle = colour; pen.lineWidth = width; pen.stroke(path);
};
const symbol = (f, grown) => {
  const x = px(f.x), y = py(f.y), r = grown ? 10 : 6;
  if (!(x > -20 && y > -20 && x < wide + 20 && y < high + 20)) return;
  pen.beginPath();
  if (f.outcome === "violation") { pen.moveTo(x, y - r); pen.lineTo(x + r, y); pen.lineTo(x, y + r); pen.lineTo(x - r, y); pen.closePath(); } else pen.arc(x, y, r * 0.8, 0, 7);
  pen.fillStyle = hue[f.outcome]; pen.fill();
  pen.lineWidth = grown ? 2.5 : 1.2; pen.strokeStyle = grown || f.outcome !== "violation" ? hue.chosen : hue.sea; pen.stroke();
  if (grown) { pen.beginPath(); pen.arc(x, y, 19, 0, 7); pen.lineWidth = 2; pen.strokeStyle = hue.chosen; pen.stroke(); }
};
const scaleBar = () => {
  const per = metresPerPx(view.y), most = 150 * per, unit = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].map(k => k * unit).find(m => m <= most), length = metres / per, x = wide - 24 - length, y = high - 20;
  pen.strokeStyle = hue.sea; pen.lineWidth = 6; pen.beginPath(); pen.moveTo(x, y); pen.lineTo(x + length, y); pen.stroke();
  pen.strokeStyle = hue.ink; pen.lineWidth = 2; pen.beginPath(); pen.moveTo(x, y - 6); pen.lineTo(x, y); pen.lineTo(x + length, y); pen.lineTo(x + length, y - 6); pen.stroke();
  label(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, x + length / 2, y - 9, hue.ink, 12, "center");
};
function draw() {
  const dpr = window.devicePixelRatio || 1;
  pen.setTransform(dpr, 0, 0, dpr, 0, 0); pen.clearRect(0, 0, wide, high);
  const lines = graticule(), f = state.chosen, one = f ? f.mover : state.mover;
  pen.globalAlpha = one >= 0 ? 0.3 : crowded ? 0.6 : 0.85;
  strokeTracks(tracks, hue.way, crowded ? 1 : 1.3);
  crosses(marks, hue.stray, 3.2, 1.3);
  pen.globalAlpha = 1;
  ground();
  if (one >= 0) {
    const mine = tracksOf.get(one) || [];
    strokeTracks(mine, hue.way, 2.4, -Infinity, Infinity, true);
    crosses(marksOf.get(one) || [], hue.stray, 4, 2);
    if (f) {
      thread(f.sequence || []);
      strokeTracks(mine, hue.chosen, 4, f.from - 1, f.to + 1, true);
      crosses((marksOf.get(one) || []).filter(m => m.t !== null && m.t >= f.from - 1 && m.t <= f.to + 1), hue.chosen, 6, 3);
    }
  }
  groundNames();
  shown.forEach(found => found !== f && found.outcome === "insufficient" && symbol(found, false));
  shown.forEach(found => found !== f && found.outcome === "violation" && symbol(found, false));
  if (f) symbol(f, true);
  names(lines);
  scaleBar();
}

// Words
const make = (tag, text = "", className = "") => { const e = document.createElement(tag); if (text) e.textContent = text; if (className) e.className = className; return e; };
const both = (zh, en, tag = "span") => {
  const e = make(tag), a = make("span", zh), b = make("span", en);
  a.lang = "zh"; b.lang = "en"; e.append(a, make("span", " ", "gap"), b);
  return e;
};
const stamp = new Intl.DateTimeFormat("sv-SE", {timeZone: data.timezone, dateStyle: "short", timeStyle: "medium"});
const bare = new Intl.DateTimeFormat("sv-SE", {timeZone: "UTC", timeStyle: "medium"});
const when = t => t === null ? "–" : (Math.abs(t) >= DATED_S ? stamp : bare).format(t * 1000);
const called = k => { const [id, , name] = data.movers[k]; return name && name !== id ? `${id} · ${name}` : id; };
const title = f => f.mover >= 0 ? called(f.mover) : f.subject;
const LABELS = {truck: "货车", vessel: "船舶"};
const fact = (table, head, value) => { const row = make("tr"), th = make("th"), td = make("td", "", "n"); th.scope = "row"; th.append(head); td.append(value); row.append(th, td); table.append(row); };

// What is listed
const wanted = f => state.outcomes.has(f.outcome) && (state.rule < 0 || f.rule === state.rule) && (!state.text || title(f).toLowerCase().includes(state.text));
const open = new Set();
const itemOf = f => {
  const e = make("button", "", "item"), top = make("span", "", "top"), because = make("span", "", "because");
  e.dataset.finding = f.i;
  top.append(make("span", "", `sign ${f.outcome}`), make("strong", title(f)), make("time", f.start, "quiet small"));
  because.append(...both(f.zh, f.en).childNodes);
  e.append(top, because);
  if (!f.place) e.append(both("地图上无位置", "no place on the map"));
  e.addEventListener("click", () => choose(f));
  return e;
};
const fill = (body, some, from) => {
  body.append(...some.slice(from, from + PAGE).map(itemOf));
  if (some.length > from + PAGE) {
    const more = make("button", "", "more"), left = (some.length - from - PAGE).toLocaleString("en");
    more.append(both(`再显示（还有 ${left} 条）`, `show more (${left} left)`));
    more.addEventListener("click", () => { more.remove(); fill(body, some, from + PAGE); current(); });
    body.append(more);
  }
};
const group = (rule, some) => {
  const e = make("details"), head = make("summary"), name = both(data.rules[rule].zh, data.rules[rule].en), body = make("div");
  name.className = "name"; e.dataset.rule = rule;
  head.append(name, make("b", some.length.toLocaleString("en")));
  e.append(head, body);
  const fillOnce = () => { if (e.open && !body.childNodes.length) { fill(body, some, 0); current(); } if (e.open) open.add(rule); else open.delete(rule); };
  e.addEventListener("toggle", fillOnce);
  if (open.has(rule) || state.rule === rule) { e.open = true; fillOnce(); }
  return e;
};
const listMovers = () => {
  const some = state.text ? data.movers.map((_, k) => k).filter(k => called(k).toLowerCase().includes(state.text)) : [];
  $("movers").replaceChildren(...some.slice(0, 8).map(k => {
    const e = make("button", called(k), "mover");
    e.dataset.mover = k;
    e.addEventListener("click", () => chooseMover(k));
    return e;
  }));
  if (state.text) $("movers").append(some.length ? both(`${some.length.toLocaleString("en")} 个目标`, `${some.length.toLocaleString("en")} movers`) : both("没有这样的目标", "no such mover"));
};
const list = () => {
  shown = findings.filter(wanted);
  $("count").textContent = `${shown.length.toLocaleString("en")} / ${findings.length.toLocaleString("en")}`;
  const groups = new Map();
  shown.forEach(f => put(groups, f.rule, f));
  const sorted = [...groups].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
  shown = sorted.flatMap(([, some]) => some);
  $("list").replaceChildren(...sorted.map(([rule, some]) => group(rule, some)));
  if (!shown.length) { const none = both("没有符合条件的发现。", "No finding fits.", "p"); none.className = "none"; $("list").append(none); }
  listMovers(); current(); redraw();
};
const current = () => document.querySelectorAll("#list .item").forEach(e => e.setAttribute("aria-current", String(state.chosen !== null && Number(e.dataset.finding) === state.chosen.i)));

// What is chosen
const closeButton = () => { const e = make("button", "✕", "close"); e.setAttribute("aria-label", "关闭 close"); e.addEventListener("click", drop); return e; };
const reach = f => {
  const b = box();
  if (f.place) widen(b, f.x, f.y);
  for (const p of f.sequence) if (p.t > f.from - 3600 && p.t < f.to + 3600) widen(b, p.x, p.y);
  return b;
};
const choose = f => {
  state.chosen = f; state.mover = f.mover; f.sequence = sequence(f);
  const rule = data.rules[f.rule], facts = make("table"), measured = make("table"), turn = make("div", "", "turn");
  const badge = make("span", "", "row");
  badge.append(make("span", "", `sign ${f.outcome}`), f.outcome === "violation" ? both("违规", "violation") : both("证据不足", "insufficient evidence"));
  fact(facts, both("对象", "subject"), title(f));
  fact(facts, both("规则", "rule"), rule.id);
  fact(facts, both("开始", "from"), f.start);
  fact(facts, both("结束", "to"), f.end);
  fact(facts, both("位置", "place"), f.place ? `${f.place[0].toFixed(5)}, ${f.place[1].toFixed(5)}` : both("无", "none"));
  fact(facts, both("得分", "score"), f.score.toFixed(2));
  f.measured.forEach(([name, value, unit]) => fact(measured, name, unit ? `${value} ${unit}` : value));
  const heading = both("测量值", "Measured", "h3");
  [[-1, "上一个", "previous"], [1, "下一个", "next"]].forEach(([by, zh, en]) => { const e = make("button"); e.append(both(zh, en)); e.addEventListener("click", () => step(by)); turn.append(e); });
  card.replaceChildren(closeButton(), badge, both(rule.zh, rule.en, "h2"), both(f.zh, f.en, "p"), facts, heading, measured, turn);
  card.hidden = false; card.scrollTop = 0;
  location.replace(`#finding-${f.i}`);
  const body = document.querySelector(`details[data-rule="${f.rule}"]`);
  if (body && !body.open) body.open = true;
  current();
  const item = document.querySelector(`#list .item[data-finding="${f.i}"]`);
  if (item) item.scrollIntoView({block: "nearest"});
  fly(reach(f));
  redraw();
};
const chooseMover = k => {
  state.chosen = null; state.mover = k;
  const facts = make("table"), ways = tracksOf.get(k) || [], stray = marksOf.get(k) || [], b = box(), [id, kind, name] = data.movers[k];
  const times = ways.flatMap(w => [w.t[0], w.t[w.t.length - 1]]);
  fact(facts, both("类别", "class"), both(LABELS[kind] || kind, kind));
  if (name) fact(facts, both("名称", "name"), name);
  fact(facts, both("轨迹点（已画出）", "fixes of tracks (drawn)"), ways.reduce((n, w) => n + w.t.length, 0).toLocaleString("en"));
  if (times.length) { fact(facts, both("最早", "first"), when(Math.min(...times))); fact(facts, both("最晚", "last"), when(Math.max(...times))); }
  const why = new Map();
  stray.forEach(m => why.set(m.why, (why.get(m.why) || 0) + 1));
  why.forEach((n, w) => fact(facts, both(data.why[w][1], data.why[w][0]), String(n)));
  card.replaceChildren(closeButton(), make("h2", id), facts);
  const own = findings.filter(f => f.mover === k);
  if (own.length) card.append(both("发现", "Findings", "h3"), ...own.slice(0, 20).map(f => { const e = itemOf(f); e.querySelector("strong").replaceChildren(both(data.rules[f.rule].zh, data.rules[f.rule].en)); return e; }));
  if (own.length > 20) card.append(both(`还有 ${own.length - 20} 条，见列表`, `${own.length - 20} more in the list`, "p"));
  card.hidden = false; card.scrollTop = 0;
  ways.forEach(w => { widen(b, w.bounds[0], w.bounds[1]); widen(b, w.bounds[2], w.bounds[3]); });
  if (!ways.length) stray.forEach(m => widen(b, m.x, m.y));
  fly(b); current(); redraw();
};
const drop = () => { state.chosen = null; state.mover = -1; card.hidden = true; current(); redraw(); };
const step = by => {
  if (!shown.length) return;
  const at = state.chosen ? shown.indexOf(state.chosen) : by > 0 ? -1 : 0;
  choose(shown[(at + by + shown.length) % shown.length]);
};
const foundAt = (x, y) => shown.map(f => [Math.hypot(px(f.x) - x, py(f.y) - y), f]).filter(([d]) => d < REACH_PX).sort((a, b) => a[0] - b[0] || a[1].i - b[1].i).map(([, f]) => f);
const fixAt = (x, y) => {
  let best = null, near = 9;
  for (const track of tracks) {
    if (px(track.bounds[0]) > x + 9 || px(track.bounds[2]) < x - 9 || py(track.bounds[1]) > y + 9 || py(track.bounds[3]) < y - 9) continue;
    for (let i = 0; i < track.t.length; i++) {
      const d = Math.abs(px(track.x[i]) - x) + Math.abs(py(track.y[i]) - y);
      if (d < near) { near = d; best = {mover: track.mover, t: track.t[i], why: -1}; }
    }
  }
  for (const m of marks) { const d = Math.abs(px(m.x) - x) + Math.abs(py(m.y) - y); if (d < near) { near = d; best = m; } }
  return best;
};
const pick = (x, y) => {
  const there = foundAt(x, y);
  if (there.length) return choose(there[(there.indexOf(state.chosen) + 1) % there.length]);
  const fix = fixAt(x, y);
  return fix ? chooseMover(fix.mover) : drop();
};

// Hands
const held = new Map();
let moved = 0, spread = 0;
const at = e => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
canvas.addEventListener("pointerdown", e => { canvas.setPointerCapture(e.pointerId); held.set(e.pointerId, at(e)); moved = held.size > 1 ? 99 : 0; spread = 0; flight++; canvas.classList.add("held"); tip.hidden = true; });
canvas.addEventListener("pointermove", e => {
  const [x, y] = at(e), was = held.get(e.pointerId);
  if (!was) { hover(x, y); return; }
  held.set(e.pointerId, [x, y]);
  moved += Math.abs(x - was[0]) + Math.abs(y - was[1]);
  view.x -= (x - was[0]) / view.scale / held.size; view.y -= (y - was[1]) / view.scale / held.size;
  if (held.size === 2) {
    const [[ax, ay], [bx, by]] = [...held.values()], now = Math.hypot(ax - bx, ay - by);
    if (spread) zoomAt(now / spread, (ax + bx) / 2, (ay + by) / 2);
    spread = now;
  }
  limit(); hurry(); redraw();
});
const release = e => { const there = held.delete(e.pointerId); canvas.classList.toggle("held", held.size > 0); spread = 0; if (there && e.type === "pointerup" && moved < 5) pick(...at(e)); };
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
canvas.addEventListener("wheel", e => { e.preventDefault(); flight++; zoomAt(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0016)), ...at(e)); }, {passive: false});
let hovering = 0;
const hover = (x, y) => {
  clearTimeout(hovering);
  hovering = setTimeout(() => {
    const f = foundAt(x, y)[0], fix = f ? null : fixAt(x, y);
    tip.hidden = !f && !fix;
    if (tip.hidden) return;
    const head = f ? both(data.rules[f.rule].zh, data.rules[f.rule].en) : make("span", when(fix.t));
    tip.replaceChildren(make("span", `${f ? title(f) : called(fix.mover)} · `), head);
    if (fix && fix.why >= 0) tip.append(make("span", " · "), both(data.why[fix.why][1], data.why[fix.why][0]));
    tip.style.left = `${Math.max(4, Math.min(x + 14, wide - tip.offsetWidth - 8))}px`; tip.style.top = `${Math.max(4, y - 34)}px`;
  }, 40);
};
const KEYS = {ArrowLeft: [-80, 0], ArrowRight: [80, 0], ArrowUp: [0, -80], ArrowDown: [0, 80]};
canvas.addEventListener("keydown", e => {
  if (KEYS[e.key]) { view.x += KEYS[e.key][0] / view.scale; view.y += KEYS[e.key][1] / view.scale; flight++; limit(); hurry(); redraw(); e.preventDefault(); }
});
document.addEventListener("keydown", e => {
  if (e.key === "Escape") { drop(); canvas.focus(); return; }
  if (e.ctrlKey || e.metaKey || e.altKey || ["INPUT", "SELECT"].includes(e.target.tagName)) return;
  const act = {"+": () => zoomAt(1.5, wide / 2, high / 2), "=": () => zoomAt(1.5, wide / 2, high / 2), "-": () => zoomAt(1 / 1.5, wide / 2, high / 2), "0": () => fly(everything()), n: () => step(1), p: () => step(-1), "/": () => $("search").focus()}[e.key];
  if (act) { e.preventDefault(); act(); }
});
$("in").addEventListener("click", () => zoomAt(1.6, wide / 2, high / 2));
$("out").addEventListener("click", () => zoomAt(1 / 1.6, wide / 2, high / 2));
$("all").addEventListener("click", () => fly(everything()));
let typing = 0;
$("search").addEventListener("input", e => { clearTimeout(typing); typing = setTimeout(() => { state.text = e.target.value.trim().toLowerCase(); list(); }, 120); });
$("rule").addEventListener("change", e => { state.rule = Number(e.target.value); list(); });
["violation", "insufficient"].forEach(name => $(name).addEventListener("change", e => { if (e.target.checked) state.outcomes.add(name); else state.outcomes.delete(name); list(); }));
const speak = () => {
  const zh = $("as-zh").checked, en = $("as-en").checked, say = (a, b) => zh ? a : en ? b : `${a} ${b}`;
  document.documentElement.lang = en ? "en" : "zh";
  $("search").placeholder = say($("search").dataset.zh, $("search").dataset.en);
  const every = new Option(say("全部规则", "All rules"), "-1"), n = new Map();
  findings.forEach(f => n.set(f.rule, (n.get(f.rule) || 0) + 1));
  $("rule").replaceChildren(every, ...data.rules.map((r, k) => new Option(`${say(r.zh, r.en)} (${n.get(k) || 0})`, String(k))));
  $("rule").value = String(state.rule);
};
document.querySelectorAll("[name=language]").forEach(e => e.addEventListener("change", speak));
const paint = () => {
  const css = getComputedStyle(document.documentElement);
  for (const name of ["sea", "grid", "way", "gap", "stray", "area", "violation", "insufficient", "chosen", "ink", "quiet"]) hue[name] = css.getPropertyValue(`--${name}`).trim();
  redraw();
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
const size = () => {
  const dpr = window.devicePixelRatio || 1;
  wide = canvas.clientWidth; high = canvas.clientHeight;
  canvas.width = Math.round(wide * dpr); canvas.height = Math.round(high * dpr);
  limit(); redraw();
};
new ResizeObserver(size).observe(canvas);
size(); paint(); speak(); list();
Object.assign(view, goal(everything(), 1000)); limit();
const asked = /^#finding-(\d+)$/.exec(location.hash);
if (asked && findings[Number(asked[1])]) choose(findings[Number(asked[1])]);
document.documentElement.dataset.ready = "1";
})();
