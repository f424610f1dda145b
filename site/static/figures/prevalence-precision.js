// The same test, other prevalence: what a positive result is worth.
"use strict";
(function () {
  const { axes, places, number } = Book;
  const precision = (rate, hit, clear) => (rate * hit) / (rate * hit + (1 - rate) * (1 - clear));
  const rateOf = (log) => Number((10 ** log).toPrecision(2)); // no digits that nobody sees
  const percent = (share) => `${number(100 * share)} %`;

  Book.figure({
    name: "prevalence-precision",
    controls: [
      { key: "log", label: "prevalence", min: -3, max: -0.3, step: 0.05, show: (v) => percent(rateOf(v)) },
      { key: "hit", label: "sensitivity", min: 0.5, max: 0.99, step: 0.01, show: percent },
      { key: "clear", label: "specificity", min: 0.5, max: 0.99, step: 0.01, show: percent },
    ],
    start: { log: -1.7, hit: 0.9, clear: 0.9 },
    draw({ log, hit, clear }, narrow) {
      const rate = rateOf(log);
      const value = precision(rate, hit, clear);
      const grid = places(narrow, [[2, 240]], [[1, 105], [1, 105]]);
      const curve = axes({ x: [-3, -0.3], y: [0, 1], ...grid.at(0), xlabel: "prevalence, logarithmic", ylabel: "precision", xticks: [-3, -2, -1], xname: (v) => percent(10 ** v) });
      // A thousand people, 40 in a row: hits first, then misses, false alarms, the rest.
      const ill = Math.round(1000 * rate);
      const hits = Math.round(ill * hit);
      const alarms = Math.round((1000 - ill) * (1 - clear));
      const groups = [[0, hits, "c3"], [hits, ill, "c2"], [ill, ill + alarms, "c5"], [ill + alarms, 1000, "c0"]];
      const { left, top, width, height } = grid.at(1);
      const [dx, dy] = [width / 40, height / 25];
      const dots = groups.map(([from, to, ink]) => {
        const place = (i) => `M${(left + (i % 40) * dx).toFixed(1)} ${(top + Math.floor(i / 40) * dy).toFixed(1)}`;
        let path = place(from); // an empty group, too, has a place
        for (let i = from; i < to; i++) path += `${place(i)}h${(dx * 0.75).toFixed(1)}v${(dy * 0.75).toFixed(1)}h${(-dx * 0.75).toFixed(1)}z`;
        return `<path class="${ink} now" fill="var(--c)"${ink === "c0" ? ' opacity="0.35"' : ""} d="${path}"/>`;
      });
      const names = [[`${hits} hits`, "c3"], [`${ill - hits} missed`, "c2"], [`${alarms} false alarms`, "c5"]]
        .map(([words, ink], i) => `<text class="named ${ink}" x="${left + [0, 0.25, 0.53][i] * width}" y="${top + height + 24}">${words}</text>`);
      const svg = curve.frame() + curve.curve((v) => precision(10 ** v, hit, clear), "c1") + curve.upright(Math.log10(rate)) + curve.across(value) + curve.dot(Math.log10(rate), value, "c1 now")
        + `<text x="${left}" y="${top - 11}">1000 people, in whole numbers</text>` + dots.join("") + names.join("");
      const many = 100000;
      const [found, alarmed] = [many * rate * hit, many * (1 - rate) * (1 - clear)].map((n) => number(Math.round(n)));
      return { svg, height: grid.height, say: `At a prevalence of ${percent(rate)}, ${percent(value)} of the positive results are right: of ${number(many)} people about ${number(Math.round(many * rate))} have the condition, ${found} of them are found, and ${alarmed} others are alarmed.` };
    },
  });
})();
