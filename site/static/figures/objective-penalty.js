// A penalty beside the loss: the weight that training prefers is no longer the best for the data.
"use strict";
(function () {
  const { axes, places, legend, number, range, clamp } = Book;
  const { SquaredError } = Losses.residual;
  const points = [[-2, -2.4], [-1, -2.1], [0, 0.6], [1, 0.9], [2, 3.4]];
  const xx = Losses.mean(points.map(([x]) => x * x));
  const xy = Losses.mean(points.map(([x, y]) => x * y));
  const fit = (w) => Losses.mean(points.map(([x, y]) => SquaredError.value(y - w * x)));
  const penalties = {
    square: { name: "λw²", of: (w) => w * w, best: (lambda) => xy / (xx + lambda) },
    absolute: { name: "λ|w|", of: Math.abs, best: (lambda) => Math.max(0, xy - lambda / 2) / xx },
  };

  Book.figure({
    name: "objective-penalty",
    controls: [
      { key: "kind", label: "Penalty", options: Object.entries(penalties).map(([key, p]) => [key, p.name]) },
      { key: "lambda", label: "λ", min: 0, max: 8, step: 0.1 },
    ],
    start: { kind: "square", lambda: 1 },
    draw({ kind, lambda }, narrow) {
      const penalty = penalties[kind];
      const w = penalty.best(lambda);
      const objective = (v) => fit(v) + lambda * penalty.of(v);
      const key = legend([["mean loss", "c3"], [`penalty ${penalty.name}`, "c2"], ["their sum", "c1"]], narrow);
      const grid = places(narrow, [[2, 230]], [[1, 130], [1, 90]], key.height);
      const curves = axes({ x: [-0.5, 2.5], y: [0, 8], ...grid.at(0), xlabel: "weight w", ylabel: "training objective" });
      const path = axes({ x: [0, 8], y: [-0.1, 1.6], ...grid.at(1), xlabel: "λ", ylabel: "weight that minimises it" });
      const svg = key.svg + curves.frame() + curves.upright(xy / xx) + curves.curve(fit, "c3") + curves.curve((v) => lambda * penalty.of(v), "c2") + curves.curve(objective, "c1", 181) + curves.dot(w, objective(w), "c1 now")
        + path.frame() + path.line(range(0, 8, 161).map((l) => [l, penalty.best(l)]), "c1") + path.dot(lambda, clamp(w, 0, 2), "c1 now");
      const there = w === 0 ? "w = 0 exactly" : `w = ${number(w)}`;
      return { svg, height: grid.height, say: `λ = ${number(lambda)}: the objective is least at ${there}, where the mean loss is ${number(fit(w))}. The mean loss alone is least, ${number(fit(xy / xx))}, at w = ${number(xy / xx)} (dashed).` };
    },
  });
})();
