// Barron's family: one parameter from squared error to losses that forget outliers.
"use strict";
(function () {
  const { axes, places, number } = Book;
  const { BarronLoss } = Losses.residual;
  const sample = [0.6, 1.1, 1.4, 1.6, 1.9, 2.1, 2.3, 2.8, 7.2, 9.0];
  const names = { 2: "squared error, halved", 1: "Charbonnier", 0: "Cauchy", "-2": "Geman–McClure" };

  Book.figure({
    name: "barron-alpha",
    controls: [{ key: "alpha", label: "α", min: -8, max: 2, step: 0.1 }],
    start: { alpha: 1 },
    draw({ alpha }, narrow) {
      const p = { alpha, scale: 1 };
      const centre = Losses.location(BarronLoss, p, sample);
      const grid = places(3, narrow, 210);
      const xlabel = "residual r";
      const loss = axes({ x: [-6, 6], y: [0, 6], ...grid.at(0), xlabel, ylabel: "loss" });
      const slope = axes({ x: [-6, 6], y: [-3, 3], ...grid.at(1), xlabel, ylabel: "influence ρ′(r)" });
      const points = axes({ x: [0, 10], y: [0, 4], ...grid.at(2), xlabel: "constant c", ylabel: "mean loss of c on ten values" });
      const others = [2, 0, -2].map((a) => loss.curve((r) => BarronLoss.value(r, { alpha: a, scale: 1 }), "c0 thin") + slope.curve((r) => BarronLoss.slope(r, { alpha: a, scale: 1 }), "c0 thin"));
      const svg = loss.frame() + slope.frame() + others.join("")
        + loss.curve((r) => BarronLoss.value(r, p), "c1") + slope.curve((r) => BarronLoss.slope(r, p), "c1")
        + points.frame() + sample.map((y) => points.dot(y, 0.12, "c0")).join("")
        + points.curve((c) => Losses.risk(BarronLoss, p, sample, c), "c1") + points.upright(centre) + points.dot(centre, Losses.risk(BarronLoss, p, sample, centre), "c1");
      const bound = alpha <= 1 ? "bounded influence" : "influence without bound";
      const known = names[alpha] ? `, ${names[alpha]}` : "";
      return { svg, height: grid.height, say: `α = ${number(alpha)}${known}: ${bound}${alpha < 1 ? ", not convex" : ""}. The best constant for the ten values is ${number(centre)}; the values at 7.2 and 9 pull less as α falls. Thin lines: α = 2, 0, −2.` };
    },
  });
})();
