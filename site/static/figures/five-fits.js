// Points to move, and five straight lines that follow, each in its own way.
"use strict";
(function () {
  const { axes, places, legend, number } = Book;
  const fits = [
    ["SquaredError", {}, "squared", "c1"], ["AbsoluteError", {}, "absolute", "c2"], ["HuberLoss", { delta: 1 }, "Huber (δ = 1)", "c3"],
    ["CauchyLoss", { scale: 1 }, "Cauchy", "c4"], ["TukeyLoss", { c: 3 }, "Tukey (c = 3)", "c5"],
  ];
  // Where several lines are equally good the sentence says so.
  function slope(name, line, points) {
    if (name !== "AbsoluteError") return number(line[1]);
    const slopes = Losses.leastAbsoluteLines(points).map((other) => other[1]);
    const [low, high] = [Math.min(...slopes), Math.max(...slopes)];
    return high - low < 1e-6 ? number(low) : `anywhere from ${number(low)} to ${number(high)}`;
  }

  // A picture is drawn several times for one place of the points.
  let last = {};
  function fitted(points) {
    const key = String(points);
    if (last.key !== key) last = { key, lines: fits.map(([name, p]) => Losses.fitLine(name, p, points)) };
    return last.lines;
  }

  Book.figure({
    name: "five-fits",
    controls: [],
    start: { points: [[1, 1.9], [2, 2.3], [3, 3.4], [4, 3.6], [5, 4.7], [6, 5.0], [7, 6.1], [8, 6.2], [9, 1.2]] },
    draw({ points }, narrow) {
      const names = legend(fits.map(([, , words, ink]) => [words, ink]), narrow);
      const grid = places(narrow, [[1, 330]], [[1, 260]], names.height);
      const panel = axes({ x: [0, 10], y: [0, 10], ...grid.at(0), xlabel: "x", ylabel: "y" });
      const lines = fitted(points);
      return {
        svg: names.svg + panel.frame() + lines.map(([a, b], i) => panel.line([[0, a], [10, a + 10 * b]], fits[i][3])).join(""),
        height: grid.height,
        handles: points.map(([x, y], i) => ({ panel, x, y, ink: "c0", label: `Point ${i + 1}`, text: `x ${number(x)}, y ${number(y)}` })),
        say: `Slopes of the lines: ${fits.map(([name, , words], i) => `${words} ${slope(name, lines[i], points)}`).join(", ")}.`,
      };
    },
    move({ points }, i, x, y) {
      points[i] = [Math.round(x * 20) / 20, Math.round(y * 20) / 20];
    },
  });
})();
