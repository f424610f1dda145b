// Logit, probability, cross-entropy: the same prediction on three scales.
"use strict";
(function () {
  const { axes, places, legend, number, chance, range } = Book;
  const { sigmoid, softplus } = Losses;
  const lossOf = (f, y) => softplus(f) - y * f;

  Book.figure({
    name: "logit-probability",
    controls: [
      { key: "f", label: "logit f", min: -8, max: 8, step: 0.1 },
      { key: "y", label: "What happened", options: [["1", "y = 1"], ["0", "y = 0"]] },
    ],
    start: { f: -1.5, y: "1" },
    draw(state, narrow) {
      const [f, y] = [state.f, Number(state.y)];
      const p = sigmoid(f);
      const key = legend([["loss", "c1"], ["slope p − y", "c2"], ["σ(f)", "c3"]], narrow);
      const grid = places(narrow, [[3, 210]], [[2, 105], [1, 125]], key.height);
      const [first, second, third] = narrow ? [0, 1, 2] : [0, 2, 1];
      const curve = axes({ x: [-8, 8], y: [0, 1], ...grid.at(first), xlabel: "logit f", ylabel: "p = σ(f)" });
      const prob = axes({ x: [0, 1], y: [0, 8], ...grid.at(second), xlabel: "probability p", ylabel: "loss" });
      const logit = axes({ x: [-8, 8], y: [-1, 8], ...grid.at(third), xlabel: "logit f", ylabel: "loss and its slope" });
      // Evenly spaced logits keep the steep end of the curve smooth.
      const steep = range(-9, 9, 241).map((v) => [sigmoid(v), lossOf(v, y)]);
      const svg = key.svg + curve.frame() + curve.curve(sigmoid, "c3") + curve.upright(f) + curve.dot(f, p, "c3 now")
        + logit.frame() + logit.upright(f) + logit.curve((v) => lossOf(v, y), "c1") + logit.curve((v) => sigmoid(v) - y, "c2") + logit.dot(f, lossOf(f, y), "c1 now") + logit.dot(f, p - y, "c2 now")
        + prob.frame() + prob.upright(p) + prob.line(steep, "c1") + prob.dot(p, lossOf(f, y), "c1 now");
      return { svg, height: grid.height, say: `Logit ${number(f)} is probability ${chance(p)}. As y = ${y}, the cross-entropy is ${number(lossOf(f, y))} nats and its slope in the logit is p − y = ${y ? `−${chance(1 - p)}` : chance(p)}.` };
    },
  });
})();
