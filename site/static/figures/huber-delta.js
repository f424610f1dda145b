// Huber's δ: where the loss bends, what it lets through, and the location it elicits.
"use strict";
(function () {
  const { axes, places, legend, number } = Book;
  const { HuberLoss, SquaredError, AbsoluteError } = Losses.residual;
  const sample = [0.6, 1.1, 1.4, 1.6, 1.9, 2.1, 2.3, 2.8, 7.2, 9.0];
  const [mean, median] = [Losses.mean(sample), (1.9 + 2.1) / 2];

  Book.figure({
    name: "huber-delta",
    controls: [{ key: "delta", label: "δ", min: 0.05, max: 8, step: 0.05 }],
    start: { delta: 1.35 },
    draw(state, narrow) {
      const centre = Losses.location(HuberLoss, state, sample);
      const grid = places(3, narrow, 210);
      const xlabel = "residual r";
      const loss = axes({ x: [-6, 6], y: [0, 12], ...grid.at(0), xlabel, ylabel: "loss" });
      const slope = axes({ x: [-6, 6], y: [-6, 6], ...grid.at(1), xlabel, ylabel: "influence ρ′(r)" });
      const points = axes({ x: [0, 10], y: [0, 1], ...grid.at(2), xlabel: "y", ylabel: "ten values and three centres", yticks: [] });
      const svg = loss.frame()
        + loss.curve((r) => SquaredError.value(r) / 2, "c0 thin") + loss.curve((r) => state.delta * AbsoluteError.value(r), "c3 thin") + loss.curve((r) => HuberLoss.value(r, state), "c1")
        + slope.frame() + slope.upright(-state.delta) + slope.upright(state.delta) + slope.curve((r) => HuberLoss.slope(r, state), "c1")
        + points.frame() + sample.map((y) => points.dot(y, 0.12, "c0")).join("")
        + [[mean, 0.9, "mean", "c2"], [median, 0.7, "median", "c3"], [centre, 0.5, "Huber", "c1"]].map(([c, h, words, ink]) => points.line([[c, 0], [c, h - 0.06]], ink) + points.text(c + 0.25, h - 0.1, words, ink)).join("");
      return {
        svg: legend([["Huber", "c1"], ["r²/2", "c0"], ["δ|r|", "c3"]], narrow) + `<g transform="translate(0 24)">${svg}</g>`,
        height: grid.height + 24,
        say: `With δ = ${number(state.delta)}, residuals beyond ±${number(state.delta)} pull no harder than ${number(state.delta)}. The Huber centre of the ten values is ${number(centre)}; their median is ${number(median)}, their mean ${number(mean)}.`,
      };
    },
  });
})();
