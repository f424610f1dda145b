// Shared by all interactive figures. It draws SVG as text, so the same code gives the
// first state when the book is built (node) and every later one in the page.
//
// A figure is an object
//   name, controls, start (state), draw(state, narrow) -> { svg, height, say, handles? },
//   move?(state, handle, x, y)   what dragging a handle does
"use strict";
(function (global) {
  const figures = {};
  const WIDTH = { broad: 680, narrow: 340 };
  const round = (v) => Math.round(v * 100) / 100;
  const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
  const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const range = (low, high, count) => Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

  // A number as a reader wants it: three significant digits, a true minus sign.
  function number(v, digits = 3) {
    if (!Number.isFinite(v)) return v > 0 ? "∞" : v < 0 ? "−∞" : "undefined";
    const text = Math.abs(v) < 1e-9 ? "0" : Math.abs(v) >= 1000 ? v.toFixed(0) : String(Number(v.toPrecision(digits)));
    return text.replace("-", "−");
  }

  function ticks(low, high, wish) {
    const rough = (high - low) / wish;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.999);
    const first = Math.ceil(low / step - 1e-9);
    return range(0, 0, Math.floor(high / step + 1e-9) - first + 1).map((_, i) => Number(((first + i) * step).toPrecision(10)));
  }

  // One set of axes. Methods return SVG text; X, Y and their inverses map coordinates.
  let clips = 0;
  function axes({ x, y, left, top, width, height, xlabel = "", ylabel = "", xticks, yticks, xname = number }) {
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
      `<text x="${left + width}" y="${top + height + 35}" text-anchor="end">${escape(xlabel)}</text>`,
      `<text x="${left - 28}" y="${top - 9}">${escape(ylabel)}</text>`,
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
      dot: (a, b, ink, size = 4.5) => inside(`<circle class="dot ${ink}" cx="${X(a)}" cy="${Y(b)}" r="${size}"/>`),
      across: (v) => inside(`<path class="mark" d="M${left} ${Y(v)}H${left + width}"/>`),
      upright: (v) => inside(`<path class="mark" d="M${X(v)} ${top}V${top + height}"/>`),
      text: (a, b, words, ink = "", anchor = "start") => `<text class="${ink ? `named ${ink}` : ""}" x="${X(a)}" y="${Y(b)}" text-anchor="${anchor}">${escape(words)}</text>`,
    };
  }

  // Places for n axes in a figure: beside each other, or below each other on a phone.
  function places(count, narrow, height = 230) {
    const total = narrow ? WIDTH.narrow : WIDTH.broad;
    const [left, right, top, bottom] = [44, 12, 26, 44];
    const columns = narrow ? 1 : count;
    const width = total / columns - left - right;
    const tall = narrow ? Math.min(height, 190) : height;
    const row = top + tall + bottom;
    return {
      height: row * (narrow ? count : 1),
      at: (i) => ({
        left: (narrow ? 0 : i * (total / columns)) + left,
        top: (narrow ? i * row : 0) + top, width, height: tall,
      }),
    };
  }

  // A line of labels with the ink (and dash) of the lines they name.
  function legend(entries, narrow, y = 14) {
    const step = (narrow ? 330 : 670) / Math.max(entries.length, 2);
    return entries.map(([words, ink], i) => `<path class="line ${ink}" d="M${round(4 + i * step)} ${y - 4}h26"/><text class="named ${ink}" x="${round(36 + i * step)}" y="${y}">${escape(words)}</text>`).join("");
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
    return `<div class="fig-controls" role="group" aria-label="Controls of the figure">${fields.join("")}<button type="button" data-reset>Reset</button></div>`;
  }
  const shown = (control, value) => (control.show ? control.show(value) : number(value, 4));

  function handleSvg(panel, handle, index) {
    return `<circle class="handle ${handle.ink ?? ""}" r="7" tabindex="0" role="slider" aria-label="${escape(handle.label)}" aria-valuenow="${number(handle.y).replace("−", "-")}" aria-valuetext="${escape(handle.text)}" data-handle="${index}" cx="${panel.X(handle.x)}" cy="${panel.Y(handle.y)}"/>`;
  }

  function stage(figure, state, kind) {
    clips = 0;
    const drawn = figure.draw(state, kind === "narrow");
    const handles = (drawn.handles ?? []).map((h, i) => handleSvg(h.panel, h, i)).join("");
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

  const api = { figures, figure: (f) => { figures[f.name] = f; }, axes, places, legend, html, stage, shown, number, range, clamp, escape };
  if (typeof module === "object") module.exports = api;
  global.Book = api;
})(globalThis);
