// Temperature: an overconfident model, its reliability curve and its log loss.
"use strict";
(function () {
  const { axes, places, number, range } = Book;
  const { sigmoid, softplus, mean } = Losses;
  const TOO_STEEP = 2.5; // the model's logit is this many times the true one
  // True logits on an even grid with normal weights.
  const z = range(-4.5, 4.5, 181);
  const weight = z.map((v) => Math.exp(-(v * v) / (2 * 1.5 * 1.5)));
  const total = mean(weight);
  const average = (of) => mean(z.map((v, i) => weight[i] * of(v))) / total;
  const logLoss = (T) => average((v) => { const f = (TOO_STEEP * v) / T; return softplus(f) - sigmoid(v) * f; });
  const accuracy = average((v) => Math.max(sigmoid(v), 1 - sigmoid(v)));

  Book.figure({
    name: "temperature-reliability",
    controls: [{ key: "T", label: "temperature T", min: 0.5, max: 6, step: 0.1 }],
    start: { T: 1 },
    draw({ T }, narrow) {
      const grid = places(narrow, [[2, 240]], [[1, 130], [1, 110]]);
      const curve = axes({ x: [0, 1], y: [0, 1], ...grid.at(0), xlabel: "predicted probability", ylabel: "how often it happens" });
      const loss = axes({ x: [0.5, 6], y: [0.35, 0.85], ...grid.at(1), xlabel: "temperature T", ylabel: "log loss" });
      const points = z.map((v) => [sigmoid((TOO_STEEP * v) / T), sigmoid(v)]);
      const svg = curve.frame() + curve.line([[0, 0], [1, 1]], "c0") + curve.line(points, "c1")
        + loss.frame() + loss.curve(logLoss, "c1") + loss.upright(TOO_STEEP) + loss.dot(T, logLoss(T), "c1 now");
      const verdict = T < TOO_STEEP - 0.05 ? "overconfident" : T > TOO_STEEP + 0.05 ? "underconfident" : "calibrated";
      return { svg, height: grid.height, say: `At T = ${number(T)} the model is ${verdict}: log loss ${number(logLoss(T))}, and ${number(logLoss(TOO_STEEP))} at best. Its accuracy is ${number(accuracy)} at every temperature.` };
    },
  });
})();
