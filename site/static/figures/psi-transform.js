// ψ-transforms: what a little excess of the surrogate guarantees about the error rate.
"use strict";
(function () {
  const { axes, places, legend, number, range } = Book;
  const names = ["HingeLoss", "LogisticLoss", "ExponentialLoss", "SquaredHingeLoss", "ModifiedHuberLoss", "RampLoss", "SavageLoss", "SigmoidLoss", "PerceptronLoss"];
  const options = names.map((n) => [n, Losses.margin[n].label]);
  const thetas = range(0, 1, 51);
  const known = new Map(); // each transform is computed once
  const psi = (name) => {
    if (!known.has(name)) known.set(name, Losses.psiTransform(Losses.margin[name], thetas));
    return known.get(name);
  };
  // The excess error a given excess risk still allows: ψ is increasing.
  function allowed(values, excess) {
    const k = values.findIndex((v) => v > excess);
    if (k < 0) return 1;
    if (k === 0) return 0;
    return thetas[k - 1] + ((excess - values[k - 1]) / (values[k] - values[k - 1])) * (thetas[k] - thetas[k - 1]);
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
      const grid = places(2, narrow, 240);
      const risks = axes({ x: [0, 1], y: [0, 1.2], ...grid.at(0), xlabel: "η", ylabel: "least risk H(η), and on the wrong side" });
      const curve = axes({ x: [0, 1], y: [0, 1], ...grid.at(1), xlabel: "excess error θ", ylabel: "ψ(θ)" });
      const inks = ["c1", "c2"];
      const pairs = [first, second].map((name, k) => {
        const loss = Losses.margin[name];
        const etas = range(0, 1, 41);
        const values = psi(name);
        const limit = allowed(values, excess);
        return {
          label: loss.label, limit,
          svg: risks.line(etas.map((e) => [e, Losses.bayesRisk(loss, e)]), inks[k]) + risks.line(etas.map((e) => [e, Losses.wrongSideRisk(loss, e)]), `${inks[k]} thin`)
            + curve.line(thetas.map((t, i) => [t, values[i]]), inks[k]) + curve.dot(limit, Math.min(excess, values.at(-1)), inks[k]),
        };
      });
      const svg = risks.frame() + curve.frame() + curve.across(excess) + pairs.map((p) => p.svg).join("");
      const say = pairs.map((p) => `${p.label}: at most ${number(p.limit)}.`).join(" ");
      return {
        svg: legend(pairs.map((p, k) => [p.label, inks[k]]), narrow) + `<g transform="translate(0 24)">${svg}</g>`,
        height: grid.height + 24,
        say: `A surrogate risk within ${number(excess)} of its least leaves this much excess error rate. ${say}`,
      };
    },
  });
})();
