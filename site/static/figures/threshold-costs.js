// A threshold, two costs and the confusion matrix, for calibrated probabilities.
"use strict";
(function () {
  const { axes, places, number, range } = Book;
  // Predictions p have density 30 p (1 − p)⁴, and a case with prediction p is positive
  // with probability p: what lies below a threshold is a polynomial in it.
  const density = (p) => 30 * p * (1 - p) ** 4;
  const positive = (p) => p * density(p);
  const negative = (p) => (1 - p) * density(p);
  const below = (t) => 30 * (t ** 2 / 2 - (4 * t ** 3) / 3 + (6 * t ** 4) / 4 - (4 * t ** 5) / 5 + t ** 6 / 6);
  const positiveBelow = (t) => 30 * (t ** 3 / 3 - t ** 4 + (6 * t ** 5) / 5 - (2 * t ** 6) / 3 + t ** 7 / 7);
  function cells(t) {
    const [fn, tn] = [positiveBelow(t), below(t) - positiveBelow(t)];
    const positives = positiveBelow(1);
    return { tp: positives - fn, fn, fp: 1 - positives - tn, tn };
  }

  Book.figure({
    name: "threshold-costs",
    controls: [
      { key: "t", label: "threshold", min: 0.01, max: 0.99, step: 0.01 },
      { key: "fp", label: "cost of a false alarm", min: 1, max: 10, step: 1 },
      { key: "fn", label: "cost of a miss", min: 1, max: 10, step: 1 },
    ],
    start: { t: 0.5, fp: 1, fn: 5 },
    draw({ t, fp, fn }, narrow) {
      const best = fp / (fp + fn);
      const cost = (threshold) => { const c = cells(threshold); return 1000 * (fp * c.fp + fn * c.fn); };
      const grid = places(narrow, [[3, 210]], [[2, 110], [1, 110]]);
      const people = axes({ x: [0, 1], y: [0, 2.6], ...grid.at(0), xlabel: "predicted probability", ylabel: "density" });
      const [second, third] = narrow ? [2, 1] : [1, 2];
      const bill = axes({ x: [0, 1], y: [0, Math.max(fp, fn) * 0.75], ...grid.at(second), xlabel: "threshold", ylabel: "cost of a case" });
      const now = cells(t);
      const shade = (of, low, high, ink) => people.area([[low, 0], ...range(low, high, 60).map((p) => [p, of(p)]), [high, 0]], ink);
      const { left, top, width, height } = grid.at(third);
      const square = (i, j, name, share, ink) => `<rect class="box" x="${left + (j * width) / 2}" y="${top + (i * height) / 2}" width="${width / 2 - 4}" height="${height / 2 - 4}" rx="5"/><text class="named ${ink}" x="${left + (j + 0.5) * (width / 2) - 2}" y="${top + (i + 0.5) * (height / 2)}" text-anchor="middle">${Math.round(1000 * share)}</text><text x="${left + (j + 0.5) * (width / 2) - 2}" y="${top + (i + 0.5) * (height / 2) + 20}" text-anchor="middle">${name}</text>`;
      const svg = people.frame() + shade(positive, 0, t, "c2") + shade(negative, t, 1, "c5")
        + people.curve(negative, "c5") + people.curve(positive, "c2") + people.upright(t, "now")
        + people.text(0.2, 2.3, "negative", "c5") + people.text(0.62, 0.8, "positive", "c2")
        + bill.frame() + bill.curve((v) => cost(v) / 1000, "c1", 60) + bill.upright(best, "now") + bill.dot(t, cost(t) / 1000, "c1 now")
        + square(0, 0, "hits", now.tp, "c3") + square(0, 1, "misses", now.fn, "c2") + square(1, 0, "alarms", now.fp, "c5") + square(1, 1, "left alone", now.tn, "c0")
        + `<text x="${left}" y="${top - 11}">of 1000 cases</text>`;
      return { svg, height: grid.height, say: `Threshold ${number(t)}: of 1000 cases about ${Math.round(1000 * now.fn)} are missed and ${Math.round(1000 * now.fp)} are false alarms, which costs ${number(cost(t))}. The least cost, ${number(cost(best))}, is at ${fp} / (${fp} + ${fn}) = ${number(best)}.` };
    },
  });
})();
