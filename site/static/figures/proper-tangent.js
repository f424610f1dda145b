// A proper loss is a concave curve and its tangents: what a false statement costs is the gap.
"use strict";
(function () {
  const { axes, places, legend, number, range, clamp } = Book;
  // What is paid for saying p when η holds; H is what the truth costs.
  const xlog = (v) => (v === 0 ? 0 : v * Math.log(v));
  const rules = {
    log: { name: "Log loss", top: 1.6, of: (p) => -Math.log(p), H: (e) => -xlog(e) - xlog(1 - e) },
    brier: { name: "Brier", top: 0.8, of: (p) => (1 - p) ** 2, H: (e) => e * (1 - e) },
    spherical: { name: "Spherical", top: 0.8, of: (p) => 1 - p / Math.hypot(p, 1 - p), H: (e) => 1 - Math.hypot(e, 1 - e) },
    absolute: { name: "Absolute |y − p|, not proper", top: 0.8, of: (p) => 1 - p, H: (e) => 2 * e * (1 - e) },
  };

  Book.figure({
    name: "proper-tangent",
    controls: [
      { key: "rule", label: "Loss", options: Object.entries(rules).map(([key, r]) => [key, r.name]) },
      { key: "eta", label: "belief η", min: 0.02, max: 0.98, step: 0.01 },
      { key: "p", label: "said p", min: 0.02, max: 0.98, step: 0.01 },
    ],
    start: { rule: "brier", eta: 0.3, p: 0.7 },
    draw({ rule, eta, p }, narrow) {
      const { of, H, top } = rules[rule];
      const paid = (said, e = eta) => e * of(said) + (1 - e) * of(1 - said);
      const key = legend([["truth told", "c3"], [`p = ${number(p)} said, at every η`, "c1"], ["gap", "c2"]], narrow);
      const grid = places(narrow, [[2, 230]], [[1, 100], [1, 90]], key.height);
      const curve = axes({ x: [0, 1], y: [0, top], ...grid.at(0), xlabel: "belief η", ylabel: "expected loss" });
      const said = axes({ x: [0, 1], y: [0, top], ...grid.at(1), xlabel: "said p", ylabel: "expected loss at this η" });
      const [truth, now] = [H(eta), paid(p)];
      const ends = range(0.005, 0.995, 199);
      const svg = key.svg + curve.frame() + curve.curve(H, "c3") + curve.line([[0, paid(p, 0)], [1, paid(p, 1)]], "c1") + curve.line([[eta, truth], [eta, now]], "c2") + curve.dot(eta, truth, "c3 now") + curve.dot(eta, now, "c1 now")
        + said.frame() + said.upright(eta) + said.line(ends.map((v) => [v, paid(v)]), "c1") + said.dot(p, now, "c1 now");
      const more = now - truth;
      const gap = p === eta ? "That is the truth" : Math.abs(more) < 1e-9 ? "The truth costs the same" : `The truth costs ${number(truth)}, ${number(Math.abs(more))} ${more > 0 ? "less" : "more"}`;
      const best = rule !== "absolute" ? "the truth is the cheapest" : eta === 0.5 ? "every p costs the same" : `the cheapest is to say ${eta > 0.5 ? 1 : 0}, at ${number(Math.min(eta, 1 - eta))}`;
      return {
        svg, height: grid.height,
        handles: [{ panel: said, x: p, y: clamp(now, 0, top), along: "x", ink: "c1", label: "Said p", text: `p ${number(p)}` }],
        say: `Who believes η = ${number(eta)} and says p = ${number(p)} expects a loss of ${number(now)}. ${gap}; ${best}.`,
      };
    },
    move(state, _, x) { state.p = clamp(Math.round(x * 100) / 100, 0.02, 0.98); },
  });
})();
