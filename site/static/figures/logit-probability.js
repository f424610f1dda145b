// Logit, probability, cross-entropy: the same prediction on three scales.
"use strict";
(function () {
  const { axes, places, legend, number, range } = Book;
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
      const grid = places(3, narrow, 210);
      const curve = axes({ x: [-8, 8], y: [0, 1], ...grid.at(0), xlabel: "logit f", ylabel: "probability p = σ(f)" });
      const logit = axes({ x: [-8, 8], y: [-1, 8], ...grid.at(1), xlabel: "logit f", ylabel: "loss and its slope" });
      const prob = axes({ x: [0, 1], y: [0, 8], ...grid.at(2), xlabel: "probability p", ylabel: "loss" });
      // Evenly spaced logits keep the steep end of the curve smooth.
      const steep = range(-9, 9, 241).map((v) => [sigmoid(v), lossOf(v, y)]);
      const svg = curve.frame() + curve.curve(sigmoid, "c3") + curve.upright(f) + curve.dot(f, p, "c3")
        + logit.frame() + logit.upright(f) + logit.curve((v) => lossOf(v, y), "c1") + logit.curve((v) => sigmoid(v) - y, "c2") + logit.dot(f, lossOf(f, y), "c1") + logit.dot(f, p - y, "c2")
        + prob.frame() + prob.upright(p) + prob.line(steep, "c1") + prob.dot(p, lossOf(f, y), "c1");
      return {
        svg: legend([["loss", "c1"], ["slope p − y", "c2"], ["σ(f)", "c3"]], narrow) + `<g transform="translate(0 24)">${svg}</g>`,
        height: grid.height + 24,
        say: `Logit ${number(f)} is probability ${number(p)}. As y = ${y}, the cross-entropy is ${number(lossOf(f, y))} nats and its slope in the logit is p − y = ${number(p - y)}.`,
      };
    },
  });
})();
