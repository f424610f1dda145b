// Two forecasts, one fee: who regrets more depends on the fee.
"use strict";
(function () {
  const { axes, places, legend, number, range } = Book;
  const { mean, square } = Losses;
  const cases = [[1, 1.55, 1.15], [2, 2.65, 1.35], [3, 3.45, 4.15], [4, 4.65, 2.85], [6, 4.85, 5.55], [8, 6.15, 7.65]]; // outcome, A, B
  const inks = ["c1", "c2"];
  // What is lost with hindsight by who takes the offer exactly if the forecast exceeds the fee.
  const regret = (theta, k) => mean(cases.map((c) => ((c[k] > theta) === (c[0] > theta) ? 0 : Math.abs(c[0] - theta))));

  Book.figure({
    name: "murphy-fee",
    controls: [{ key: "theta", label: "fee θ", min: 0.5, max: 8.5, step: 0.1 }],
    start: { theta: 2.3 },
    draw({ theta }, narrow) {
      const key = legend([["forecast A", "c1"], ["forecast B", "c2"], ["outcome", "c0"]], narrow);
      const grid = places(narrow, [[2, 230]], [[1, 130], [1, 110]], key.height);
      const rows = axes({ x: [0, 9], y: [0, 6], ...grid.at(0), xlabel: "amount", ylabel: "six cases; bold: decided wrongly", yticks: [] });
      const curves = axes({ x: [0, 9], y: [0, 0.6], ...grid.at(1), xlabel: "fee θ", ylabel: "mean regret" });
      const marks = cases.map((c, i) => {
        const lines = [1, 2].map((k) => {
          const [y, wrong] = [i + 0.7 - 0.4 * (k - 1), (c[k] > theta) !== (c[0] > theta)];
          return rows.line([[c[0], y], [c[k], y]], `${inks[k - 1]}${wrong ? "" : " thin"}`) + rows.dot(c[k], y, inks[k - 1], wrong ? 5.5 : 3.5);
        });
        return lines.join("") + rows.dot(c[0], i + 0.5, "c0", 5);
      });
      const both = [1, 2].map((k) => regret(theta, k));
      const svg = key.svg + rows.frame() + marks.join("") + rows.upright(theta, "now")
        + curves.frame() + curves.upright(theta) + [1, 2].map((k) => curves.line(range(0, 9, 721).map((t) => [t, regret(t, k)]), inks[k - 1]) + curves.dot(theta, both[k - 1], `${inks[k - 1]} now`)).join("");
      const verdict = ([a, b]) => (Math.abs(a - b) < 1e-9 ? "they are level" : `${a < b ? "A" : "B"} is better`);
      const squares = [1, 2].map((k) => mean(cases.map((c) => square(c[k] - c[0]))));
      return {
        svg, height: grid.height,
        handles: [{ panel: curves, x: theta, y: 0, along: "x", ink: "c3", label: "Fee", text: `θ ${number(theta)}` }],
        say: `At a fee of ${number(theta)} a case costs A ${number(both[0])} in regret and B ${number(both[1])}: ${verdict(both)}. Under squared error, which weighs all fees alike, A has ${number(squares[0])} and B ${number(squares[1])}: ${verdict(squares)}.`,
      };
    },
    move(state, _, x) { state.theta = Book.clamp(Math.round(x * 10) / 10, 0.5, 8.5); },
  });
})();
