// Huber's δ: where the loss bends, what it lets through, and the location it elicits.
"use strict";
(function () {
  const { axes, places, legend, number, whereabouts } = Book;
  const { HuberLoss, SquaredError, AbsoluteError } = Losses.residual;
  const sample = [0.6, 1.1, 1.4, 1.6, 1.9, 2.1, 2.3, 7.6, 8.4, 9.0];
  const [mean, median] = [Losses.mean(sample), (1.9 + 2.1) / 2];

  Book.figure({
    name: "huber-delta",
    controls: [{ key: "delta", label: "δ", min: 0.05, max: 8, step: 0.05 }],
    start: { delta: 1.35 },
    draw(state, narrow) {
      const { delta } = state;
      const ends = Losses.locations(HuberLoss, state, sample);
      const centre = Losses.mean(ends);
      const names = legend([["Huber", "c1"], ["r²/2", "c0"], ["δ|r|", "c3"]], narrow);
      const grid = places(narrow, [[2, 190], [1, 90]], [[2, 105], [1, 90]], names.height);
      const xlabel = "residual r";
      const loss = axes({ x: [-6, 6], y: [0, 12], ...grid.at(0), xlabel, ylabel: "loss" });
      const slope = axes({ x: [-6, 6], y: [-6, 6], ...grid.at(1), xlabel, ylabel: "influence ρ′(r)" });
      const points = axes({ x: [0.5, 9.5], y: [0, 1], ...grid.at(2), xlabel: "y", ylabel: "ten values, their median, mean and Huber centre", yticks: [] });
      const flag = (c, high, words, ink, anchor = "start") => points.line([[c, 0], [c, high]], ink) + points.text(c + (anchor === "end" ? -0.12 : 0.12), high - 0.12, words, ink, anchor);
      return {
        svg: names.svg + loss.frame()
          + loss.curve((r) => SquaredError.value(r) / 2, "c0 thin") + loss.curve((r) => delta * AbsoluteError.value(r), "c3 thin") + loss.curve((r) => HuberLoss.value(r, state), "c1")
          + slope.frame() + slope.upright(-delta) + slope.upright(delta) + slope.curve((r) => HuberLoss.slope(r, state), "c1")
          + points.frame() + sample.map((y) => points.dot(y, 0.08, "c0")).join("")
          + flag(median, 0.95, "median", "c3", "end") + flag(mean, 0.95, "mean", "c2") + flag(centre, 0.6, "Huber", "c1") + points.dot(centre, 0.6, "c1 now"),
        height: grid.height,
        say: `With δ = ${number(delta)} no residual pulls harder than ${number(delta)}. The Huber loss of the ten values is least ${whereabouts(...ends)}; their median is ${number(median)}, their mean ${number(mean)}.`,
      };
    },
  });
})();
