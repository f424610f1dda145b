// Any two losses: value, gradient and curvature for a target of 1.
"use strict";
(function () {
  const { axes, places, legend, number } = Book;
  const all = [...Object.entries(Losses.residual), ...Object.entries(Losses.margin)];
  const options = all.map(([key, loss]) => [key, loss.label]);

  // As functions of the raw prediction f when y = 1: r = 1 − f, m = f.
  function inPrediction(key) {
    const residual = Losses.residual[key];
    const loss = residual ?? Losses.margin[key];
    const p = loss.parameters;
    return residual
      ? { label: loss.label, value: (f) => loss.value(1 - f, p), gradient: (f) => -loss.slope(1 - f, p), curvature: (f) => loss.bend(1 - f, p) }
      : { label: loss.label, value: (f) => loss.value(f, p), gradient: (f) => loss.slope(f, p), curvature: (f) => loss.bend(f, p) };
  }
  // At a kink a derivative has two values, one for each side, and none of its own.
  function reading(loss, f) {
    const sides = (what) => [-1e-7, 1e-7].map((step) => loss[what](f + step));
    const jumps = ([a, b]) => Math.abs(a - b) > 1e-3;
    const jump = (name, [a, b]) => `${name} jumps from ${number(a, 3)} to ${number(b, 3)}`;
    const at = (what) => (jumps(sides(what)) ? jump(what, sides(what).map((v) => Number(v.toFixed(5)))) : `${what} ${number(loss[what](f))}`);
    if (jumps(sides("value"))) return `loss ${number(loss.value(f))}, where it jumps; no gradient`;
    const slopes = sides("gradient");
    return `loss ${number(loss.value(f))}, ${at("gradient")}, ${jumps(slopes) ? "no curvature" : at("curvature")}`;
  }

  Book.figure({
    name: "loss-explorer",
    controls: [
      { key: "first", label: "First loss", options },
      { key: "second", label: "Second loss", options },
      { key: "f", label: "raw prediction f", min: -3, max: 4, step: 0.05 },
    ],
    start: { first: "SquaredError", second: "LogisticLoss", f: -1 },
    draw(state, narrow) {
      const pair = [inPrediction(state.first), inPrediction(state.second)];
      const key = legend(pair.map((l, k) => [l.label, `c${k + 1}`]), narrow);
      const grid = places(narrow, [[3, 210]], [[1, 95], [2, 85]], key.height);
      const panels = [["value", [0, 6]], ["gradient", [-4, 4]], ["curvature", [-1, 3]]].map(([what, y], i) => {
        const ax = axes({ x: [-3, 4], y, ...grid.at(i), xlabel: i === 2 || narrow ? "raw prediction f" : "", ylabel: what });
        const curves = pair.map((loss, k) => ax.curve(loss[what], `c${k + 1}`) + ax.dot(state.f, loss[what](state.f), `c${k + 1} now`));
        return ax.frame() + ax.upright(state.f) + curves.join("");
      });
      const say = pair.map((l) => `${l.label}: ${reading(l, state.f)}.`);
      return { svg: key.svg + panels.join(""), height: grid.height, say: `The target is 1, the prediction ${number(state.f)}. ${say.join(" ")}` };
    },
  });
})();
