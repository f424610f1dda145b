// A score that rises: NDCG goes up in steps, the pairwise loss all the way.
"use strict";
(function () {
  const { axes, places, number, range, clamp } = Book;
  const { mean, softplus, sigmoid } = Losses;
  const others = [[2, 1.25], [0, 0.65], [1, -0.55], [0, -1.45]]; // relevance, score
  const RELEVANCE = 3;
  const items = (s) => [[RELEVANCE, s], ...others];
  const dcg = (list) => list.reduce((sum, [gain], i) => sum + gain / Math.log2(i + 2), 0);
  const sorted = (list, k) => [...list].sort((a, b) => b[k] - a[k]);
  const ndcg = (s) => dcg(sorted(items(s), 1)) / dcg(sorted(items(s), 0));
  const pairs = (s) => items(s).flatMap((a) => items(s).filter((b) => a[0] > b[0]).map((b) => [a, b]));
  const loss = (s) => mean(pairs(s).map(([a, b]) => softplus(b[1] - a[1])));
  // The item that moves is the most relevant, so it is the better one of its pairs.
  const slope = (s) => -others.reduce((sum, [, score]) => sum + sigmoid(score - s), 0) / pairs(s).length;

  Book.figure({
    name: "rank-steps",
    controls: [{ key: "s", label: "score of the best item", min: -3, max: 3, step: 0.1 }],
    start: { s: -1 },
    draw({ s }, narrow) {
      const place = 1 + others.filter(([, score]) => score > s).length;
      const grid = places(narrow, [[1, 70], [2, 170]], [[1, 70], [2, 140]]);
      const line = axes({ x: [-3, 3], y: [0, 1], ...grid.at(0), xlabel: "score", ylabel: "five items and their relevance", yticks: [] });
      const gain = axes({ x: [-3, 3], y: [0.5, 1], ...grid.at(1), xlabel: "score", ylabel: "NDCG" });
      const cost = axes({ x: [-3, 3], y: [0, 2], ...grid.at(2), xlabel: "score", ylabel: "pairwise loss" });
      const edges = [-3, ...others.map(([, score]) => score).sort((a, b) => a - b), 3];
      const steps = edges.slice(1).flatMap((to, i) => [[edges[i], ndcg((edges[i] + to) / 2)], [to, ndcg((edges[i] + to) / 2)]]);
      const svg = line.frame() + others.map(([relevance, score]) => line.dot(score, 0.4, "c0", 8) + line.text(score, 0.62, relevance, "c0", "middle")).join("") + line.text(s, 0.72, RELEVANCE, "c1", "middle")
        + gain.frame() + gain.line(steps, "c2") + gain.dot(s, ndcg(s), "c2 now")
        + cost.frame() + cost.line(range(-3, 3, 121).map((v) => [v, loss(v)]), "c1") + cost.dot(s, loss(s), "c1 now");
      return {
        svg, height: grid.height,
        handles: [{ panel: line, x: s, y: 0.4, along: "x", ink: "c1", label: "Score of the best item", text: `score ${number(s)}` }],
        say: `The best item has score ${number(s)} and place ${place} of 5. NDCG is ${number(ndcg(s))} with slope 0; the pairwise logistic loss is ${number(loss(s))} with slope ${number(slope(s))}.`,
      };
    },
    move(state, _, x) { state.s = clamp(Math.round(x * 10) / 10, -3, 3); },
  });
})();
