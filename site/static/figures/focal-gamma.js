// Focal's γ: easy examples count less, and the answer is no longer the probability.
"use strict";
(function () {
  const { axes, places, legend, number, range } = Book;
  const { FocalLoss } = Losses.margin;
  const { sigmoid, logit } = Losses;
  const answer = (eta, gamma) => sigmoid(Losses.searched(FocalLoss, eta, { gamma }));

  Book.figure({
    name: "focal-gamma",
    controls: [
      { key: "gamma", label: "γ", min: 0, max: 5, step: 0.1 },
      { key: "eta", label: "true probability η", min: 0.02, max: 0.98, step: 0.01 },
    ],
    start: { gamma: 2, eta: 0.9 },
    draw({ gamma, eta }, narrow) {
      const said = answer(eta, gamma);
      const key = legend([[`focal, γ = ${number(gamma)}`, "c1"], ["cross-entropy, γ = 0", "c0"]], narrow);
      const grid = places(narrow, [[2, 240]], [[1, 100], [1, 115]], key.height);
      const loss = axes({ x: [0, 1], y: [0, 4], ...grid.at(0), xlabel: "probability p given to what happened", ylabel: "loss" });
      const map = axes({ x: [0, 1], y: [0, 1], ...grid.at(1), xlabel: "true probability η", ylabel: "p at which the loss is least" });
      const losses = (g) => range(-7, 7, 161).map((f) => [sigmoid(f), FocalLoss.value(f, { gamma: g })]);
      const answers = range(0.01, 0.99, 41).map((e) => [e, answer(e, gamma)]);
      const easy = FocalLoss.value(logit(0.9), { gamma }) / FocalLoss.value(logit(0.9), { gamma: 0 });
      const svg = key.svg + loss.frame() + loss.line(losses(0), "c0") + loss.line(losses(gamma), "c1")
        + map.frame() + map.line([[0, 0], [1, 1]], "c0") + map.line(answers, "c1") + map.upright(eta) + map.across(said) + map.dot(eta, said, "c1 now");
      // Only these two are exact; everywhere else the answer leans towards one half.
      const verdict = gamma === 0 || eta === 0.5 ? "the truth" : `nearer to one half than the truth`;
      return { svg, height: grid.height, say: `With γ = ${number(gamma)} an example predicted at 0.9 counts ${number(easy)} of its cross-entropy. If the truth is η = ${number(eta)}, the loss is least at p = ${number(said, 4)}, ${verdict}.` };
    },
  });
})();
