// Barron's family: one parameter from squared error to losses that forget outliers.
"use strict";
(function () {
  const { axes, places, number } = Book;
  const { BarronLoss } = Losses.residual;
  const sample = [0.6, 1.1, 1.4, 1.6, 1.9, 2.1, 2.3, 7.6, 8.4, 9.0];
  const names = { 2: "squared error, halved", 1: "Charbonnier", 0: "Cauchy", "-2": "Geman–McClure" };
  const FAR = 7;

  Book.figure({
    name: "barron-alpha",
    controls: [{ key: "alpha", label: "α", min: -8, max: 2, step: 0.1 }],
    start: { alpha: 1 },
    draw({ alpha }, narrow) {
      const p = { alpha, scale: 1 };
      const centre = Losses.location(BarronLoss, p, sample);
      const least = Losses.risk(BarronLoss, p, sample, centre);
      const grid = places(narrow, [[2, 180], [1, 150]], [[2, 100], [1, 115]]);
      const xlabel = "residual r";
      const loss = axes({ x: [-8, 8], y: [0, 6], ...grid.at(0), xlabel, ylabel: "loss" });
      const slope = axes({ x: [-8, 8], y: [-3, 3], ...grid.at(1), xlabel, ylabel: "influence ρ′(r)" });
      const points = axes({ x: [0.5, 9.5], y: [0, 5], ...grid.at(2), xlabel: "constant c", ylabel: "mean loss of c on ten values" });
      const others = [2, 0, -2].map((a) => loss.curve((r) => BarronLoss.value(r, { alpha: a, scale: 1 }), "c0 thin") + slope.curve((r) => BarronLoss.slope(r, { alpha: a, scale: 1 }), "c0 thin"));
      const svg = loss.frame() + slope.frame() + others.join("")
        + loss.curve((r) => BarronLoss.value(r, p), "c1") + slope.curve((r) => BarronLoss.slope(r, p), "c1") + slope.dot(FAR, BarronLoss.slope(FAR, p), "c1")
        + points.frame() + sample.map((y) => points.dot(y, 0.3, "c0")).join("")
        + points.curve((c) => Losses.risk(BarronLoss, p, sample, c), "c1") + points.upright(centre) + points.dot(centre, least, "c1 now");
      const bound = alpha <= 1 ? "bounded influence" : "influence without bound";
      const known = names[alpha] ? `, ${names[alpha]}` : "";
      return { svg, height: grid.height, say: `α = ${number(alpha)}${known}: ${bound}${alpha < 1 ? ", not convex" : ""}. A residual of ${FAR} pulls with ${number(BarronLoss.slope(FAR, p))}; the best constant for the ten values is ${number(centre)}. Thin lines: α = 2, 0, −2.` };
    },
  });
})();
