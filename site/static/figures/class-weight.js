// A class weight moves every log-odds by the same amount, and so the threshold.
"use strict";
(function () {
  const { axes, places, legend, number, chance, range } = Book;
  const { sigmoid, logit } = Losses;

  Book.figure({
    name: "class-weight",
    controls: [
      { key: "w", label: "weight of the ones", min: 1, max: 50, step: 1 },
      { key: "eta", label: "true probability η", min: 0.01, max: 0.99, step: 0.01 },
    ],
    start: { w: 9, eta: 0.2 },
    draw({ w, eta }, narrow) {
      const said = (e) => (w * e) / (w * e + 1 - e);
      const edge = 1 / (1 + w);
      const key = legend([[`weight ${w}`, "c1"], ["no weights", "c0"], ["threshold", "c2"]], narrow);
      const grid = places(narrow, [[2, 240]], [[1, 115], [1, 92]], key.height);
      const map = axes({ x: [0, 1], y: [0, 1], ...grid.at(0), xlabel: "true probability η", ylabel: "probability that is learnt" });
      const odds = axes({ x: [-5, 5], y: [-5, 9], ...grid.at(1), xlabel: "true log-odds", ylabel: "log-odds that are learnt" });
      const cut = (ax, x, y) => ax.line([[ax.x[0], y], [x, y], [x, ax.y[0]]], "c2");
      const svg = key.svg + map.frame() + map.line([[0, 0], [1, 1]], "c0") + map.line(range(0, 1, 201).map((e) => [e, said(e)]), "c1") + cut(map, edge, 0.5) + map.dot(eta, said(eta), "c1 now")
        + odds.frame() + odds.line([[-5, -5], [5, 5]], "c0") + odds.line([[-5, -5 + Math.log(w)], [5, 5 + Math.log(w)]], "c1") + cut(odds, -Math.log(w), 0) + odds.dot(logit(eta), logit(eta) + Math.log(w), "c1 now");
      const sure = eta * (w + 1) - 1;
      const side = Math.abs(sure) < 1e-9 ? "this case lies on it" : sure > 0 ? "this case is called a one" : "this case is called a zero";
      return { svg, height: grid.height, say: `Weight ${w}: a case of probability ${chance(eta)} is said to have ${chance(sigmoid(logit(eta) + Math.log(w)))}; the log-odds rise by log ${w} = ${number(Math.log(w))}. To cut at one half of that is to cut at η = 1/(1 + ${w}) = ${number(edge)}: ${side}.` };
    },
  });
})();
