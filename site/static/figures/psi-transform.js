// ψ-transforms: what a little excess of the surrogate guarantees about the error rate.
"use strict";
(function () {
  const { axes, places, legend, number, range } = Book;
  const names = ["HingeLoss", "LogisticLoss", "ExponentialLoss", "SquaredHingeLoss", "ModifiedHuberLoss", "RampLoss", "SavageLoss", "SigmoidLoss", "PerceptronLoss"];
  const options = names.map((n) => [n, Losses.margin[n].label]);
  const thetas = range(0, 1, 51);
  // The excess error a given excess risk still allows: where ψ, which rises, passes it.
  function allowed(loss, excess) {
    if (excess === 0 && Losses.psiTransform(loss, 1) > 0) return 0;
    if (Losses.psiTransform(loss, 1) <= excess) return 1;
    let [low, high] = [0, 1];
    for (let i = 0; i < 50; i++) {
      const theta = (low + high) / 2;
      if (Losses.psiTransform(loss, theta) <= excess) low = theta; else high = theta;
    }
    return low;
  }

  Book.figure({
    name: "psi-transform",
    controls: [
      { key: "first", label: "First loss", options },
      { key: "second", label: "Second loss", options },
      { key: "excess", label: "excess surrogate risk", min: 0, max: 0.5, step: 0.01 },
    ],
    start: { first: "HingeLoss", second: "LogisticLoss", excess: 0.05 },
    draw({ first, second, excess }, narrow) {
      const key = legend([first, second].map((name, k) => [Losses.margin[name].label, `c${k + 1}`]), narrow);
      const grid = places(narrow, [[2, 240]], [[1, 100], [1, 105]], key.height);
      const risks = axes({ x: [0, 1], y: [0, 1.2], ...grid.at(0), xlabel: "η", ylabel: "H(η), and thin: on the wrong side" });
      const curve = axes({ x: [0, 1], y: [0, 1], ...grid.at(1), xlabel: "excess error θ", ylabel: "ψ(θ)" });
      const inks = ["c1", "c2"];
      const pairs = [first, second].map((name, k) => {
        const loss = Losses.margin[name];
        const etas = range(0, 1, 41);
        const limit = allowed(loss, excess);
        return {
          label: loss.label, limit,
          svg: risks.line(etas.map((e) => [e, Losses.bayesRisk(loss, e)]), inks[k]) + risks.line([[0, loss.value(0)], [1, loss.value(0)]], `${inks[k]} thin`)
            + curve.line(thetas.map((t) => [t, Losses.psiTransform(loss, t)]), inks[k]) + curve.dot(limit, Losses.psiTransform(loss, limit), `${inks[k]} now`),
        };
      });
      const svg = key.svg + risks.frame() + curve.frame() + curve.across(excess, "now") + pairs.map((p) => p.svg).join("");
      const say = pairs.map((p) => `${p.label}: ${p.limit === 1 ? "any, so nothing is guaranteed" : `at most ${number(p.limit)}`}.`).join(" ");
      return { svg, height: grid.height, say: `A surrogate risk within ${number(excess)} of its infimum leaves this much excess error rate. ${say}` };
    },
  });
})();
