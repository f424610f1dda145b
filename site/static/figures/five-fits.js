// Points to move, and five straight lines that follow, each in its own way.
"use strict";
(function () {
  const { axes, places, legend, number } = Book;
  const fits = [
    ["SquaredError", {}, "squared", "c1"], ["AbsoluteError", {}, "absolute", "c2"], ["HuberLoss", { delta: 1 }, "Huber (δ = 1)", "c3"],
    ["CauchyLoss", { scale: 1 }, "Cauchy", "c4"], ["TukeyLoss", { c: 3 }, "Tukey (c = 3)", "c5"],
  ];

  Book.figure({
    name: "five-fits",
    controls: [],
    start: { points: [[1, 1.9], [2, 2.3], [3, 3.4], [4, 3.6], [5, 4.7], [6, 5.0], [7, 6.1], [8, 6.2], [9, 1.2]] },
    draw({ points }, narrow) {
      const grid = places(1, narrow, 330);
      const ax = axes({ x: [0, 10], y: [0, 10], ...grid.at(0), height: narrow ? 260 : 330, xlabel: "x", ylabel: "y" });
      const lines = fits.map(([name, p]) => Losses.fitLine(name, p, points));
      const rows = narrow ? [fits.slice(0, 2), fits.slice(2, 4), fits.slice(4)] : [fits];
      const names = rows.map((row, i) => legend(row.map(([, , words, ink]) => [words, ink]), narrow, 14 + 20 * i)).join("");
      const down = 20 * rows.length + 4;
      const svg = ax.frame() + lines.map(([a, b], i) => ax.line([[0, a], [10, a + 10 * b]], fits[i][3])).join("");
      // Handles are placed by the axes as they stand in the whole drawing.
      const panel = axes({ x: [0, 10], y: [0, 10], ...grid.at(0), height: ax.height, top: ax.top + down });
      return {
        svg: names + `<g transform="translate(0 ${down})">${svg}</g>`,
        height: down + 26 + ax.height + 44,
        handles: points.map(([x, y], i) => ({ panel, x, y, ink: "c0", label: `Point ${i + 1}`, text: `x ${number(x)}, y ${number(y)}` })),
        say: `Slopes of the lines: ${fits.map(([, , words], i) => `${words} ${number(lines[i][1])}`).join(", ")}.`,
      };
    },
    move({ points }, i, x, y) {
      points[i] = [Math.round(x * 20) / 20, Math.round(y * 20) / 20];
    },
  });
})();
