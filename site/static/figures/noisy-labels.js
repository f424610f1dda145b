// Flipped labels move what a loss asks for, the less the nearer it is to 1 − p.
"use strict";
(function () {
  const { axes, places, legend, number, chance, range } = Book;
  const { sigmoid, logit } = Losses;
  const qs = [[0, "0, log loss"], [0.2, "0.2"], [0.4, "0.4"], [0.6, "0.6"], [0.8, "0.8"], [1, "1, loss 1 − p"]];
  const loss = (p, q) => (q === 0 ? -Math.log(p) : (1 - p ** q) / q);
  // Where the expected loss of (1 − p^q) / q is least: the log-odds are multiplied.
  const asked = (eta, q) => (q < 1 ? sigmoid(logit(eta) / (1 - q)) : (Math.sign(eta - 0.5) + 1) / 2);
  const flipped = (eta, rate) => (1 - rate) * eta + rate * (1 - eta);

  Book.figure({
    name: "noisy-labels",
    controls: [
      { key: "q", label: "q", options: qs.map(([q, words]) => [String(q), words]) },
      { key: "rate", label: "flip rate ν", min: 0, max: 0.45, step: 0.01 },
      { key: "eta", label: "true probability η", min: 0.51, max: 0.95, step: 0.01 },
    ],
    start: { q: "0", rate: 0.2, eta: 0.9 },
    draw(state, narrow) {
      const { rate, eta } = state;
      const q = Number(state.q);
      const seen = flipped(eta, rate);
      const [clean, noisy] = [asked(eta, q), asked(seen, q)];
      const key = legend([["clean labels", "c0"], ["flipped labels", "c1"]], narrow);
      const grid = places(narrow, [[2, 240]], [[1, 102], [1, 102]], key.height);
      const risk = axes({ x: [0, 1], y: [0, 2], ...grid.at(0), xlabel: "said p", ylabel: "expected loss" });
      const map = axes({ x: [0, 1], y: [0, 1], ...grid.at(1), xlabel: "true probability η", ylabel: "p at which it is least" });
      const paid = (e) => range(0.002, 0.998, 200).map((p) => [p, e * loss(p, q) + (1 - e) * loss(1 - p, q)]);
      const level = (p, e) => e * loss(p, q) + (1 - e) * loss(1 - p, q);
      const asks = (of) => range(0.001, 0.999, 251).map((e) => [e, asked(of(e), q)]);
      const svg = key.svg + risk.frame() + risk.line(paid(eta), "c0") + risk.line(paid(seen), "c1") + risk.dot(clean, level(clean, eta), "c0") + risk.dot(noisy, level(noisy, seen), "c1 now")
        + map.frame() + map.line(asks((e) => e), "c0") + map.line(asks((e) => flipped(e, rate)), "c1") + map.upright(eta) + map.dot(eta, clean, "c0") + map.dot(eta, noisy, "c1 now");
      const ends = q === 1 ? "least at p = 1 exactly, with clean labels and with these" : `least at p = ${chance(noisy)}; with clean labels at ${chance(clean)}`;
      return { svg, height: grid.height, say: `With ${number(100 * rate)} % of the labels flipped, a case of probability ${number(eta)} looks like ${number(seen)}. With q = ${number(q)} the expected loss is ${ends}.` };
    },
  });
})();
