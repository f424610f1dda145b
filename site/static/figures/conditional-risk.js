// Conditional risk of a margin loss, and the predictions that minimise it.
"use strict";
(function () {
  const { axes, places, legend, number, range, clamp } = Book;
  const names = ["LogisticLoss", "HingeLoss", "SquaredHingeLoss", "ExponentialLoss", "ModifiedHuberLoss", "PerceptronLoss", "RampLoss", "SigmoidLoss", "SavageLoss", "FocalLoss", "ZeroOneLoss"];
  const REACH = 4;

  function whereLeast({ from, to, least, approached, without0 }) {
    const low = number(least);
    if (approached) return `comes ever closer to ${low}, its infimum, as f goes to ${number(from)}, and never reaches it`;
    if (from === -Infinity && to === Infinity) return `is ${low} for every f${without0 ? " but 0, where both labels count as wrong" : ""}`;
    if (to === Infinity) return `is least, ${low}, for every f ${without0 ? ">" : "≥"} ${number(from)}`;
    if (from === -Infinity) return `is least, ${low}, for every f ${without0 ? "<" : "≤"} ${number(to)}`;
    return `is least, ${low}, ${from < to ? `for every f from ${number(from)} to ${number(to)}` : `at f = ${number(from)}`}`;
  }
  function side({ from, to }, eta) {
    if (eta === 0.5) return "";
    if (from === 0 && to === 0) return " That is neither side.";
    return (from + to > 0) === (eta > 0.5) ? " That is the side of the more probable label." : " That is the wrong side.";
  }

  Book.figure({
    name: "conditional-risk",
    controls: [
      { key: "loss", label: "Margin loss", options: names.map((n) => [n, Losses.margin[n].label]) },
      { key: "eta", label: "η = P(Y = 1)", min: 0.02, max: 0.98, step: 0.01 },
    ],
    start: { loss: "LogisticLoss", eta: 0.8 },
    draw({ loss: name, eta }, narrow) {
      const loss = Losses.margin[name];
      const best = Losses.minimizers(loss, eta);
      const ends = (e) => { const { from, to } = Losses.minimizers(loss, e); return [from, to].map((f) => clamp(f, -REACH, REACH)); };
      const [from, to] = ends(eta);
      const key = legend([["conditional risk", "c1"], ["η φ(f)", "c3"], ["(1 − η) φ(−f)", "c2"], ["least", "c4"]], narrow);
      const grid = places(narrow, [[2, 240]], [[1, 130], [1, 100]], key.height);
      const risk = axes({ x: [-REACH, REACH], y: [0, 3], ...grid.at(0), xlabel: "raw prediction f", ylabel: "conditional risk" });
      const map = axes({ x: [0, 1], y: [-REACH, REACH], ...grid.at(1), xlabel: "η", ylabel: "minimising f" });
      // Where many f are least, the map is a band between its ends.
      const rims = [range(0.02, 0.48, 47), range(0.52, 0.98, 47)].map((etas) => {
        const found = etas.map((e) => [e, ends(e)]);
        return [0, 1].map((k) => found.map(([e, both]) => [e, both[k]]));
      });
      const band = rims.map(([low, high]) => map.area([...high, ...low.toReversed()], "c4"));
      const rim = (k) => rims.map((both) => map.line(both[k], "c4")).join("");
      const level = (f) => Math.min(3, Losses.conditionalRisk(loss, eta, f));
      const floor = from < to ? risk.line([[from, best.least], [to, best.least]], "c4") + map.line([[eta, from], [eta, to]], "c4") : "";
      const mark = best.without0 ? [from, to].find((f) => f !== 0) : (from + to) / 2;
      const svg = key.svg + risk.frame() + risk.curve((v) => eta * loss.value(v, loss.parameters), "c3 thin") + risk.curve((v) => (1 - eta) * loss.value(-v, loss.parameters), "c2 thin")
        + risk.curve((v) => Losses.conditionalRisk(loss, eta, v), "c1", 201) + floor + risk.dot(mark, level(mark), "c4 now")
        + map.frame() + map.across(0) + map.upright(0.5) + band.join("") + rim(0) + rim(1) + map.dot(eta, mark, "c4 now");
      return { svg, height: grid.height, say: `${loss.label}, η = ${number(eta)}: the conditional risk ${whereLeast(best)}.${side(best, eta)}` };
    },
  });
})();
