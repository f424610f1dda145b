// The pinball level and the quantile it elicits.
"use strict";
(function () {
  const { axes, places, number } = Book;
  const { PinballLoss } = Losses.residual;
  // Forty values on the quantile grid of an exponential distribution with mean 20.
  const sample = Array.from({ length: 40 }, (_, i) => -20 * Math.log(1 - (i + 0.5) / 40));

  Book.figure({
    name: "pinball-quantile",
    controls: [{ key: "quantile", label: "level τ", min: 0.02, max: 0.98, step: 0.01 }],
    start: { quantile: 0.8 },
    draw(state, narrow) {
      const level = state.quantile;
      const q = Losses.quantile(sample, level);
      const below = sample.filter((y) => y <= q).length;
      const grid = places(3, narrow, 210);
      const loss = axes({ x: [-10, 10], y: [0, 10], ...grid.at(0), xlabel: "residual r = y − f", ylabel: "loss" });
      const risk = axes({ x: [0, 90], y: [0, 40], ...grid.at(1), xlabel: "constant forecast", ylabel: "mean loss" });
      const cdf = axes({ x: [0, 90], y: [0, 1], ...grid.at(2), xlabel: "y", ylabel: "share of the 40 values up to y" });
      const steps = sample.flatMap((y, i) => [[y, i / 40], [y, (i + 1) / 40]]);
      const least = Losses.risk(PinballLoss, state, sample, q);
      const svg = loss.frame() + loss.curve((r) => PinballLoss.value(r, state), "c1")
        + risk.frame() + risk.curve((c) => Losses.risk(PinballLoss, state, sample, c), "c1") + risk.upright(q) + risk.dot(q, least, "c1")
        + cdf.frame() + cdf.across(level) + cdf.upright(q) + cdf.line([[0, 0], ...steps, [90, 1]], "c3") + cdf.dot(q, level, "c1");
      return { svg, height: grid.height, say: `At level ${number(level)} a unit too low costs ${number(level)}, a unit too high ${number(1 - level)}. The mean loss is least at ${number(q)}, where ${below} of 40 values lie at or below.` };
    },
  });
})();
