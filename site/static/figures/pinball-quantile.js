// The pinball level and the quantile it elicits.
"use strict";
(function () {
  const { axes, places, number, whereabouts } = Book;
  const { PinballLoss } = Losses.residual;
  // Forty values on the quantile grid of an exponential distribution with mean 20.
  const sample = Array.from({ length: 40 }, (_, i) => -20 * Math.log(1 - (i + 0.5) / 40));

  Book.figure({
    name: "pinball-quantile",
    controls: [{ key: "quantile", label: "level τ", min: 0.02, max: 0.98, step: 0.01 }],
    start: { quantile: 0.83 },
    draw(state, narrow) {
      const level = state.quantile;
      const [low, high] = Losses.locations(PinballLoss, state, sample);
      const q = (low + high) / 2;
      const below = sample.filter((y) => y < low - 1e-6).length;
      const upTo = sample.filter((y) => y <= low + 1e-6).length;
      const grid = places(narrow, [[3, 210]], [[2, 105], [1, 130]]);
      const [, second, third] = narrow ? [0, 2, 1] : [0, 1, 2];
      const loss = axes({ x: [-10, 10], y: [0, 10], ...grid.at(0), xlabel: "residual r = y − f", ylabel: "loss" });
      const risk = axes({ x: [0, 90], y: [0, 40], ...grid.at(second), xlabel: "constant forecast", ylabel: "mean loss" });
      const cdf = axes({ x: [0, 90], y: [0, 1], ...grid.at(third), xlabel: "y", ylabel: "share of values ≤ y" });
      const steps = sample.flatMap((y, i) => [[y, i / 40], [y, (i + 1) / 40]]);
      const least = Losses.risk(PinballLoss, state, sample, q);
      const several = high - low > 1e-6;
      const svg = loss.frame() + loss.curve((r) => PinballLoss.value(r, state), "c1")
        + risk.frame() + risk.curve((c) => Losses.risk(PinballLoss, state, sample, c), "c1") + risk.upright(low) + (several ? risk.upright(high) + risk.line([[low, least], [high, least]], "c1") : "") + risk.dot(q, least, "c1 now")
        + cdf.frame() + cdf.across(level) + cdf.upright(low) + (several ? cdf.upright(high) : "") + cdf.line([[0, 0], ...steps, [90, 1]], "c3") + cdf.dot(q, level, "c1 now");
      const count = several ? `with ${upTo} of the 40 values below and ${40 - upTo} above` : `one of the 40 values, with ${below} below`;
      return { svg, height: grid.height, say: `At level ${number(level)} a unit too low costs ${number(level)}, a unit too high ${number(1 - level)}. The mean loss is least ${whereabouts(low, high)}, ${count}.` };
    },
  });
})();
