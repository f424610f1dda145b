// Two losses of the same probability, one of which has no slope where the model is most wrong.
"use strict";
(function () {
  const { axes, places, legend, number, chance, clamp } = Book;
  const { sigmoid } = Losses;
  const losses = [["LogisticLoss", "log loss", "c1"], ["BrierLoss", "squared error of p", "c2"]];
  const STEPS = 100;
  function descend(loss, f, rate) {
    const path = [f];
    for (let i = 0; i < STEPS; i++) path.push(path[i] - rate * loss.slope(path[i]));
    return path;
  }

  Book.figure({
    name: "silent-gradient",
    controls: [
      { key: "f", label: "start f", min: -8, max: 2, step: 0.1 },
      { key: "rate", label: "learning rate", min: 0.1, max: 4, step: 0.1 },
    ],
    start: { f: -6, rate: 1 },
    draw({ f, rate }, narrow) {
      const key = legend(losses.map(([, words, ink]) => [words, ink]), narrow);
      const grid = places(narrow, [[2, 230]], [[1, 95], [1, 105]], key.height);
      const slope = axes({ x: [-8, 4], y: [-1.05, 0.15], ...grid.at(0), xlabel: "raw prediction f, label y = 1", ylabel: "slope of the loss in f" });
      const run = axes({ x: [0, STEPS + 5], y: [0, 1], ...grid.at(1), xlabel: "step", ylabel: "probability p = σ(f)" });
      const paths = losses.map(([name, words, ink]) => {
        const loss = Losses.margin[name];
        const path = descend(loss, f, rate);
        return {
          words, slope: `−${chance(-loss.slope(f))}`, end: sigmoid(path.at(-1)),
          svg: slope.curve(loss.slope, ink) + slope.dot(f, loss.slope(f), `${ink} now`) + run.line(path.map((v, i) => [i, sigmoid(v)]), ink) + run.dot(STEPS, sigmoid(path.at(-1)), `${ink} now`),
        };
      });
      const svg = key.svg + slope.frame() + slope.upright(f) + run.frame() + paths.map((p) => p.svg).join("");
      const said = paths.map((p) => `${p.words} slope ${p.slope}, after ${STEPS} steps p = ${chance(p.end)}`);
      return {
        svg, height: grid.height,
        handles: [{ panel: slope, x: f, y: 0, along: "x", ink: "c3", label: "Start", text: `f ${number(f)}` }],
        say: `The label is 1, the start f = ${number(f)}, p = ${chance(sigmoid(f))}. ${said.map((s) => s[0].toUpperCase() + s.slice(1)).join(". ")}.`,
      };
    },
    move(state, _, x) { state.f = clamp(Math.round(x * 10) / 10, -8, 2); },
  });
})();
