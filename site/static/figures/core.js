// Shared by all interactive figures. It draws SVG as text, so the same code gives the
// first state when the book is built (node) and every later one in the page.
//
// A figure is an object
//   name, controls, start (state), draw(state, narrow) -> { svg, height, say, handles? },
//   move?(state, handle, x, y)   what dragging a handle does
// What the controls move is drawn with the ink "now".
"use strict";
(function (global) {
  const figures = {};
  const WIDTH = { broad: 680, narrow: 340 };
  const round = (v) => Math.round(v * 100) / 100;
  const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
  const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const range = (low, high, count) => Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

  // A number as a reader wants it: three significant digits, a true minus sign, no "e".
  function number(v, digits = 3) {
    if (!Number.isFinite(v)) return v > 0 ? "∞" : v < 0 ? "−∞" : "undefined";
    const size = Math.abs(v);
    if (size < 1e-12) return "0"; // what rounding leaves of a difference
    const [figures, power] = size.toExponential(digits - 1).split("e");
    const text = size >= 1000 ? Math.round(size).toLocaleString("en-US")
      : power >= -4 ? String(Number(size.toPrecision(digits)))
        : `${Number(figures)} × 10⁻${[...power.slice(1)].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]).join("")}`;
    return v < 0 ? `−${text}` : text;
  }
  // A probability is never rounded to 0 or 1: the smaller side keeps three digits.
  function chance(p) {
    const rare = Math.min(p, 1 - p);
    if (rare <= 0 || rare > 0.01) return number(p);
    return p < 0.5 ? number(p) : String(Number(p.toFixed(2 - Math.floor(Math.log10(rare)))));
  }
  // Where something is least: at one place, or anywhere between two.
  const whereabouts = (from, to) => (to - from < 1e-6 ? `at ${number((from + to) / 2)}` : `anywhere from ${number(from)} to ${number(to)}`);

  function ticks(low, high, wish) {
    const rough = (high - low) / wish;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.999);
    const first = Math.ceil(low / step - 1e-9);
    return range(0, 0, Math.floor(high / step + 1e-9) - first + 1).map((_, i) => Number(((first + i) * step).toPrecision(10)));
  }

  // One set of axes. Methods return SVG text; X, Y and their inverses map coordinates.
  let clips = 0;
  function axes({ x, y, left, top, width, height, narrow, xlabel = "", ylabel = "", xticks, yticks, xname = number }) {
    const X = (v) => round(left + ((v - x[0]) / (x[1] - x[0])) * width);
    const Y = (v) => round(top + height - ((v - y[0]) / (y[1] - y[0])) * height);
    const clip = `clip${clips++}`;
    const lineAt = ([a, b]) => `${X(a)} ${Y(clamp(b, y[0] - 10 * (y[1] - y[0]), y[1] + 10 * (y[1] - y[0])))}`;
    const pathOf = (points) => {
      let pen = "M";
      return points.map((p) => {
        if (!Number.isFinite(p[0]) || Number.isNaN(p[1])) { pen = "M"; return ""; }
        const step = pen + lineAt(p);
        pen = "L";
        return step;
      }).join("");
    };
    const xs = xticks ?? ticks(x[0], x[1], Math.max(3.5, width / 70));
    const ys = yticks ?? ticks(y[0], y[1], height / 45);
    const frame = () => [
      `<clipPath id="${clip}"><rect x="${left}" y="${top - 2}" width="${width}" height="${height + 4}"/></clipPath>`,
      ...xs.map((v) => `<path class="grid" d="M${X(v)} ${top}V${top + height}"/><text class="tick" x="${X(v)}" y="${top + height + 17}" text-anchor="middle">${escape(xname(v))}</text>`),
      ...ys.map((v) => `<path class="grid" d="M${left} ${Y(v)}H${left + width}"/><text class="tick" x="${left - 6}" y="${Y(v) + 4}" text-anchor="end">${number(v)}</text>`),
      `<path class="axis" d="M${left} ${top}V${top + height}H${left + width}"/>`,
      `<text x="${left + width}" y="${top + height + (narrow ? 32 : 35)}" text-anchor="end">${escape(xlabel)}</text>`,
      `<text x="${left - (narrow ? 30 : 34)}" y="${top - 11}">${escape(ylabel)}</text>`,
    ].join("");
    const inside = (svg) => `<g clip-path="url(#${clip})">${svg}</g>`;
    return {
      X, Y, x, y, left, top, width, height, frame,
      toX: (px) => x[0] + ((px - left) / width) * (x[1] - x[0]),
      toY: (py) => y[0] + ((top + height - py) / height) * (y[1] - y[0]),
      line: (points, ink) => inside(`<path class="line ${ink}" d="${pathOf(points)}"/>`),
      curve: (f, ink, count = 141) => inside(`<path class="line ${ink}" d="${pathOf(range(x[0], x[1], count).map((v) => [v, f(v)]))}"/>`),
      area: (points, ink) => inside(`<path class="area ${ink}" d="${pathOf(points)}Z"/>`),
      bar: (a, b, low, high, ink) => inside(`<path class="area ${ink}" d="M${X(a)} ${Y(low)}V${Y(high)}H${X(b)}V${Y(low)}Z"/>`),
      // what has the ink "now" is what the controls move
      dot: (a, b, ink, size = /\bnow\b/.test(ink) ? 6 : 4.5) => inside(`<circle class="dot ${ink}" cx="${X(a)}" cy="${Y(b)}" r="${size}"/>`),
      across: (v, ink = "") => inside(`<path class="mark ${ink}" d="M${left} ${Y(v)}H${left + width}"/>`),
      upright: (v, ink = "") => inside(`<path class="mark ${ink}" d="M${X(v)} ${top}V${top + height}"/>`),
      text: (a, b, words, ink = "", anchor = "start") => `<text class="${ink ? `named ${ink}` : ""}" x="${X(a)}" y="${Y(b)}" text-anchor="${anchor}">${escape(words)}</text>`,
    };
  }

  // Places for axes in rows, each row a count and a height: [[3, 210]] is three beside each
  // other. On a phone controls, picture and readout share a screen, so rows are lower there.
  function places(narrow, broad, tight, head = 0) {
    const total = narrow ? WIDTH.narrow : WIDTH.broad;
    const [left, right, top, bottom] = narrow ? [34, 8, 24, 36] : [44, 12, 28, 44];
    const spots = [];
    let down = head;
    for (const [count, height] of narrow ? tight : broad) {
      const step = total / count;
      for (let i = 0; i < count; i++) spots.push({ left: i * step + left, top: down + top, width: step - left - right, height, narrow });
      down += top + height + bottom;
    }
    return { at: (i) => spots[i], height: down };
  }

  // Labels with the ink (and dash) of the lines they name, in as many lines as they need.
  function legend(entries, narrow) {
    const [room, letter, row, stroke] = narrow ? [WIDTH.narrow, 7.2, 19, 20] : [WIDTH.broad, 6.6, 20, 26];
    let [x, y] = [2, 14];
    const svg = entries.map(([words, ink]) => {
      const wide = stroke + 6 + letter * words.length;
      if (x > 2 && x + wide > room) [x, y] = [2, y + row];
      const entry = `<path class="line ${ink}" d="M${round(x)} ${y - 4}h${stroke}"/><text class="named ${ink}" x="${round(x + stroke + 6)}" y="${y}">${escape(words)}</text>`;
      x += wide + 14;
      return entry;
    });
    return { svg: svg.join(""), height: y + 6 };
  }

  function controlsHtml(figure) {
    const id = (key) => `${figure.name}-${key}`;
    const fields = figure.controls.map((c) => {
      const value = figure.start[c.key];
      if (c.options) {
        const options = c.options.map(([v, words]) => `<option value="${escape(v)}"${v === value ? " selected" : ""}>${escape(words)}</option>`);
        return `<label for="${id(c.key)}">${escape(c.label)}<select id="${id(c.key)}" data-key="${c.key}" autocomplete="off">${options.join("")}</select></label>`;
      }
      return `<label for="${id(c.key)}"><span>${escape(c.label)} = <span class="fig-value">${shown(c, value)}</span></span><input type="range" id="${id(c.key)}" data-key="${c.key}" min="${c.min}" max="${c.max}" step="${c.step}" value="${value}" autocomplete="off" aria-valuetext="${shown(c, value)}"></label>`;
    });
    const hint = figure.move ? '<p class="fig-hint">Drag what has arrows.</p>' : "";
    return `<div class="fig-controls" role="group" aria-label="Controls of the figure">${fields.join("")}<button type="button" data-reset>Reset</button>${hint}</div>`;
  }
  const shown = (control, value) => (control.show ? control.show(value) : number(value, 4));

  // A handle shows the ways it can go, and is held by more than is seen. `along` is "x" or
  // "y" if it moves on a line.
  const ARROWS = { x: "M12 -4l5 4l-5 4zM-12 -4l-5 4l5 4z", y: "M-4 12l4 5l4 -5zM-4 -12l4 -5l4 5z" };
  function handleSvg({ panel, x, y, along, ink = "", label, text }, index) {
    const axis = along ?? "y";
    const ways = along ? ARROWS[along] : ARROWS.x + ARROWS.y;
    const value = (v) => `${Number(v.toPrecision(6))}`;
    const said = `aria-valuemin="${value(panel[axis][0])}" aria-valuemax="${value(panel[axis][1])}" aria-valuenow="${value(axis === "x" ? x : y)}"`;
    return `<g class="handle ${ink}" tabindex="0" role="slider" aria-label="${escape(label)}" ${said} aria-valuetext="${escape(text)}" data-handle="${index}" transform="translate(${panel.X(x)} ${panel.Y(y)})"><circle class="hold" r="20"/><path class="ways" d="${ways}"/><circle class="grip" r="8"/></g>`;
  }

  function stage(figure, state, kind) {
    clips = 0;
    const drawn = figure.draw(state, kind === "narrow");
    const handles = (drawn.handles ?? []).map((h, i) => handleSvg(h, i)).join("");
    // With handles inside, the drawing is a group of things; else it is one picture.
    const role = handles ? "group" : "img";
    const unique = (svg) => svg.replace(/(clip\d+)/g, `${figure.name}-${kind}-$1`);
    return `<svg class="${kind}" viewBox="0 0 ${WIDTH[kind]} ${drawn.height}" role="${role}" aria-label="${escape(drawn.say)}"><g class="fig-ink">${unique(drawn.svg)}</g><g class="fig-handles">${handles}</g></svg>`;
  }

  // The whole figure in its first state, as HTML.
  function html(figure) {
    const { say } = figure.draw(figure.start, false);
    return `<div class="fig-body" data-figure="${figure.name}">${controlsHtml(figure)}<div class="fig-stage">${stage(figure, figure.start, "broad")}${stage(figure, figure.start, "narrow")}</div><p class="fig-readout" aria-live="polite">${escape(say)}</p></div>`;
  }

  const api = { figures, figure: (f) => { figures[f.name] = f; }, axes, places, legend, html, stage, shown, number, chance, whereabouts, range, clamp, escape };
  if (typeof module === "object") module.exports = api;
  global.Book = api;
})(globalThis);
