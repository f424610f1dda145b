// Conditional risk of a margin loss, and the prediction that minimises it.
"use strict";
(function () {
  const { axes, places, legend, number, range } = Book;
  const names = ["LogisticLoss", "HingeLoss", "SquaredHingeLoss", "ExponentialLoss", "ModifiedHuberLoss", "PerceptronLoss", "RampLoss", "SigmoidLoss", "SavageLoss", "FocalLoss", "ZeroOneLoss"];
  const REACH = 4;

  Book.figure({
    name: "conditional-risk",
    controls: [
      { key: "loss", label: "Margin loss", options: names.map((n) => [n, Losses.margin[n].label]) },
      { key: "eta", label: "η = P(Y = 1)", min: 0.02, max: 0.98, step: 0.01 },
    ],
    start: { loss: "LogisticLoss", eta: 0.8 },
    draw({ loss: name, eta }, narrow) {
      const loss = Losses.margin[name];
      const best = (e) => Losses.minimizer(loss, e);
      const grid = places(2, narrow, 240);
      const risk = axes({ x: [-REACH, REACH], y: [0, 3], ...grid.at(0), xlabel: "raw prediction f", ylabel: "conditional risk" });
      const map = axes({ x: [0, 1], y: [-REACH, REACH], ...grid.at(1), xlabel: "η", ylabel: "minimising f" });
      const f = best(eta);
      const low = Losses.conditionalRisk(loss, eta, f);
      const svg = risk.frame() + risk.curve((v) => eta * loss.value(v, loss.parameters), "c3 thin") + risk.curve((v) => (1 - eta) * loss.value(-v, loss.parameters), "c2 thin")
        + risk.curve((v) => Losses.conditionalRisk(loss, eta, v), "c1") + risk.upright(f) + risk.dot(f, low, "c1")
        + map.frame() + map.across(0) + map.upright(0.5) + map.line(range(0.02, 0.98, 97).map((e) => [e, best(e)]), "c1") + map.dot(eta, f, "c1");
      const away = Math.abs(f) > 11.9;
      const where = away ? `falls for ever as f goes to ${f > 0 ? "∞" : "−∞"}` : `is least, ${number(low)}, at f = ${number(f)}`;
      const side = eta === 0.5 || Math.abs(f) < 1e-6 ? "" : (f > 0) === (eta > 0.5) ? " That is the side of the more probable label." : " That is the wrong side.";
      return {
        svg: legend([["conditional risk", "c1"], ["η φ(f)", "c3"], ["(1 − η) φ(−f)", "c2"]], narrow) + `<g transform="translate(0 24)">${svg}</g>`,
        height: grid.height + 24,
        say: `${loss.label}, η = ${number(eta)}: the conditional risk ${where}.${side}`,
      };
    },
  });
})();
